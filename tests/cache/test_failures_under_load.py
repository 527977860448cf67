"""A small run of `make prove ARGS=redis_failures`: one of each fault."""

from __future__ import annotations

import pytest

from tests.cache.conftest import SYSTEM_SERVER
from tests.prove import redis_failures


@pytest.mark.skipif(SYSTEM_SERVER is None, reason="no redis-server on PATH")
@pytest.mark.parametrize("fault", redis_failures.FAULTS)
def test_people_are_served_again_and_told_the_truth_meanwhile(fault: str) -> None:
    seed = redis_failures.FAULTS.index(fault)
    assert "none of somebody else" in redis_failures.run(1, seed, longest=redis_failures.SHORT_STOP)
