"""The runner of the benchmarks prints what was measured and fails only where a benchmark crashed."""

from __future__ import annotations

import io
from pathlib import Path

from benchmarks.__main__ import discover, main, run_all
from benchmarks.ratio import Ratio

SLOW = Ratio("turn", "bare app", ours=30.0, baseline=10.0, unit="ms", target=1.5, target_kind="at_most")
FAST = Ratio("turns", "bare app", ours=9.0, baseline=10.0, unit="turns/s", target=0.8, target_kind="at_least")


async def measured() -> list[Ratio]:
    return [SLOW, FAST]


async def crashing() -> list[Ratio]:
    raise RuntimeError("the endpoint did not start")


def test_each_ratio_is_printed_with_its_target_and_a_miss_is_not_a_failure() -> None:
    out = io.StringIO()
    assert run_all([("turn", measured)], out) == 0
    lines = out.getvalue().splitlines()
    assert lines[-2].split() == ["turn", "30", "10", "bare", "app", "ms", "3.000", "≤", "1.5", "missed"]
    assert lines[-1].split() == ["turns", "9", "10", "bare", "app", "turns/s", "0.900", "≥", "0.8", "met"]


def test_a_crash_is_shown_and_the_others_still_run() -> None:
    out = io.StringIO()
    assert run_all([("broken", crashing), ("turn", measured)], out) == 1
    assert "the endpoint did not start" in out.getvalue()
    assert "missed" in out.getvalue()


def test_benchmarks_are_found_by_their_file_names(tmp_path: Path) -> None:
    for name in ("bench_turn.py", "bench_append.py", "ratio.py"):
        (tmp_path / name).touch()
    assert discover(tmp_path) == ["append", "turn"]


def test_an_unknown_benchmark_is_refused() -> None:
    assert main(["no_such_benchmark"]) == 2
