"""The list of a person's conversations, and what was shown in them."""

from __future__ import annotations

import pytest

from tests.cache.conftest import keys_of, principal
from ultracore.cache import RedisClient
from ultracore.cache.stores import threads as module
from ultracore.cache.stores.threads import Threads

OWNER = principal()
OTHERS = [principal(user_id="customer2"), principal(tenant_id="tenant_2")]


@pytest.fixture
def threads(client: RedisClient) -> Threads:
    return Threads(client)


def entry(number: str, text: str = "") -> dict[str, str]:
    return {"id": number, "output": text}


async def test_entries_come_back_in_the_order_of_their_first_appearance(threads: Threads) -> None:
    await threads.create(OWNER, "t1", "Anya, 23 Nov 2026")
    assert await threads.keep(OWNER, "t1", [entry("a", "one"), entry("b", "two")])
    assert await threads.keep(OWNER, "t1", [entry("c"), entry("a", "ändert \ud800")], removed=["b"])
    found = await threads.entries(OWNER, "t1")
    assert [(one["id"], one["output"]) for one in found] == [("a", "ändert ?"), ("c", "")]


@pytest.mark.parametrize("other", OTHERS, ids=["another user", "another tenant"])
async def test_somebody_elses_thread_is_an_unknown_one(threads: Threads, other: object) -> None:
    assert isinstance(other, type(OWNER))
    await threads.create(OWNER, "t1", "Mine")
    await threads.keep(OWNER, "t1", [entry("a")])
    for thread_id in ("t1", "unknown"):
        assert await threads.get(other, thread_id) is None
        assert await threads.entries(other, thread_id) == []
        assert not await threads.keep(other, thread_id, [entry("x")])
        assert not await threads.entitle(other, thread_id, "Theirs", by_person=True)
        assert not await threads.forget(other, thread_id)
    assert [one["id"] for one in await threads.entries(OWNER, "t1")] == ["a"]
    assert await threads.all(other) == []


async def test_the_list_begins_with_the_latest_activity(threads: Threads) -> None:
    for number in ("t1", "t2", "t3"):
        await threads.create(OWNER, number, number)
        await threads.keep(OWNER, number, [entry("a")])
    await _later(threads, "t1")
    assert [one.thread_id for one in await threads.all(OWNER)] == ["t1", "t3", "t2"]


async def test_a_persons_own_title_stays(threads: Threads) -> None:
    await threads.create(OWNER, "t1", "Anya")
    assert await threads.entitle(OWNER, "t1", "Payments", by_person=False)
    assert await threads.entitle(OWNER, "t1", "Holiday", by_person=True)
    assert not await threads.entitle(OWNER, "t1", "Accounts", by_person=False)
    await threads.create(OWNER, "t1", "Again")
    assert [one.title for one in await threads.all(OWNER)] == ["Holiday"]


async def test_a_forgotten_thread_is_not_written_to_again(threads: Threads) -> None:
    await threads.create(OWNER, "t1", "Anya")
    await threads.keep(OWNER, "t1", [entry("a")])
    assert await threads.forget(OWNER, "t1")
    assert not await threads.keep(OWNER, "t1", [entry("b")])
    assert (await threads.all(OWNER), await threads.entries(OWNER, "t1")) == ([], [])


async def test_both_the_list_and_a_thread_are_bounded(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_THREADS", 2)
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    for number in ("t1", "t2", "t3"):
        await threads.create(OWNER, number, number)
        await _later(threads, number)
    assert [one.thread_id for one in await threads.all(OWNER)] == ["t3", "t2"]
    assert await threads.entries(OWNER, "t1") == []
    await threads.keep(OWNER, "t3", [entry(number) for number in "abcde"])
    assert [one["id"] for one in await threads.entries(OWNER, "t3")] == ["c", "d", "e"]


async def test_everything_runs_out(client: RedisClient) -> None:
    await Threads(client, seconds=90 * 86400).create(OWNER, "t1", "Anya")
    await Threads(client, seconds=90 * 86400).keep(OWNER, "t1", [entry("a")])
    keys = await keys_of(client, "@threads*")
    assert len(keys) == 4
    for key in keys:
        assert 89 * 86400 < await client.call("TTL", key) <= 90 * 86400


async def test_a_thread_that_ran_out_leaves_the_list(client: RedisClient, threads: Threads) -> None:
    await threads.create(OWNER, "t1", "Anya")
    for key in await keys_of(client, "*:head"):
        await client.call("DEL", key)
    assert await threads.all(OWNER) == []
    assert await keys_of(client, "@threads*") == []


async def _later(threads: Threads, thread_id: str) -> None:
    """Activity in a thread, a moment after everything else."""
    latest = max(one.active_at for one in await threads.all(OWNER))
    while next(one.active_at for one in await threads.all(OWNER) if one.thread_id == thread_id) <= latest:
        await threads.keep(OWNER, thread_id, [entry("z")])
