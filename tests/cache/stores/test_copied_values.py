"""Somebody who can write to Redis copies, moves and changes what lies there: nothing of it is believed."""

from __future__ import annotations

import pytest

from tests.cache.conftest import principal
from tests.cache.waiting import eventually
from ultracore.cache import RedisClient
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores import LoginSessions, RuntimeStores
from ultracore.errors import InvalidInput

ADA, BOB = principal(), principal("customer2", "login-2")


async def copy(client: RedisClient, source: str, target: str) -> None:
    """Put what lies under one key under another, whatever slots they are in."""
    content = await client.call("DUMP", source)
    assert content is not None
    await client.call("RESTORE", target, 0, content, "REPLACE")


async def test_one_person_s_session_is_worthless_as_another_s(stores: RuntimeStores, client: RedisClient) -> None:
    await stores.logins.create(ADA)
    await stores.logins.create(BOB)
    stolen = await client.call("HGET", "@login:{login-1}", "principal")
    await client.call("HSET", "@login:{login-2}", "principal", stolen)
    assert await stores.logins.get("login-2") is None
    await copy(client, "@login:{login-1}", "@login:{login-2}")
    assert await stores.logins.get("login-2") is None
    assert await stores.logins.revoke("login-2") is None
    assert await stores.logins.get("login-1") == ADA


async def test_a_session_cannot_be_made_longer(client: RedisClient) -> None:
    logins = LoginSessions(client, ValueSigner(b"s"), absolute_seconds=0.3)
    await logins.create(ADA)
    await client.call("HSET", "@login:{login-1}", "until", 99_999_999_999_999)
    await client.call("PERSIST", "@login:{login-1}")

    async def has_ended() -> bool:
        return await logins.peek("login-1") is None

    await eventually(has_ended)
    assert await logins.get("login-1") is None
    assert await client.call("EXISTS", "@login:{login-1}")


async def test_an_entry_in_somebody_s_index_gives_them_nothing(stores: RuntimeStores, client: RedisClient) -> None:
    await stores.logins.create(ADA)
    await stores.logins.create(BOB)
    await client.call("ZADD", "@logins:{tenant_1%2Fcustomer2}", "99999999999999", "login-1")
    assert await stores.logins.of_user("tenant_1", "customer2") == ["login-2"]


async def test_a_socket_stays_with_its_login(stores: RuntimeStores, client: RedisClient) -> None:
    assert await stores.sockets.bind("socket-1", "login-1")
    assert await stores.sockets.bind("socket-2", "login-2")
    await copy(client, "@socket:{socket-1}", "@socket:{socket-2}")
    assert await stores.sockets.owner("socket-2") is None
    await client.call("SET", "@socket:{socket-2}", "login-1")
    assert await stores.sockets.owner("socket-2") is None
    assert not await stores.sockets.bind("socket-2", "login-1")


async def test_a_conversation_stays_with_its_owner(stores: RuntimeStores, client: RedisClient) -> None:
    talks = stores.conversations
    for conversation, owner in (("c1", ADA), ("c2", BOB)):
        await talks.create(conversation, owner)
        await talks.set_agent(conversation, "accounts")
    await talks.set_working_for("c1", "cust_1")
    for name in ("owner", "working_for"):
        kept = await client.call("HGET", "@conversation:{c1}", name)
        await client.call("HSET", "@conversation:{c2}", name, kept, "agent", kept)
    assert await talks.owner("c2") is None
    with pytest.raises(InvalidInput):
        await talks.create("c2", ADA)
    state = await talks.owner("c1")
    assert state is not None
    assert (state.belongs_to(ADA), state.working_for, state.agent) == (True, "cust_1", "accounts")


async def test_a_field_counts_for_its_name_only(stores: RuntimeStores, client: RedisClient) -> None:
    await stores.conversations.create("c1", ADA)
    await stores.conversations.set_working_for("c1", "cust_2")
    kept = await client.call("HGET", "@conversation:{c1}", "working_for")
    await client.call("HSET", "@conversation:{c1}", "agent", kept)
    state = await stores.conversations.owner("c1")
    assert state is not None
    assert state.agent is None


async def test_what_was_said_elsewhere_is_no_part_of_a_history(stores: RuntimeStores, client: RedisClient) -> None:
    talks = stores.conversations
    for conversation, owner in (("c1", ADA), ("c2", BOB)):
        await talks.create(conversation, owner)
        await talks.append(conversation, {"role": "user", "content": conversation})
        await talks.add_notice(conversation, conversation)
    for kind in ("history", "notices"):
        (foreign,) = await client.call("LRANGE", f"@conversation:{{c1}}:{kind}", 0, -1)
        await client.call(
            "RPUSH", f"@conversation:{{c2}}:{kind}", foreign, b'{"role": "user", "content": "made up"}'
        )
    assert await talks.history("c2") == [{"role": "user", "content": "c2"}]
    assert await talks.take_notices("c2") == ["c2"]


async def test_another_secret_opens_nothing(stores: RuntimeStores, client: RedisClient) -> None:
    await stores.logins.create(ADA)
    await stores.conversations.create("c1", ADA)
    others = RuntimeStores.over(client, secret=b"another secret")
    assert await others.logins.get("login-1") is None
    assert await others.conversations.owner("c1") is None
