"""The runner of the proofs says which seed it used and how to run a failing one again."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType

import pytest

from tests.prove import Failed, each
from tests.prove.__main__ import discover, main, prove


def proof(run: object) -> ModuleType:
    module = ModuleType("made")
    module.__dict__.update(FULL_RUNS=3, run=run)
    return module


def told(run: object, runs: int | None = None) -> tuple[bool, list[str]]:
    out = io.StringIO()
    return prove("made", proof(run), runs, 7, out), out.getvalue().splitlines()


def test_figures_stand_behind_the_seed_and_the_full_number_of_runs() -> None:
    held, lines = told(lambda runs, seed: f"{list(each(runs, seed))}")
    assert held
    assert lines[0] == "made: 3 runs from seed 7"
    assert lines[1].startswith("made: [7, 8, 9] (3 runs from seed 7, ")


def test_an_async_proof_is_run() -> None:
    async def run(runs: int, seed: int) -> str:
        return f"{runs} awaited"

    held, lines = told(run, runs=5)
    assert held
    assert lines[1].startswith("made: 5 awaited")


def test_a_failed_run_names_the_command_for_its_own_seed() -> None:
    def run(runs: int, seed: int) -> str:
        raise Failed("an event is missing", seed + 1)

    held, lines = told(run)
    assert not held
    assert lines[-2:] == [
        "made FAILED: seed 8: an event is missing",
        'again: make prove ARGS="made --runs 1 --seed 8"',
    ]


def test_any_other_assertion_names_the_whole_proof() -> None:
    def run(runs: int, seed: int) -> str:
        raise AssertionError("not equal")

    assert told(run)[1][-1] == 'again: make prove ARGS="made --runs 3 --seed 7"'


def test_proofs_are_the_modules_that_say_how_many_runs_are_full(tmp_path: Path) -> None:
    (tmp_path / "kill.py").write_text('"""Proof."""\n\nFULL_RUNS = 200\n')
    (tmp_path / "worker.py").write_text('"""Its worker."""\n')
    assert discover(tmp_path) == ["kill"]


def test_an_unknown_proof_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such_proof"]) == 2
    assert "No such proof: no_such_proof" in capsys.readouterr().err
