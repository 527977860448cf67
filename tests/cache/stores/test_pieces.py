"""The log of an answer's pieces: what comes back after a crash, and what another process leaves of it."""

from __future__ import annotations

from dataclasses import replace

from tests.cache.conftest import keys_of, principal
from ultracore.cache import RedisClient
from ultracore.cache.stores import AnswerHead, CutAnswer, RuntimeStores

HEAD = AnswerHead(
    turn_id="t1",
    reference="7F3A-0001",
    number=1,
    agent="Accounts",
    began_at="2026-11-23T09:30:00.000000Z",
    tenant_id="tenant_1",
    user_id="customer1",
    customer_id="cust_1",
)


async def test_an_answer_comes_back_as_it_was_kept(stores: RuntimeStores) -> None:
    pieces = stores.pieces
    await pieces.keep("c1", 1, "You have é🦘 ", HEAD)
    await pieces.keep("c1", 2, "AUD", None)
    await pieces.keep("c1", 2, "AUD 2,500.00", None)
    await pieces.keep("c1", 1, "", replace(HEAD, number=2))
    first, second = await pieces.left("c1")
    assert (first.head, first.text, first.whole) == (HEAD, "You have é🦘 AUD 2,500.00", False)
    assert (second.head.number, second.text) == (2, "")
    await pieces.whole("c1")
    assert [answer.whole for answer in await pieces.left("c1")] == [False, True]


async def test_after_another_process_took_the_log_nothing_is_added(stores: RuntimeStores) -> None:
    pieces = stores.pieces
    assert await pieces.keep("c1", 1, "one", HEAD)
    assert await pieces.held("c1")
    await pieces.close("c1")
    assert not await pieces.held("c1")
    assert not await pieces.keep("c1", 2, "two", None)
    assert await pieces.left("c1") == []


async def test_the_conversation_knows_what_is_being_written_and_what_was_cut(stores: RuntimeStores) -> None:
    await stores.conversations.create("c1", principal())

    async def state() -> tuple[bool, bool]:
        found = await stores.conversations.owner("c1")
        assert found is not None
        return found.writing, found.cut

    assert await state() == (False, False)
    await stores.pieces.keep("c1", 1, "one", HEAD)
    assert await state() == (True, False)
    await stores.pieces.close("c1", [CutAnswer("Accounts", "one")])
    assert await state() == (False, True)
    assert await stores.pieces.take_cut("c1") == [CutAnswer("Accounts", "one")]
    assert await state() == (False, False)
    assert await stores.pieces.take_cut("c1") == []


async def test_forgetting_a_conversation_leaves_what_the_record_has_not_got_yet(stores: RuntimeStores) -> None:
    await stores.conversations.create("c1", principal())
    await stores.pieces.keep("c1", 1, "one", HEAD)
    await stores.conversations.forget("c1")
    assert [answer.text for answer in await stores.pieces.left("c1")] == ["one"]
    await stores.pieces.keep("c1", 2, " two", None)
    await stores.pieces.close("c1")
    assert await stores.conversations.owner("c1") is None


async def test_conversations_are_found_until_they_are_settled_and_every_key_has_an_end(
    stores: RuntimeStores, client: RedisClient
) -> None:
    await stores.pieces.announce("c1")
    await stores.pieces.keep("c1", 1, "one", HEAD)
    assert await stores.pieces.announced(60.0) == []
    assert await stores.pieces.announced(0.0) == ["c1"]
    assert all([await client.call("PTTL", key) > 0 for key in await keys_of(client, "*")])
    await stores.pieces.settled("c1")
    assert await stores.pieces.announced(0.0) == []
