"""kill -9 with money on its way: what was acknowledged is there, done once, closed, published, and told.

The full number of runs is `make prove ARGS=kill`; a failure names its seed.
"""

from __future__ import annotations

from tests.prove import kill

RUNS, SEED = 6, 20261123


def test_killed_workers_lose_and_double_nothing(kafka_bootstrap: str) -> None:
    figures = kill.run(RUNS, SEED, kafka_bootstrap)
    assert not figures.startswith("0 "), "nothing was done before the kills"
