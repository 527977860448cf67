"""The suite's own rules: a clean environment, and no silent skips in CI."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environment import restored_environment, without_configuration

ROOT = Path(__file__).resolve().parents[2]
SKIPPING = """
import pytest
def test_absent(): pytest.skip("no such part here")
@pytest.mark.xfail(reason="known")
def test_known(): assert False
def test_present(): pass
"""

CLOCKS = {"elapsed", "monotonic", "perf_counter", "process_time", "thread_time", "time"}
TIMED = {
    "audit/test_relay.py": "a stop within 10 s, whatever the broker does, is the relay's promise to who stops it",
}
"""Modules that may compare a duration with an upper bound, and why."""


def asserted_durations(source: str) -> Iterator[int]:
    """The lines of assertions that something took less than a time: `clock() - began < 2`."""
    asserted = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    for compare in (node for one in asserted for node in ast.walk(one) if isinstance(node, ast.Compare)):
        sides = [compare.left, *compare.comparators]
        for left, operator, right in zip(sides, compare.ops, sides[1:], strict=False):
            smaller = left if isinstance(operator, ast.Lt | ast.LtE) else right
            if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and is_duration(smaller):
                yield compare.lineno


def is_duration(node: ast.expr) -> bool:
    """True for `elapsed(…)`, and for a difference in which a clock is asked."""
    calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    return "elapsed" in names or (isinstance(node, ast.BinOp) and bool(names & CLOCKS))


def outcome(folder: Path, text: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a run of the module `text` under our conftest."""
    (folder / "conftest.py").write_text("from tests.conftest import *\n")
    (folder / "test_it.py").write_text(text)
    variables = {name: value for name, value in os.environ.items() if name != "CI"} | environment
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_skip_is_a_failure_in_ci_that_repeats_the_reason(tmp_path: Path) -> None:
    code, text = outcome(tmp_path, SKIPPING, CI="true")
    assert code == 1
    assert "1 failed, 1 passed, 1 xfailed" in text
    assert "no such part here" in text


def test_a_module_that_skips_itself_is_a_failure_in_ci(tmp_path: Path) -> None:
    code, text = outcome(tmp_path, "import pytest\npytest.importorskip('no_such_module')\n", CI="true")
    assert code != 0
    assert "no_such_module" in text


def test_a_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    code, text = outcome(tmp_path, SKIPPING)
    assert code == 0
    assert "1 passed, 1 skipped, 1 xfailed" in text


def test_tests_see_no_configuration_from_outside(tmp_path: Path) -> None:
    text = "import os\ndef test_it(): assert 'OPENAI_API_KEY' not in os.environ and 'PORT' not in os.environ\n"
    code, output = outcome(tmp_path, text, OPENAI_API_KEY="from outside", PORT="1")
    assert code == 0, output


def test_kafka_from_outside_reaches_the_fixture_alone(tmp_path: Path) -> None:
    seen = "kafka_bootstrap == 'here:1' and 'KAFKA_BOOTSTRAP_SERVERS' not in os.environ"
    code, output = outcome(
        tmp_path, f"import os\ndef test_it(kafka_bootstrap): assert {seen}\n", KAFKA_BOOTSTRAP_SERVERS="here:1"
    )
    assert code == 0, output


def test_what_a_test_sets_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    with restored_environment():
        os.environ["PORT"] = "2"
        os.environ["ULTRACORE_ENV"] = "production"
    assert os.environ["PORT"] == "1"
    assert "ULTRACORE_ENV" not in os.environ


def test_a_child_starts_without_our_configuration() -> None:
    assert without_configuration({"PATH": "/bin", "REDIS_URL": "x", "CHAINLIT_PORT": "1"}) == {"PATH": "/bin"}


def test_no_test_asserts_how_fast_something_is() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path.relative_to(ROOT / "tests").as_posix() not in TIMED
        for line in asserted_durations(path.read_text("utf-8"))
    ]
    assert not found, "speed is measured in benchmarks/; see tests/support/deadlines.py"


@pytest.mark.parametrize(
    "statement", ["time.monotonic() - began < 2", "0.3 <= monotonic() - began <= 2", "2.0 > elapsed(began)"]
)
def test_an_asserted_duration_is_found(statement: str) -> None:
    assert list(asserted_durations(f"assert {statement}")) == [1]


@pytest.mark.parametrize("statement", ["time.monotonic() < deadline", "monotonic() - began >= 0.3", "a - 1 < 2"])
def test_a_deadline_and_a_least_duration_are_no_speed(statement: str) -> None:
    assert not list(asserted_durations(f"assert {statement}"))
