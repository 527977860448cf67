"""What every audit store promises; today there is one."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.audit.people import CUSTOMER, TELLER, a_payment
from ultracore.audit import AuditEvent, AuditEventType, AuditTrail, Draft, Subject
from ultracore.audit.canonical import NO_HASH, canonical, event_hash, strict_object
from ultracore.audit.interfaces import EventFilter
from ultracore.audit.keys import MasterKey
from ultracore.audit.sqlite_store import SqliteAuditStore
from ultracore.errors import AuditUnavailable, OperatorError

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def a_draft(event_id: str, stream_id: str = "conv-1", text: str = "hello") -> Draft:
    event = AuditEvent(
        event_id, AuditEventType.USER_MESSAGE, NOW, "tenant_1", stream_id=stream_id, metadata={"text": text}
    )
    return Draft(event, Subject.of(CUSTOMER))


def bodies(path: Path, stream_id: str = "conv-1") -> list[tuple[int, str, bytes]]:
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT sequence, hash, body FROM events WHERE stream_id = ? ORDER BY sequence", (stream_id,)
        ).fetchall()
    db.close()
    return rows


def raw_files(path: Path) -> list[bytes]:
    return [path.read_bytes(), path.with_name("audit.db-wal").read_bytes()]


async def test_an_event_is_on_disk_when_append_returns(store: SqliteAuditStore, record_path: Path) -> None:
    receipt = await store.append(a_draft("evt-1"))
    assert (receipt.stream_id, receipt.sequence) == ("conv-1", 1)
    assert [(sequence, hash_) for sequence, hash_, _ in bodies(record_path)] == [(1, receipt.hash)]


async def test_a_stream_is_a_gapless_chain_from_one(store: SqliteAuditStore, record_path: Path) -> None:
    await asyncio.gather(*(store.append(a_draft(f"evt-{number}")) for number in range(300)))
    before = NO_HASH
    for due, (sequence, hash_, body) in enumerate(bodies(record_path), 1):
        wire = strict_object(body)
        assert (sequence, wire["sequence"], wire["prev_hash"]) == (due, due, before)
        assert canonical(wire) == body
        assert event_hash(before, body) == hash_
        before = hash_
    assert due == 300


async def test_one_tasks_events_keep_their_order(store: SqliteAuditStore) -> None:
    async def write(name: str) -> None:
        for number in range(40):
            await store.append(a_draft(f"{name}-{number}"))

    await asyncio.gather(*(write(name) for name in "abc"))
    events = [event.event_id for event in await store.events("conv-1")]
    for name in "abc":
        assert [e for e in events if e.startswith(name)] == [f"{name}-{number}" for number in range(40)]


async def test_two_stores_on_one_file_share_one_chain(
    store: SqliteAuditStore, record_path: Path, master: MasterKey
) -> None:
    other = await SqliteAuditStore.open(record_path, master)
    drafts = [(store, other)[number % 2].append(a_draft(f"evt-{number}")) for number in range(100)]
    receipts = await asyncio.gather(*drafts)
    await other.close()
    assert sorted(receipt.sequence for receipt in receipts) == list(range(1, 101))
    assert len({row[1] for row in bodies(record_path)}) == 100


async def test_cancelling_the_caller_does_not_lose_the_event(store: SqliteAuditStore) -> None:
    task = asyncio.create_task(store.append(a_draft("evt-1")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.append(a_draft("evt-2"))
    assert [event.event_id for event in await store.events("conv-1")] == ["evt-1", "evt-2"]


async def test_content_is_sealed_and_opened_again_for_readers(store: SqliteAuditStore, record_path: Path) -> None:
    await store.append(a_draft("evt-1", text="a very private sentence"))
    [event] = await store.events("conv-1")
    assert event.metadata == {"text": "a very private sentence"}
    assert b"private" not in bodies(record_path)[0][2]
    assert not any(b"private" in content for content in raw_files(record_path))


async def test_a_subject_has_one_key_and_another_subject_another(store: SqliteAuditStore) -> None:
    first, second = await store.append(a_draft("evt-1")), await store.append(a_draft("evt-2"))
    staff = await store.append(Draft(a_draft("evt-3").event, Subject.of(TELLER)))
    used = [receipt.event.sealed["key_id"] for receipt in (first, second, staff) if receipt.event.sealed]
    assert used[0] == used[1] != used[2]


@pytest.mark.parametrize("table", ["events", "heads"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET body = x'00'", "UPDATE {} SET hash = ''"])
async def test_the_database_refuses_to_change_what_is_recorded(
    store: SqliteAuditStore, table: str, change: str
) -> None:
    await store.append(a_draft("evt-1"))
    await store.run(lambda db: db.execute("INSERT INTO heads VALUES (1, '', x'01')"))
    with pytest.raises(AuditUnavailable, match="append-only"):
        await store.run(lambda db: db.execute(change.format(table)))


async def test_an_event_id_is_recorded_once_and_only_another_event_of_that_id_fails(
    store: SqliteAuditStore,
) -> None:
    drafts = [a_draft("evt-1"), a_draft("evt-2"), a_draft("evt-1", text="other"), a_draft("evt-3")]
    answers = await asyncio.gather(*(store.append(draft) for draft in drafts), return_exceptions=True)
    assert [isinstance(answer, AuditUnavailable) for answer in answers] == [False, False, True, False]
    assert [event.sequence for event in await store.events("conv-1")] == [1, 2, 3]


async def test_recent_is_newest_first_bounded_and_filtered(store: SqliteAuditStore, trail: AuditTrail) -> None:
    for number in range(5):
        await trail.log_login("tenant_1", f"user_{number % 2}", success=True)
    await trail.log_login("tenant_2", "user_0", success=True)
    newest = await store.recent(EventFilter(tenant_id="tenant_1", user_id="user_0"), limit=2)
    assert [(event.user_id, event.sequence) for event in newest] == [("user_0", 5), ("user_0", 3)]


async def test_streams_lists_conversations_by_customer_and_time(
    store: SqliteAuditStore, trail: AuditTrail
) -> None:
    await a_payment(trail, "conv-a")
    await a_payment(trail, "conv-b")
    await trail.log_login("tenant_1", "teller1", success=True)
    listed = await store.streams(customer_id="cust_1")
    assert [(info.stream_id, info.user_id, info.events) for info in listed] == [
        ("conv-b", "customer1", 10),
        ("conv-a", "customer1", 10),
    ]
    assert await store.streams(customer_id="cust_2") == []
    assert await store.streams(since=datetime.now(UTC) + timedelta(seconds=60)) == []
    assert [info.stream_id.split(":")[1] for info in await store.streams(system=True)] == ["tenant_1"]


async def test_an_intent_is_open_until_its_outcome_names_it(store: SqliteAuditStore, trail: AuditTrail) -> None:
    intent_id = await a_payment(trail, settle=False)
    [intent] = await store.open_intents()
    assert (intent.event_id, intent.tool, intent.proposal) == (intent_id, "execute_transaction", "prp_1")
    assert (intent.stream_id, intent.turn_id, intent.request_id) == ("conv-1", "turn-1", "7F3A-0001")
    await a_payment(trail, "conv-2", settle=True)
    assert [one.event_id for one in await store.open_intents()] == [intent_id]


async def test_a_store_serves_several_event_loops(store: SqliteAuditStore) -> None:
    def elsewhere() -> None:
        asyncio.run(store.append(a_draft("evt-elsewhere")))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.gather(*(store.append(a_draft(f"evt-{number}")) for number in range(20)))
    await asyncio.to_thread(thread.join)
    assert len(await store.events("conv-1")) == 21


async def test_another_master_key_is_refused_before_anything_is_written(
    store: SqliteAuditStore, record_path: Path
) -> None:
    with pytest.raises(OperatorError, match="master key"):
        await SqliteAuditStore.open(record_path, MasterKey(b"x" * 32))
    assert await store.events("conv-1") == []


async def test_close_writes_what_was_accepted_and_then_refuses(record_path: Path, master: MasterKey) -> None:
    store = await SqliteAuditStore.open(record_path, master)
    waiting = [asyncio.create_task(store.append(a_draft(f"evt-{number}"))) for number in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*waiting)) == 50
    with pytest.raises(AuditUnavailable, match="closed"):
        await store.append(a_draft("evt-late"))
    assert len(bodies(record_path)) == 50


async def test_check_writes_and_says_so_when_it_cannot(store: SqliteAuditStore) -> None:
    await store.check()
    await store.close()
    with pytest.raises(AuditUnavailable):
        await store.check()
