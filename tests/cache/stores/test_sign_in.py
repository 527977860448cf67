"""Failed sign-ins: hard for a pair, soft for a user, wide for an address; known browsers count by themselves."""

from __future__ import annotations

import asyncio

import pytest

from tests.cache.conftest import keys_of
from tests.cache.waiting import eventually
from ultracore.cache import RedisClient
from ultracore.cache.stores import Attempt, Busy, LoginThrottle, RuntimeStores, Wait, network_of

HERE = "10.0.0.1"


async def fail(throttle: LoginThrottle, user: str, address: str = HERE, device: str | None = None) -> bool:
    """One wrong guess; False if it was refused before anything was checked."""
    attempt = await throttle.admit(user, address, device)
    if isinstance(attempt, Attempt):
        await throttle.failed(attempt)
    return isinstance(attempt, Attempt)


async def refusal(throttle: LoginThrottle, user: str, address: str = HERE, device: str | None = None) -> Wait:
    refused = await throttle.admit(user, address, device)
    assert isinstance(refused, Wait)
    return refused


async def admitted(throttle: LoginThrottle, user: str, address: str = HERE, device: str | None = None) -> Attempt:
    attempt = await throttle.admit(user, address, device)
    assert isinstance(attempt, Attempt)
    return attempt


@pytest.fixture
def throttle(client: RedisClient) -> LoginThrottle:
    """Without the wait of a user as a whole, so that a pair's count is seen alone."""
    return LoginThrottle(client, secret=b"s", longest_wait_seconds=0.000001)


async def test_five_failures_of_a_pair_and_then_a_wait_that_says_how_long(throttle: LoginThrottle) -> None:
    assert [await fail(throttle, "ada") for _ in range(6)] == [True] * 5 + [False]
    assert 890 < (await refusal(throttle, "ada")).seconds <= 900


async def test_a_pair_that_is_closed_closes_neither_the_user_nor_the_address(throttle: LoginThrottle) -> None:
    for _ in range(6):
        await fail(throttle, "ada")
    await throttle.withdrawn(await admitted(throttle, "ada", "10.9.9.9"))
    await throttle.withdrawn(await admitted(throttle, "bob"))


async def test_checks_that_run_refuse_nobody(throttle: LoginThrottle) -> None:
    running = [await admitted(throttle, "ada") for _ in range(5)]
    assert isinstance(await throttle.admit("ada", HERE), Busy)
    await throttle.succeeded(running[0])
    await admitted(throttle, "ada")


async def test_of_a_thousand_guesses_at_once_five_are_checked(throttle: LoginThrottle) -> None:
    asked = await asyncio.gather(*(throttle.admit("ada", HERE) for _ in range(1000)))
    attempts = [one for one in asked if isinstance(one, Attempt)]
    assert len(attempts) == 5
    for one in attempts:
        await throttle.failed(one)
    again = await asyncio.gather(*(throttle.admit("ada", HERE) for _ in range(50)))
    assert not [one for one in again if isinstance(one, Attempt)]


async def test_an_address_may_fail_a_hundred_times_whoever_is_guessed_at(throttle: LoginThrottle) -> None:
    made = [await fail(throttle, f"user{number // 5}") for number in range(105)]
    assert made == [True] * 100 + [False] * 5
    await throttle.withdrawn(await admitted(throttle, "ada", "10.0.0.2"))


async def test_the_addresses_of_one_ipv6_network_are_one(throttle: LoginThrottle) -> None:
    made = [await fail(throttle, "ada", f"2001:db8::{number:x}") for number in range(1, 8)]
    assert made == [True] * 5 + [False] * 2
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1"


async def test_success_forgives_the_pair_and_not_the_address(throttle: LoginThrottle) -> None:
    for _ in range(4):
        await fail(throttle, "ada")
    await throttle.succeeded(await admitted(throttle, "ada"))
    assert [await fail(throttle, "ada") for _ in range(6)] == [True] * 5 + [False]
    made = [await fail(throttle, f"user{number}") for number in range(100)]
    assert made.count(True) == 100 - 9


async def test_a_right_password_without_a_code_counts_until_a_sign_in_has_both(throttle: LoginThrottle) -> None:
    for _ in range(4):
        await throttle.unfinished(await admitted(throttle, "ada"))
    await throttle.succeeded(await admitted(throttle, "ada"))
    for _ in range(5):
        await throttle.unfinished(await admitted(throttle, "ada"))
    assert isinstance(await throttle.admit("ada", HERE), Wait)


