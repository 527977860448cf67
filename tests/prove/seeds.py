"""The seeds of a proof's runs, and the failure that names the one that runs it again."""

from __future__ import annotations

import sys
from collections.abc import Iterator


class Failed(AssertionError):
    """One run did not hold. `seed` alone, with `--runs 1`, runs it again."""

    def __init__(self, what: str, seed: int) -> None:
        super().__init__(f"seed {seed}: {what}")
        self.seed = seed


def each(runs: int, seed: int) -> Iterator[int]:
    """`seed`, `seed + 1`, … for `runs` runs; about ten lines of progress on standard error."""
    step = max(1, runs // 10)
    for number in range(runs):
        if number % step == 0:
            sys.stderr.write(f"  run {number + 1} of {runs}\n")
            sys.stderr.flush()
        yield seed + number
