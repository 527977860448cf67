"""`python -m benchmarks [NAME…]`: run each `bench_*.py` beside this file, or the named ones, and print the ratios.

Each module has `async def run() -> list[Ratio]`. A missed target is printed, not an error: a shared machine is no
judge. The exit code is 1 if a benchmark raised.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

from benchmarks.ratio import Ratio

Run = Callable[[], Coroutine[Any, Any, list[Ratio]]]
COLUMNS = ("benchmark", "ours", "baseline", "against", "unit", "ratio", "target", "")


def discover(folder: Path) -> list[str]:
    """The names of the benchmarks in `folder`, sorted, without the prefix `bench_`."""
    return sorted(path.stem.removeprefix("bench_") for path in folder.glob("bench_*.py"))


def load(name: str) -> Run:
    """The `run` of benchmark `name`."""
    return cast(Run, importlib.import_module(f"benchmarks.bench_{name}").run)


def table(ratios: Iterable[Ratio]) -> list[str]:
    """One line a ratio under a line of headings, in columns."""
    rows = [COLUMNS, *(_row(ratio) for ratio in ratios)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(one: Ratio) -> tuple[str, ...]:
    bound = "≤" if one.target_kind == "at_most" else "≥"
    figures = (f"{one.ours:.4g}", f"{one.baseline:.4g}", one.baseline_name, one.unit, f"{one.ratio:.3f}")
    return (one.name, *figures, f"{bound} {one.target:g}", "met" if one.met else "missed")


def run_all(benchmarks: Sequence[tuple[str, Run]], out: TextIO) -> int:
    """Run them one after another, each in an event loop of its own, and print the table; the exit code."""
    ratios: list[Ratio] = []
    crashed = 0
    for name, run in benchmarks:
        out.write(f"{name} …\n")
        out.flush()
        try:
            ratios += asyncio.run(run())
        # One benchmark that cannot run here, for want of Java perhaps, must not take the figures of the others.
        except Exception:
            crashed += 1
            out.write(traceback.format_exc())
    out.write("\n".join(table(ratios)) + "\n")
    return 1 if crashed else 0


def main(arguments: Sequence[str]) -> int:
    """The command."""
    known = discover(Path(__file__).parent)
    unknown = [name for name in arguments if name not in known]
    if unknown:
        sys.stderr.write(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(known) or 'none'}.\n")
        return 2
    return run_all([(name, load(name)) for name in (arguments or known)], sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
