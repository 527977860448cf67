"""The whole app killed while customers chat and approve. The full number of runs is `make prove ARGS=app_kill`."""

from __future__ import annotations

from tests.prove import app_kill

SEED = 20261125


def test_a_killed_app_loses_nothing_and_tells_its_customers() -> None:
    figures = app_kill.run(1, SEED)
    assert not figures.startswith("0 "), "nobody was answered before the kill"
