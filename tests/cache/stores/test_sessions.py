"""Login sessions and socket bindings."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.cache.conftest import principal
from tests.cache.waiting import eventually
from ultracore.cache import RedisClient
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores import LoginSessions, RuntimeStores, SessionLimits, SocketBindings
from ultracore.cache.stores.sessions import end_logins
from ultracore.principal import Principal, Role


async def test_a_session_gives_the_principal_back(stores: RuntimeStores, customer: Principal) -> None:
    await stores.logins.create(customer)
    assert await stores.logins.get("login-1") == customer
    assert await stores.logins.peek("login-1") == customer
    assert await stores.logins.get("login-2") is None


async def test_a_login_id_is_never_given_to_somebody_else(stores: RuntimeStores, customer: Principal) -> None:
    await stores.logins.create(customer)
    await stores.logins.create(customer)
    with pytest.raises(ValueError, match="in use"):
        await stores.logins.create(principal(user_id="customer2"))
    assert await stores.logins.get("login-1") == customer


async def test_revoke_is_immediate_and_idempotent(stores: RuntimeStores, customer: Principal) -> None:
    await stores.logins.create(customer)
    assert await stores.logins.revoke("login-1") == customer
    assert await stores.logins.get("login-1") is None
    assert await stores.logins.revoke("login-1") is None


async def test_idle_time_ends_a_session_and_get_begins_it_anew(client: RedisClient, customer: Principal) -> None:
    logins = LoginSessions(client, ValueSigner(b"s"), idle_seconds=0.6, absolute_seconds=60)
    await logins.create(customer)
    for _ in range(6):
        await asyncio.sleep(0.2)
        assert await logins.get("login-1") == customer
    await eventually(lambda: _is_over(logins, "login-1"))


async def test_staff_are_signed_out_sooner_if_the_bank_says_so(client: RedisClient, customer: Principal) -> None:
    teller = replace(customer, login_id="login-9", user_id="teller1", roles=frozenset({Role.TELLER}))
    staff = SessionLimits(idle_seconds=0.3, absolute_seconds=60)
    logins = LoginSessions(client, ValueSigner(b"s"), idle_seconds=60, absolute_seconds=60, staff=staff)
    for person in (customer, teller):
        await logins.create(person)
        assert await logins.get(person.login_id) == person
    await eventually(lambda: _is_over(logins, "login-9"))
    assert await logins.get("login-1") == customer


async def test_peek_does_not_prolong_a_session(client: RedisClient, customer: Principal) -> None:
    logins = LoginSessions(client, ValueSigner(b"s"), idle_seconds=0.5)
    await logins.create(customer)
    await eventually(lambda: _is_over(logins, "login-1"))


async def test_the_absolute_limit_ends_a_busy_session(client: RedisClient, customer: Principal) -> None:
    logins = LoginSessions(client, ValueSigner(b"s"), idle_seconds=60, absolute_seconds=0.5)
    await logins.create(customer)

    async def ended() -> bool:
        return await logins.get("login-1") is None

    await eventually(ended)


async def test_the_limits_are_those_of_the_bank(client: RedisClient, stores: RuntimeStores) -> None:
    await stores.logins.create(principal())
    assert 899_000 < await client.call("PTTL", "@login:{login-1}") <= 900_000
    until = int(await client.call("HGET", "@login:{login-1}", "until"))
    seconds, _ = await client.call("TIME")
    assert abs(until / 1000 - int(seconds) - 8 * 3600) < 3


async def test_all_logins_of_a_user_are_listed_and_revoked(stores: RuntimeStores) -> None:
    for login_id in ("a", "b", "c"):
        await stores.logins.create(principal(login_id=login_id))
    await stores.logins.create(principal(login_id="other user", user_id="customer2"))
    await stores.logins.create(principal(login_id="other tenant", tenant_id="tenant_2"))
    await stores.logins.revoke("b")
    assert sorted(await stores.logins.of_user("tenant_1", "customer1")) == ["a", "c"]
    assert sorted(await end_logins(stores.client, "tenant_1", "customer1")) == ["a", "c"]
    assert await stores.logins.of_user("tenant_1", "customer1") == []
    assert await stores.logins.get("a") is None
    assert await stores.logins.get("other user") is not None
    assert await stores.logins.get("other tenant") is not None


async def test_the_first_login_owns_a_socket_session(stores: RuntimeStores) -> None:
    sockets = stores.sockets
    assert await sockets.owner("socket") is None
    assert await sockets.bind("socket", "login-1") is True
    assert await sockets.bind("socket", "login-1") is True
    assert await sockets.bind("socket", "login-2") is False
    assert await sockets.owner("socket") == "login-1"
    await sockets.release("socket", "login-2")
    assert await sockets.owner("socket") == "login-1"
    await sockets.release("socket")
    assert await sockets.bind("socket", "login-2") is True


async def test_of_many_binding_at_once_one_wins(stores: RuntimeStores) -> None:
    answers = await asyncio.gather(*(stores.sockets.bind("socket", f"login-{n}") for n in range(20)))
    assert answers.count(True) == 1


async def test_a_user_has_five_places(stores: RuntimeStores) -> None:
    sockets = stores.sockets
    admitted = await asyncio.gather(*(sockets.admit("customer1", f"s{n}") for n in range(9)))
    assert admitted.count(True) == 5
    inside = f"s{admitted.index(True)}"
    assert await sockets.admit("customer1", inside) is True
    assert await sockets.admit("customer1", "new") is False
    assert await sockets.admit("customer2", "new") is True
    await sockets.leave("customer1", inside)
    assert await sockets.admit("customer1", "new") is True


async def test_a_place_that_nobody_keeps_becomes_free(client: RedisClient) -> None:
    sockets = SocketBindings(client, ValueSigner(b"s"), place_seconds=0.2)
    assert await sockets.admit("u", "crashed", limit=1) is True

    async def admitted() -> bool:
        return await sockets.admit("u", "new", limit=1)

    assert await admitted() is False
    await eventually(admitted)


async def test_ids_that_look_like_keys_stay_apart(stores: RuntimeStores) -> None:
    await stores.logins.create(principal(login_id="a", tenant_id="x/y", user_id="z"))
    await stores.logins.create(principal(login_id="}{:*", tenant_id="x", user_id="y/z"))
    assert await end_logins(stores.client, "x", "y/z") == ["}{:*"]
    assert await stores.logins.get("a") is not None


async def _is_over(logins: LoginSessions, login_id: str) -> bool:
    return await logins.peek(login_id) is None
