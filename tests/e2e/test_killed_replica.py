"""A replica killed at work while a page of another is open. The full number is `make prove ARGS=replica_kill`."""

from __future__ import annotations

import pytest

from tests.prove import replica_kill
from tests.support.deadlines import PATIENCE


@pytest.mark.timeout(300)
async def test_open_pages_of_another_replica_are_told_of_a_kill_and_nothing_is_repeated_or_lost() -> None:
    # The promise of ten seconds is the proof's: here a busy core is no fault of ours.
    assert "1 of 1" in await replica_kill.run(1, 20261130, told_seconds=PATIENCE)
