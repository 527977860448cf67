"""A pytest plugin for CI, by `--ask-again`: a test that works with other processes and failed is run once more.

Some hundred tests kill servers, drive a browser or wait for a broker. One that fails in one run of many would keep
back everything that waits to land, and says little about it. So it is asked again; its first failure is printed
whole, the closing line counts it, and more than `MOST` of them fail the run. A test of code alone has one answer.
"""

from __future__ import annotations

from typing import Any

import pytest

KINDS = ("browser", "broker", "database", "process", "app")
MOST = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Allow one more run to each test that needs more than its own process; `kinds` has marked them before."""
    for item in items:
        if any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if too many tests were asked again."""
    if len(_failures(session.config)) > MOST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print each first failure as a whole: it is a defect of the test or of the program, to be mended."""
    failures = _failures(terminalreporter.config)
    if not failures:
        return
    terminalreporter.section(f"failed, and asked again: {len(failures)} ({MOST} at most)")
    for report in failures:
        terminalreporter.write_line(f"{report.nodeid} ({report.when})")
        terminalreporter.write_line(report.longreprtext)


def _failures(config: pytest.Config) -> list[pytest.TestReport]:
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    return [] if reporter is None else reporter.stats.get("rerun", [])