async def test_what_is_unfinished_closes_neither_an_address_nor_a_login_for_a_day(client: RedisClient) -> None:
    throttle = LoginThrottle(client, secret=b"s", address_limit=3, closes_after=3)
    for _ in range(4):
        await throttle.unfinished(await admitted(throttle, "ada"))
    assert isinstance(await throttle.admit("bob", HERE), Attempt)
    assert isinstance(await throttle.admit("ada", "10.9.9.9"), Attempt)


async def test_an_owner_waits_a_minute_at_most_on_a_new_device(client: RedisClient) -> None:
    throttle = LoginThrottle(client, secret=b"s", closes_after=10_000)
    for number in range(60):
        await fail(throttle, "ada", f"10.1.0.{number}")
    (counted,) = [key for key in await keys_of(client, "@sign-in-user*") if await _is_hash(client, key)]
    await client.call("HSET", counted, "failures", "50")
    assert 0 < (await refusal(throttle, "ada", "10.2.0.1")).seconds <= 60


async def _is_hash(client: RedisClient, key: bytes) -> bool:
    kind: bytes = await client.call("TYPE", key)
    return kind == b"hash"


async def test_the_wait_grows_and_ends(client: RedisClient) -> None:
    throttle = LoginThrottle(client, secret=b"s", longest_wait_seconds=0.2)
    for number in range(5):
        assert await fail(throttle, "ada", f"10.1.0.{number}")
    assert 0 < (await refusal(throttle, "ada", "10.2.0.1")).seconds <= 0.2

    async def comes_in() -> bool:
        return isinstance(await throttle.admit("ada", "10.2.0.1"), Attempt)

    await eventually(comes_in)


async def test_a_known_browser_passes_what_others_have_used_up(stores: RuntimeStores) -> None:
    throttle = stores.throttle
    device = await throttle.remember("ada")
    for _ in range(20):
        await fail(throttle, "ada")
    await refusal(throttle, "ada")
    await throttle.succeeded(await admitted(throttle, "ada", HERE, device))


async def test_a_known_browser_is_known_for_its_user_alone(stores: RuntimeStores) -> None:
    device = await stores.throttle.remember("mallory")
    for _ in range(20):
        await fail(stores.throttle, "ada")
    await refusal(stores.throttle, "ada", HERE, device)


@pytest.mark.parametrize("forged", ["", "x", "x.y", "a.b.c", "\ud800.\ud800", "0" * 32 + "." + "0" * 32])
async def test_a_token_that_we_did_not_sign_is_nobodys(stores: RuntimeStores, forged: str) -> None:
    for _ in range(20):
        await fail(stores.throttle, "ada")
    await refusal(stores.throttle, "ada", HERE, forged)


async def test_five_failures_end_a_known_browser(stores: RuntimeStores) -> None:
    throttle = stores.throttle
    device = await throttle.remember("ada")
    for _ in range(20):
        await fail(throttle, "ada")
    assert [await fail(throttle, "ada", HERE, device) for _ in range(6)] == [True] * 5 + [False]


async def test_known_browsers_can_be_revoked(stores: RuntimeStores) -> None:
    device = await stores.throttle.remember("ada")
    for _ in range(20):
        await fail(stores.throttle, "ada")
    await stores.throttle.forget_devices("ada")
    for _ in range(20):
        await fail(stores.throttle, "ada")
    await refusal(stores.throttle, "ada", HERE, device)


async def test_after_a_hundred_failures_only_a_known_browser_comes_in(client: RedisClient) -> None:
    throttle = LoginThrottle(client, secret=b"s", longest_wait_seconds=0.000001)
    device = await throttle.remember("ada")
    for number in range(100):
        assert await fail(throttle, "ada", f"10.{number}.0.1")
    assert (await refusal(throttle, "ada", "10.200.0.1")).closed
    await throttle.succeeded(await admitted(throttle, "ada", HERE, device))
    assert (await refusal(throttle, "ada", "10.200.0.1")).closed


async def test_user_names_are_not_kept_in_clear(client: RedisClient, stores: RuntimeStores) -> None:
    await fail(stores.throttle, "my-password-by-mistake")
    await stores.throttle.remember("my-password-by-mistake")
    keys = await keys_of(client, "*")
    assert keys
    kept = b"".join(keys)
    for key in keys:
        kept += await client.call("DUMP", key)
    assert b"my-password" not in kept


async def test_a_clock_that_was_set_back_locks_nobody_out(client: RedisClient, throttle: LoginThrottle) -> None:
    for _ in range(5):
        await fail(throttle, "ada")
    key = next(one for one in await keys_of(client, "@sign-in-pair*"))
    for member in await client.call("ZRANGE", key, 0, -1):
        await client.call("ZADD", key, "XX", "99999999999999999", member)
    assert await fail(throttle, "ada")
