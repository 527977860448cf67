"""The list of a person's conversations, and what was shown in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.cache.conftest import keys_of, principal
from ultracore.cache import RedisClient
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores import ThreadEntry, Threads
from ultracore.principal import Principal

OWNER = principal()
INDEX = "@threads:{tenant_1%2Fcustomer1}"
SIGNER = ValueSigner(b"s")
OTHERS = [principal(user_id="customer2"), principal(tenant_id="tenant_2")]


@pytest.fixture
def threads(client: RedisClient) -> Threads:
    return Threads(client, SIGNER)


@pytest.mark.parametrize("other", OTHERS, ids=["another user", "another tenant"])
async def test_somebody_elses_thread_is_an_unknown_one(threads: Threads, other: object) -> None:
    assert isinstance(other, type(OWNER))
    await threads.create(OWNER, "t1", "Mine")
    await threads.touch(OWNER, "t1")
    for thread_id in ("t1", "unknown"):
        assert await threads.get(other, thread_id) is None
        await threads.touch(other, thread_id)
        assert not await threads.entitle(other, thread_id, "Theirs", by_person=True)
        assert not await threads.forget(other, thread_id)
    assert await threads.page(other, 10) == []


async def test_the_list_begins_with_the_latest_activity(threads: Threads) -> None:
    for number in ("t1", "t2", "t3"):
        await threads.create(OWNER, number, number)
        await threads.touch(OWNER, number)
    await _later(threads, "t1")
    assert [one.thread_id for one in await threads.page(OWNER, 10)] == ["t1", "t3", "t2"]


async def test_a_persons_own_title_stays(threads: Threads) -> None:
    await threads.create(OWNER, "t1", "Anya")
    assert await threads.entitle(OWNER, "t1", "Payments", by_person=False)
    assert await threads.entitle(OWNER, "t1", "Holiday", by_person=True)
    assert not await threads.entitle(OWNER, "t1", "Accounts", by_person=False)
    await threads.create(OWNER, "t1", "Again")
    assert [one.title for one in await threads.page(OWNER, 10)] == ["Holiday"]


async def test_a_forgotten_thread_is_not_written_to_again(threads: Threads) -> None:
    await threads.create(OWNER, "t1", "Anya")
    await threads.touch(OWNER, "t1")
    assert await threads.forget(OWNER, "t1")
    await threads.touch(OWNER, "t1")
    assert await threads.page(OWNER, 10) == []


async def test_everything_runs_out(client: RedisClient) -> None:
    threads = Threads(client, SIGNER, seconds=90 * 86400)
    await threads.create(OWNER, "t1", "Anya")
    await threads.touch(OWNER, "t1")
    await threads.page(OWNER, 10)
    await threads.create(OWNER, "t2", "Anya")
    await threads.forget(OWNER, "t2")
    keys = await keys_of(client, "@threads*")
    assert len(keys) == 3
    for key in keys:
        assert 0 < await client.call("TTL", key) <= 90 * 86400


async def test_a_thread_that_rested_too_long_leaves_the_list(client: RedisClient) -> None:
    threads = Threads(client, SIGNER, seconds=3600)
    for number in ("t1", "t2"):
        await threads.create(OWNER, number, number)
    await client.call("ZADD", INDEX, "XX", 1000, "t1")
    assert [one.thread_id for one in await threads.page(OWNER, 10)] == ["t2"]
    assert await client.call("HKEYS", f"{INDEX}::lines") == [b"t2"]


async def test_a_long_list_is_paged_without_gap_or_repetition(threads: Threads) -> None:
    for number in range(45):
        await threads.create(OWNER, f"t{number:02}", "Anya")
    seen: list[str] = []
    while page := await threads.page(OWNER, 20, seen[-1] if seen else ""):
        seen += [one.thread_id for one in page]
    assert sorted(seen) == [f"t{number:02}" for number in range(45)]
    assert await threads.page(OWNER, 20, "gone") == []


class Record:
    """What the record says, and how often it was asked."""

    def __init__(self, *entries: ThreadEntry) -> None:
        self.entries, self.asked = list(entries), 0

    async def __call__(self, owner: Principal, since: datetime) -> Sequence[ThreadEntry]:
        self.asked += 1
        return [one for one in self.entries if owner == OWNER and one.active_at >= since]


def told(thread_id: str, minutes: int = 0, title: str = "Accounts") -> ThreadEntry:
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)
    return ThreadEntry(thread_id=thread_id, title=title, created_at=moment, active_at=moment, named=True)


async def test_a_list_that_was_lost_is_made_anew_once(client: RedisClient) -> None:
    record = Record(told("t2", 1, "Holiday"), told("t1", 2), told("old", 100 * 24 * 60))
    threads = Threads(client, SIGNER, record)
    for _ in range(3):
        assert await threads.page(OWNER, 10) == record.entries[:2]
        assert await threads.page(OTHERS[0], 10) == []
    assert record.asked == 2
    await client.everywhere("FLUSHALL")
    assert await threads.get(OWNER, "t1") == record.entries[1]
    assert not await threads.entitle(OWNER, "t2", "Payments", by_person=False)


@pytest.mark.parametrize("lost", ["", "::lines"], ids=["index", "lines"])
async def test_what_was_evicted_is_made_anew(client: RedisClient, lost: str) -> None:
    threads = Threads(client, SIGNER, Record(told("t2", 1), told("t1", 2)))
    before = await threads.page(OWNER, 10)
    await client.call("DEL", f"{INDEX}{lost}")
    assert await threads.page(OWNER, 10) == before


async def test_what_was_said_since_stays_the_latest(client: RedisClient) -> None:
    threads = Threads(client, SIGNER, Record(told("t2", 1), told("t1", 2)))
    await threads.create(OWNER, "t1", "Anya")
    assert [one.thread_id for one in await threads.page(OWNER, 10)] == ["t1", "t2"]


async def test_what_is_forgotten_while_the_list_is_made_does_not_come_back(client: RedisClient) -> None:
    record = Record(told("t2", 1), told("t1", 2))

    async def recorded(owner: Principal, since: datetime) -> Sequence[ThreadEntry]:
        before = await record(owner, since)
        if record.asked == 1:
            record.entries.pop()
            await listed.forget(OWNER, "t1")
        return before

    listed = Threads(client, SIGNER, recorded)
    assert [one.thread_id for one in await listed.page(OWNER, 10)] == ["t2"]


async def test_a_copied_line_is_nobody_s(client: RedisClient, threads: Threads) -> None:
    thief = OTHERS[0]
    await threads.create(OWNER, "t1", "Mine")
    await threads.touch(OWNER, "t1")
    await threads.create(thief, "t1", "Theirs")
    line = await client.call("HGET", f"{INDEX}::lines", "t1")
    theirs = "@threads:{tenant_1%2Fcustomer2}"
    await client.call("HSET", f"{theirs}::lines", "t1", line)
    assert await threads.page(thief, 10) == []


async def _later(threads: Threads, thread_id: str) -> None:
    """Activity in a thread, a moment after everything else."""
    latest = max(one.active_at for one in await threads.page(OWNER, 10))
    while next(one.active_at for one in await threads.page(OWNER, 10) if one.thread_id == thread_id) <= latest:
        await threads.touch(OWNER, thread_id)
