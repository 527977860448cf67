"""Rate limits and the limit on failed sign-ins."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.cache.waiting import eventually
from ultracore.cache import LoginThrottle, RateLimiter, RedisClient
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


class TestLoginThrottle:
    async def test_five_failures_and_then_a_wait_that_says_how_long(self, stores: RuntimeStores) -> None:
        for _ in range(5):
            assert await stores.throttle.check("ada", "10.0.0.1") == 0
            await stores.throttle.failed("ada", "10.0.0.1")
        assert 890 < await stores.throttle.check("ada", "10.0.0.1") <= 900

    async def test_the_failure_that_uses_up_the_limit_says_the_wait(self, stores: RuntimeStores) -> None:
        waits = []
        for _ in range(5):
            await stores.throttle.check("ada", "10.0.0.1")
            waits.append(await stores.throttle.failed("ada", "10.0.0.1"))
        assert waits[:4] == [0, 0, 0, 0]
        assert 890 < waits[4] <= 900

    async def test_guesses_at_the_same_time_are_counted_before_hashing(self, stores: RuntimeStores) -> None:
        waits = await asyncio.gather(*(stores.throttle.check("ada", f"10.0.0.{n}") for n in range(60)))
        assert sum(wait == 0 for wait in waits) == 5

    async def test_the_limit_is_for_a_user_whatever_the_address(self, stores: RuntimeStores) -> None:
        for number in range(5):
            assert await stores.throttle.check("ada", f"10.0.0.{number}") == 0
        assert await stores.throttle.check("ada", "10.0.0.9") > 0
        assert await stores.throttle.check("bob", "10.0.0.9") == 0

    async def test_the_limit_is_for_an_address_whatever_the_user(self, stores: RuntimeStores) -> None:
        for number in range(5):
            assert await stores.throttle.check(f"user{number}", "10.0.0.1") == 0
        assert await stores.throttle.check("ada", "10.0.0.1") > 0
        assert await stores.throttle.check("ada", "10.0.0.2") == 0

    async def test_success_clears_the_user_and_not_the_address(self, stores: RuntimeStores) -> None:
        throttle = stores.throttle
        for _ in range(4):
            await throttle.check("ada", "10.0.0.1")
        assert await throttle.check("ada", "10.0.0.1") == 0
        await throttle.succeeded("ada", "10.0.0.1")
        for number in range(4):
            assert await throttle.check("ada", f"10.0.1.{number}") == 0
        assert await throttle.check("bob", "10.0.0.1") == 0
        assert await throttle.check("eve", "10.0.0.1") > 0

    async def test_who_knows_a_password_wins_no_guesses_at_others(self, stores: RuntimeStores) -> None:
        throttle, guesses = stores.throttle, 0
        for _ in range(10):
            guesses += await throttle.check("victim", "10.0.0.1") == 0
            if await throttle.check("mallory", "10.0.0.1") == 0:
                await throttle.succeeded("mallory", "10.0.0.1")
        assert guesses <= 5

    async def test_a_branch_with_one_address_can_sign_in_all_day(self, stores: RuntimeStores) -> None:
        for number in range(20):
            assert await stores.throttle.check(f"teller{number}", "10.0.0.1") == 0
            await stores.throttle.succeeded(f"teller{number}", "10.0.0.1")

    async def test_a_locked_user_does_not_use_up_the_address(self, stores: RuntimeStores) -> None:
        for number in range(5):
            await stores.throttle.check("ada", f"10.0.0.{number}")
        for _ in range(10):
            assert await stores.throttle.check("ada", "10.0.0.9") > 0
        assert await stores.throttle.check("bob", "10.0.0.9") == 0

    async def test_refused_attempts_make_no_wait_longer(self, client: RedisClient) -> None:
        throttle = LoginThrottle(client, secret=b"s", user_limit=1, window_seconds=0.4)
        assert await throttle.check("ada", "10.0.0.1") == 0

        async def admitted() -> bool:
            return await throttle.check("ada", "10.0.0.1") == 0

        await eventually(admitted, 1.5)

    async def test_user_names_are_not_kept_in_clear(self, client: RedisClient, stores: RuntimeStores) -> None:
        await stores.throttle.check("my-password-by-mistake", "10.0.0.1")
        keys = await client.call("KEYS", "*")
        members = [await client.call("ZRANGE", key, 0, -1) for key in keys]
        assert len(keys) == 2
        assert b"my-password" not in b"".join(keys) + b"".join(name for some in members for name in some)
