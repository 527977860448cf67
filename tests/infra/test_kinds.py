"""Tests are marked by what they need, and `make quick` leaves out all that is marked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.infra.test_suite_rules import ROOT, outcome
from tests.prove import seeds
from tests.support import kinds
from tests.support.processes import ManagedProcess

MIXED = """
import pytest
def test_alone(data_dir): pass
def test_browser(page): pass
def test_broker(kafka_bootstrap): pass
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_database(kind): pass
"""


@pytest.mark.parametrize(
    ("imported", "kind"), [(subprocess, "process"), (ManagedProcess, "process"), (seeds, "process"), (re, None)]
)
def test_a_module_is_of_the_kind_of_what_it_imports(imported: object, kind: str | None) -> None:
    module = ModuleType("test_it")
    module.__dict__["imported"] = imported
    assert set(kinds.kinds_of_module(module)) == ({kind} if kind else set())


def test_a_test_is_of_the_kind_of_its_fixtures_and_parameters(tmp_path: Path) -> None:
    quick = re.search(r"^QUICK := (not .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert quick is not None
    code, text = outcome(tmp_path, MIXED, PYTEST_ADDOPTS=f"-m '{quick[1]}'")
    assert code == 0
    assert "2 passed, 3 deselected" in text


def test_quick_names_every_kind() -> None:
    (line,) = [one for one in (ROOT / "Makefile").read_text().splitlines() if one.startswith("QUICK := not")]
    assert set(re.findall(r"not (\w+)", line)) == set(kinds.KINDS)
