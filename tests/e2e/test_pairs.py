"""Two messages at the same moment on two replicas. The full number is `make prove ARGS=pairs`."""

from __future__ import annotations

import pytest

from tests.prove import pairs


@pytest.mark.timeout(300)
async def test_simultaneous_messages_on_two_replicas_are_answered_one_after_the_other_and_once() -> None:
    assert (await pairs.run(4, 20261130)).startswith("8 turns of 4 pairs, 0 overlapping, 0 lost, 0 doubled")
