"""Rate limits and the limit on failed sign-ins."""

from __future__ import annotations

import asyncio
import time

import pytest

from ultracore.cache import RateLimiter, RedisClient
from ultracore.cache.stores import RuntimeStores


async def test_a_window_admits_exactly_its_limit(stores: RuntimeStores) -> None:
    decisions = [await stores.rates.hit("k", 3, 60) for _ in range(5)]
    assert [decision.allowed for decision in decisions] == [True] * 3 + [False] * 2
    assert [decision.remaining for decision in decisions] == [2, 1, 0, 0, 0]
    assert all(decision.limit == 3 for decision in decisions)
    assert decisions[0].retry_after == 0
    assert 55 < decisions[4].retry_after <= 60


async def test_of_many_at_once_the_limit_is_admitted(stores: RuntimeStores) -> None:
    decisions = await asyncio.gather(*(stores.rates.hit("k", 20, 60) for _ in range(100)))
    assert sum(decision.allowed for decision in decisions) == 20


async def test_no_window_ever_admits_more_than_the_limit(stores: RuntimeStores) -> None:
    window, limit, admitted = 0.3, 5, []
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        before = time.monotonic()
        if (await stores.rates.hit("k", limit, window)).allowed:
            admitted.append((before, time.monotonic()))
        await asyncio.sleep(0.005)
    assert len(admitted) > 2 * limit
    for (asked, _), (_, answered) in zip(admitted, admitted[limit:], strict=False):
        assert answered - asked > window - 0.005  # both were admitted in between; the server's clock is not ours


async def test_after_retry_after_the_next_is_admitted(stores: RuntimeStores) -> None:
    assert (await stores.rates.hit("k", 1, 0.3)).allowed
    refused = await stores.rates.hit("k", 1, 0.3)
    assert not refused.allowed
    await asyncio.sleep(refused.retry_after)
    assert (await stores.rates.hit("k", 1, 0.3)).allowed


async def test_keys_have_limits_of_their_own(stores: RuntimeStores) -> None:
    assert (await stores.rates.hit("a", 1, 60)).allowed
    assert (await stores.rates.hit("b", 1, 60)).allowed


async def test_a_lowered_limit_counts_what_was_admitted_before(stores: RuntimeStores) -> None:
    for _ in range(5):
        await stores.rates.hit("k", 10, 60)
    assert not (await stores.rates.hit("k", 3, 60)).allowed


async def test_a_clock_that_was_set_back_does_not_lock_anybody_out(
    client: RedisClient, stores: RuntimeStores
) -> None:
    await client.call("RPUSH", "@rate:{k}", (int(time.time()) + 86400) * 1_000_000)
    assert (await stores.rates.hit("k", 1, 60)).allowed


@pytest.mark.parametrize(("limit", "window"), [(0, 60), (-1, 60), (5, 0), (5, -1)])
async def test_a_limit_without_sense_is_refused(client: RedisClient, limit: int, window: float) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        await RateLimiter(client).hit("k", limit, window)
