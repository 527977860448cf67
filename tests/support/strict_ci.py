"""A pytest plugin for CI: a test that was skipped, alone or with its module, is a failure that says why."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

WORDS = "Skipped, and with CI=true a skipped test is a failure"


def _reason(longrepr: Any) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure; an expected failure (`xfail`) is not a skip."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"{WORDS}: {_reason(report.longrepr)}"
        report.outcome = "failed"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself while it is collected."""
    report = yield
    if report.skipped:
        report.longrepr = f"{WORDS}: {_reason(report.longrepr)}"
        report.outcome = "failed"
    return report
