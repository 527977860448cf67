"""What is kept of a conversation, and the sentences that wait for somebody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cache.conftest import SYSTEM_SERVER, keys_of, number_of_keys, principal, tcp_server
from tests.cache.stores.test_pieces import HEAD
from tests.cache.waiting import eventually
from tests.support.ports import free_port
from ultracore.cache import RedisClient
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores import Attempt, Conversations, CutAnswer, LogChange, RuntimeStores
from ultracore.cache.stores.sessions import end_logins
from ultracore.errors import CacheUnavailable, InvalidInput


async def test_a_conversation_belongs_to_who_began_it(stores: RuntimeStores) -> None:
    talks = stores.conversations
    assert await talks.owner("c1") is None
    await talks.create("c1", principal())
    state = await talks.owner("c1")
    assert state is not None
    assert (state.tenant_id, state.user_id, state.customer_id) == ("tenant_1", "customer1", "cust_1")
    assert abs((datetime.now(UTC) - state.created_at).total_seconds()) < 5
    assert state.belongs_to(principal(login_id="tomorrow's"))
    assert not state.belongs_to(principal(user_id="customer2"))
    assert not state.belongs_to(principal(tenant_id="tenant_2"))


async def test_nobody_else_can_begin_the_same_conversation(stores: RuntimeStores) -> None:
    await stores.conversations.create("c1", principal())
    await stores.conversations.create("c1", principal())
    for other in (principal(user_id="customer2"), principal(tenant_id="tenant_2")):
        with pytest.raises(InvalidInput) as refused:
            await stores.conversations.create("c1", other)
        assert refused.value.code == "conversation.not_yours"


async def test_a_new_conversation_inherits_nothing(stores: RuntimeStores) -> None:
    await stores.conversations.append("c1", {"role": "user", "content": "whose?"})
    await stores.conversations.add_notice("c1", "whose?")
    await stores.conversations.create("c1", principal())
    assert await stores.conversations.history("c1") == []
    assert await stores.conversations.take_notices("c1") == []


async def test_the_history_has_the_last_twenty_messages_in_order(stores: RuntimeStores) -> None:
    talks = stores.conversations
    await talks.create("c1", principal())
    for number in range(30):
        await talks.append("c1", {"role": "user", "content": f"m{number} é 🦘"})
    history = await talks.history("c1")
    assert [message["content"] for message in history] == [f"m{n} é 🦘" for n in range(10, 30)]
    assert await talks.history("c2") == []


async def test_a_forgotten_conversation_is_not_written_to_again(stores: RuntimeStores) -> None:
    await stores.conversations.create("c1", principal())
    await stores.conversations.forget("c1")
    await stores.conversations.append("c1", {"role": "user", "content": "x"})
    assert await stores.conversations.history("c1") == []


async def test_the_history_never_begins_with_a_result_without_its_call(stores: RuntimeStores) -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "t1"}, {"id": "t2"}]}
    results = [{"role": "tool", "tool_call_id": name, "content": "{}"} for name in ("t1", "t2")]
    await stores.conversations.create("c1", principal())
    await stores.conversations.append("c1", call, *results)
    for number in range(18):
        await stores.conversations.append("c1", {"role": "user", "content": str(number)})
    history = await stores.conversations.history("c1")
    assert [message["role"] for message in history] == ["user"] * 18


async def test_the_agent_is_remembered(stores: RuntimeStores) -> None:
    talks = stores.conversations
    await talks.create("c1", principal())
    new = await talks.owner("c1")
    assert new is not None and new.agent is None
    await talks.set_agent("c1", "payments")
    state = await talks.owner("c1")
    assert state is not None and state.agent == "payments"
    await talks.set_agent("unknown", "payments")
    assert await talks.owner("unknown") is None


async def test_a_message_is_new_once(stores: RuntimeStores) -> None:
    answers = await asyncio.gather(*(stores.conversations.first_seen("c1", "m1") for _ in range(10)))
    assert answers.count(True) == 1
    assert await stores.conversations.first_seen("c2", "m1") is True
    assert await stores.conversations.first_seen("c1", "m2") is True


async def test_a_conversation_is_forgotten_after_its_time(client: RedisClient) -> None:
    talks = Conversations(client, ValueSigner(b"s"), seconds=0.3)
    await talks.create("c1", principal())
    await talks.append("c1", {"role": "user", "content": "x"})

    async def forgotten() -> bool:
        return await talks.owner("c1") is None and await talks.history("c1") == []

    await eventually(forgotten)


async def test_forget_removes_everything(client: RedisClient, stores: RuntimeStores) -> None:
    await stores.conversations.create("c1", principal())
    await stores.conversations.append("c1", {"role": "user", "content": "x"})
    await stores.conversations.add_notice("c1", "x")
    await stores.conversations.forget("c1")
    assert await number_of_keys(client) == 0


async def test_notices_are_taken_once_in_order(stores: RuntimeStores) -> None:
    talks = stores.conversations
    for text in ("first", "second", "first"):
        await talks.add_notice("c1", text)
    takers = await asyncio.gather(*(talks.take_notices("c1") for _ in range(5)))
    assert sorted(takers) == [[], [], [], [], ["first", "second"]]


async def test_a_person_is_told_in_any_next_session(stores: RuntimeStores) -> None:
    await stores.notices.add_notice("tenant_1", "customer1", "Your payment went through.")
    assert await stores.notices.take_notices("tenant_2", "customer1") == []
    assert await stores.notices.take_notices("tenant_1", "customer1") == ["Your payment went through."]
    assert await stores.notices.take_notices("tenant_1", "customer1") == []


async def test_everything_kept_has_a_time_to_live(client: RedisClient, stores: RuntimeStores) -> None:
    async with use_of_every_store(stores):
        keys = [key.decode() for key in await keys_of(client, "*")]
        lives = {key: await client.call("PTTL", key) for key in keys}
    assert len(keys) == 26
    assert {key for key, life in lives.items() if life < 0} == set()
    assert all(key.startswith("@") and "{" in key for key in keys)


@pytest.mark.skipif(SYSTEM_SERVER is None, reason="no redis-server on PATH")
async def test_no_call_crosses_a_slot_of_a_cluster(tmp_path: Path) -> None:
    options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with tcp_server(tmp_path, 0, *options) as server:
        client = RedisClient(server.endpoint, call_seconds=10.0)
        await client.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383)

        async def is_whole() -> bool:
            return b"cluster_state:ok" in await client.call("CLUSTER", "INFO")

        await eventually(is_whole)
        with pytest.raises(CacheUnavailable):
            await client.call("DEL", "a", "b")
        stores = RuntimeStores.over(client, secret=b"s")
        async with use_of_every_store(stores):
            assert await number_of_keys(client) == 26
        await stores.conversations.take_notices("c1")
        await stores.notices.take_notices("tenant_1", "customer1")
        await stores.pieces.close("c1", [CutAnswer("Accounts", "x")])
        await stores.pieces.take_cut("c1")
        await stores.conversations.forget("c1")
        for settle in (stores.throttle.failed, stores.throttle.succeeded, stores.throttle.withdrawn):
            attempt = await stores.throttle.admit("customer2", "127.0.0.1")
            assert isinstance(attempt, Attempt)
            await settle(attempt)
        await stores.throttle.forget_devices("customer1")
        await end_logins(stores.client, "tenant_1", "customer1")
        await client.aclose()


@asynccontextmanager
async def use_of_every_store(stores: RuntimeStores) -> AsyncIterator[None]:
    await stores.logins.create(principal())
    await stores.sockets.bind("s", "login-1")
    await stores.sockets.admit("customer1", "s")
    await stores.conversations.create("c1", principal())
    await stores.conversations.append("c1", {"role": "user", "content": "x"})
    await stores.conversations.add_notice("c1", "x")
    await stores.conversations.first_seen("c1", "m")
    await stores.pieces.announce("c1")
    await stores.pieces.keep("c1", 1, "x", HEAD)
    await stores.notices.add_notice("tenant_1", "customer1", "x")
    await stores.rates.hit("messages customer1", 20, 60)
    await stores.throttle.admit("customer1", "127.0.0.1")
    await stores.throttle.remember("customer1")
    await stores.logs.begin("c1", [LogChange("a", {"text": "x"}), LogChange("b", None)])
    await stores.pages.show("s", "c1")
    await stores.choices.keep("c1", "login-1", "x")
    async with stores.turns.hold("c1"):
        yield
