"""The log of a conversation: one contract, and what only Redis has: seals, epochs, bounds, wakes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.cache.conftest import principal
from tests.cache.waiting import eventually
from tests.chat.logs_contract import CONTRACT, TALK, begun, change, state
from tests.chat.memory_logs import MemoryLogs
from ultracore.cache import RedisClient
from ultracore.cache.stores import ConversationLogs, Cursor, RuntimeStores
from ultracore.cache.stores.logs import MOST_GONE
from ultracore.chat.interfaces import Logs

SECRET = b"a secret of the tests"
HEAD, ENTRIES = (f"@log:{{{TALK}}}:{kind}" for kind in ("head", "entries"))
Promise = Callable[[Logs], Awaitable[None]]


@pytest.fixture
async def logs(stores: RuntimeStores) -> ConversationLogs:
    await stores.conversations.create(TALK, principal())
    return stores.logs


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda one: one.__name__)
async def test_redis_keeps(logs: ConversationLogs, promise: Promise) -> None:
    await promise(logs)


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda one: one.__name__)
async def test_memory_keeps(promise: Promise) -> None:
    await promise(MemoryLogs())


async def test_of_many_writers_at_once_each_finds_its_place(logs: ConversationLogs) -> None:
    await begun(logs)

    async def write(number: int) -> None:
        while True:
            part = await logs.read(TALK, Cursor())
            assert part is not None
            if await logs.append(TALK, part.cursor, [change(f"w{number}", str(number))]) is not None:
                return

    await asyncio.gather(*(write(number) for number in range(12)))
    assert len(await state(logs)) == 14


async def test_no_word_of_it_lies_in_the_clear(logs: ConversationLogs, client: RedisClient) -> None:
    assert await logs.begin(TALK, [change("a", "my secret wish")]) is not None
    kept = await client.call("HGETALL", ENTRIES)
    assert b"secret" not in b"".join(kept) and await state(logs) == [("a", "my secret wish")]


async def test_a_content_that_was_moved_to_another_entry_opens_nowhere(
    logs: ConversationLogs, client: RedisClient
) -> None:
    await begun(logs)
    await client.call("HSET", ENTRIES, "b", await client.call("HGET", ENTRIES, "a"))
    assert await state(logs) == [("a", "one")]


async def test_a_log_that_was_lost_begins_with_another_epoch(logs: ConversationLogs, client: RedisClient) -> None:
    first = await begun(logs)
    await client.call("DEL", HEAD)
    assert await logs.read(TALK, first) is None
    second = await begun(logs)
    part = await logs.read(TALK, first)
    assert part is not None
    assert first.epoch != second.epoch and part.whole


async def test_what_is_too_much_is_dropped_oldest_first_and_counted(stores: RuntimeStores) -> None:
    await stores.conversations.create(TALK, principal())
    logs = ConversationLogs(stores.client, stores.conversations.seals, stores.pieces, most_bytes=1_000)
    assert await logs.begin(TALK, [change("!title", "kept"), *(change(f"s{at}", "x" * 200) for at in range(9))])
    part = await logs.read(TALK, Cursor())
    assert part is not None
    standing = [entry.entry_id for entry in part.entries]
    assert standing[0] == "!title" and standing[-1] == "s8" and len(standing) + part.dropped == 10
    assert part.dropped > 4


async def test_what_was_taken_away_is_remembered_for_a_while(logs: ConversationLogs, client: RedisClient) -> None:
    cursor = await begun(logs)
    many = [change(f"b{number}", None) for number in range(MOST_GONE + 5)]
    assert await logs.append(TALK, cursor, many) is not None
    assert await client.call("ZCARD", f"@log:{{{TALK}}}:gone") == MOST_GONE


async def test_nobody_owns_it_nothing_is_written(stores: RuntimeStores) -> None:
    assert await stores.logs.begin(TALK, [change("a")]) is None
    assert await stores.logs.read(TALK, Cursor()) is None


async def test_other_processes_are_woken_without_a_word(logs: ConversationLogs, client: RedisClient) -> None:
    here, there = (RuntimeStores.over(client, secret=SECRET, name=name).logs for name in ("here", "there"))
    wakes = there.wakes()
    woken = asyncio.ensure_future(anext(wakes))

    async def is_woken() -> bool:
        await here.begin(TALK, [change("a", "secret")])
        await here.delete(TALK)
        return woken.done()

    await eventually(is_woken)
    assert woken.result() == TALK


async def test_a_process_that_says_nothing_is_dead(client: RedisClient) -> None:
    here, there = (RuntimeStores.over(client, secret=SECRET, name=name).logs for name in ("here", "there"))
    await here.beat()
    assert await there.alive("here")
    await client.call("PEXPIRE", "@process:{here}", 1)

    async def is_dead() -> bool:
        return not await there.alive("here")

    await eventually(is_dead)
    assert not await there.alive("")
