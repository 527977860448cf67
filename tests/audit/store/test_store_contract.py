"""What every audit store promises: the same suite over SQLite and over PostgreSQL."""

from __future__ import annotations

import asyncio
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.audit.people import TELLER, a_payment
from tests.audit.stores import NOW, Place, Worker, a_draft, hold_together
from ultracore.audit import (
    AuditEvent,
    AuditEventType,
    AuditSeverity,
    AuditStore,
    AuditTrail,
    Draft,
    EventFilter,
    Subject,
)
from ultracore.audit.database import SqlConnection
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store import leases
from ultracore.audit.verify import BreakFound
from ultracore.errors import AuditUnavailable, OperatorError


@pytest.fixture
async def store(place: Place) -> AuditStore:
    return await place.open()


@pytest.fixture
def trail(store: AuditStore) -> AuditTrail:
    return AuditTrail(store=store)


# Appending


async def test_an_event_is_there_for_everybody_when_append_returns(store: AuditStore, place: Place) -> None:
    receipt = await store.append(a_draft("evt-1"))
    assert (receipt.stream_id, receipt.sequence) == ("conv-1", 1)
    [row] = await place.stored("conv-1")
    assert (row.sequence, row.hash, row.event_type) == (1, receipt.hash, "user_message")


async def test_fifty_writers_make_gapless_chains(store: AuditStore, place: Place) -> None:
    async def write(writer: int) -> None:
        for number in range(6):
            await store.append(a_draft(f"evt-{writer}-{number}", f"conv-{writer % 5}"))

    await asyncio.gather(*(write(writer) for writer in range(50)))
    for stream in range(5):
        rows = await place.stored(f"conv-{stream}")
        assert len(rows) == 60
        hold_together(rows)


async def test_one_tasks_events_keep_their_order(store: AuditStore) -> None:
    async def write(name: str) -> None:
        for number in range(30):
            await store.append(a_draft(f"{name}-{number}"))

    await asyncio.gather(*(write(name) for name in "abc"))
    events = [event.event_id for event in await store.events("conv-1")]
    for name in "abc":
        assert [event for event in events if event.startswith(name)] == [f"{name}-{n}" for n in range(30)]


async def test_several_stores_share_one_chain_a_stream(store: AuditStore, place: Place) -> None:
    stores = [store, await place.open(), await place.open()]
    drafts = [a_draft(f"evt-{number}", f"conv-{number % 4}") for number in range(240)]
    random.Random(20261123).shuffle(drafts)  # noqa: S311 - seeded on purpose
    await asyncio.gather(*(stores[place_ % 3].append(draft) for place_, draft in enumerate(drafts)))
    for stream in range(4):
        rows = await place.stored(f"conv-{stream}")
        assert len(rows) == 60
        hold_together(rows)


async def test_two_processes_share_one_chain_a_stream(store: AuditStore, place: Place) -> None:
    workers = [Worker(place, name, count=15) for name in ("first", "second")]
    try:
        assert [await worker.end() for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
    rows = await place.stored()
    told = {told for worker in workers for told in worker.acknowledged()}
    assert {(row.stream_id, row.sequence, row.hash) for row in rows} == told
    assert len(rows) == 240
    assert (await place.verify()).events == 240


async def test_a_killed_process_loses_nothing_that_was_acknowledged(store: AuditStore, place: Place) -> None:
    workers = [Worker(place, name) for name in ("first", "second")]
    try:
        for worker in workers:
            await worker.wait_for(40)
    finally:
        for worker in workers:
            worker.kill()
    kept = {(row.stream_id, row.sequence, row.hash) for row in await place.stored()}
    assert {told for worker in workers for told in worker.acknowledged()} <= kept
    await store.append(a_draft("evt-after", "conv-0"))
    assert (await place.verify()).events == len(kept) + 1


async def test_cancelling_the_caller_does_not_lose_the_event(store: AuditStore) -> None:
    task = asyncio.create_task(store.append(a_draft("evt-1")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.append(a_draft("evt-2"))
    assert [event.event_id for event in await store.events("conv-1")] == ["evt-1", "evt-2"]


async def test_appending_the_same_event_again_answers_the_first_receipt(store: AuditStore, place: Place) -> None:
    first = await store.append(a_draft("evt-1"))
    await store.append(a_draft("evt-2"))
    other = await place.open()
    assert await store.append(a_draft("evt-1")) == first
    assert await other.append(a_draft("evt-1")) == first
    together = await asyncio.gather(*(store.append(a_draft(f"evt-{number % 3}")) for number in range(9)))
    assert [receipt.sequence for receipt in together] == [3, 1, 2] * 3
    assert [event.event_id for event in await store.events("conv-1")] == ["evt-1", "evt-2", "evt-0"]


async def test_an_event_id_is_recorded_once_and_only_another_event_of_that_id_fails(store: AuditStore) -> None:
    drafts = [a_draft("evt-1"), a_draft("evt-2"), a_draft("evt-1", text="other"), a_draft("evt-3")]
    answers = await asyncio.gather(*(store.append(draft) for draft in drafts), return_exceptions=True)
    assert [isinstance(answer, AuditUnavailable) for answer in answers] == [False, False, True, False]
    assert [event.sequence for event in await store.events("conv-1")] == [1, 2, 3]


async def test_a_reader_that_goes_on_from_the_last_position_misses_nothing(
    store: AuditStore, place: Place
) -> None:
    stores = [store, await place.open()]
    writing = [asyncio.create_task(write_some(stores[writer % 2], f"conv-{writer}", 25)) for writer in range(8)]
    seen: list[str] = []
    position, done = 0, False
    while not done or len(seen) < 200:
        done = all(task.done() for task in writing)
        page = await store.read(lambda reader, after=position: reader.after_position(after, 7))  # type: ignore[misc]
        seen += [f"{row.stream_id} {row.sequence}" for row in page]
        position = page[-1].position if page else position
        if done and not page:
            break
    await asyncio.gather(*writing)
    assert sorted(seen) == sorted(f"conv-{stream} {number}" for stream in range(8) for number in range(1, 26))


async def write_some(store: AuditStore, stream: str, count: int) -> None:
    for number in range(count):
        await store.append(a_draft(f"{stream}-{number}", stream))


async def test_a_store_serves_several_event_loops(store: AuditStore) -> None:
    def elsewhere() -> None:
        asyncio.run(write_some(store, "conv-1", 3))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.gather(*(store.append(a_draft(f"evt-{number}")) for number in range(20)))
    await asyncio.to_thread(thread.join)
    assert len(await store.events("conv-1")) == 23


async def test_close_writes_what_was_accepted_and_then_refuses(store: AuditStore, place: Place) -> None:
    waiting = [asyncio.create_task(store.append(a_draft(f"evt-{number}"))) for number in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*waiting)) == 50
    with pytest.raises(AuditUnavailable, match="closed"):
        await store.append(a_draft("evt-late"))
    assert len(await place.stored("conv-1")) == 50


async def test_check_writes_and_says_so_when_it_cannot(store: AuditStore) -> None:
    await store.check()
    await store.close()
    with pytest.raises(AuditUnavailable):
        await store.check()


# What is wrong with an event is its own affair


class Strange:
    def __repr__(self) -> str:
        return "a strange thing"


BROKEN: list[tuple[dict[Any, Any], str]] = [
    ({"x": Strange()}, "event.wrong_type"),
    ({"x": "\ud800"}, "event.not_text"),
    ({"\udfff": 1}, "event.not_text"),
    ({"x": ["y" * 30_000] * 60}, "event.too_large"),
    ({Strange(): 1}, "event.wrong_type"),
]


async def test_a_broken_event_fails_alone_and_leaves_an_error_event(trail: AuditTrail) -> None:
    for number, (metadata, reason) in enumerate(BROKEN):
        stream = f"conv-{number}"
        broken = trail.log_event("user_message", "tenant_1", "x", session_id=stream, metadata=metadata)  # type: ignore[arg-type]
        fine = trail.log_event(AuditEventType.USER_MESSAGE, "tenant_1", "x", session_id=stream)
        answers = await asyncio.gather(broken, fine, return_exceptions=True)
        assert isinstance(answers[0], AuditUnavailable)
        assert answers[0].code == "audit.event_rejected"
        error, kept = await (await trail.store()).events(stream)
        assert (error.event_type, error.severity) == (AuditEventType.AUDIT_EVENT_REJECTED, AuditSeverity.ERROR)
        assert error.metadata is not None
        assert (error.metadata["reason"], error.metadata["rejected_type"]) == (reason, "user_message")
        assert len(error.metadata["digest"]) == 64
        assert kept.event_type is AuditEventType.USER_MESSAGE


ODD = [
    "\x00",
    "a\x00b",
    "\ud800",
    "",
    " ",
    "ü" * 200,
    "'; DROP TABLE events; --",
    "$1 ?",
    "\u202e",
    "é" * 3,
    12,
    ["x"],
]
FIELDS = (
    "event_id",
    "tenant_id",
    "user_id",
    "session_id",
    "turn_id",
    "request_id",
    "resource_id",
    "action",
    "result",
)


NAMES = (*FIELDS, "subject", "tool", "intent")


async def test_no_value_of_any_field_stops_the_writer(store: AuditStore, place: Place) -> None:
    drafts = [odd_draft(name, value, f"{name}-{n}") for name in NAMES for n, value in enumerate(ODD)]
    fine = [a_draft(f"fine-{number}", "conv-fine") for number in range(len(drafts))]
    both = [draft for pair in zip(drafts, fine, strict=True) for draft in pair]
    answers = await asyncio.gather(*(store.append(draft) for draft in both), return_exceptions=True)
    assert not [answer for answer in answers[1::2] if isinstance(answer, BaseException)]
    assert not [answer for answer in answers if isinstance(answer, BaseException) and not is_ours(answer)]
    recorded = await place.stored()
    assert len([row for row in recorded if row.stream_id == "conv-fine"]) == len(fine)
    assert len(recorded) == 2 * len(drafts)  # each odd one as itself or as the error event that stands for it
    assert (await place.verify()).events == len(recorded)


def is_ours(answer: BaseException) -> bool:
    return isinstance(answer, AuditUnavailable) and answer.code == "audit.event_rejected"


def odd_draft(name: str, value: Any, number: str) -> Draft:
    """A draft with an odd value in one place."""
    fields: dict[str, Any] = {"event_id": f"odd-{number}", "tenant_id": "tenant_1", "stream_id": "conv-odd"}
    kind, subject = AuditEventType.USER_MESSAGE, Subject("customer", "tenant_1", "cust_1")
    metadata: dict[str, Any] = {"text": "hello"}
    if name in FIELDS:
        fields[name] = value
    elif name == "subject":
        subject = Subject("customer", "tenant_1", value)
    else:
        kind = AuditEventType.TOOL_DECIDED if name == "tool" else AuditEventType.TOOL_EXECUTED
        fields["result"] = "allowed"
        metadata = {name: value}
    return Draft(AuditEvent(event_type=kind, timestamp=NOW, metadata=metadata, **fields), subject)


# Reading


async def test_content_is_sealed_and_opened_again_for_readers(store: AuditStore, place: Place) -> None:
    await store.append(a_draft("evt-1", text="a very private sentence"))
    [event] = await store.events("conv-1")
    assert event.metadata == {"text": "a very private sentence"}
    assert b"private" not in (await place.stored("conv-1"))[0].body


async def test_recent_is_newest_first_bounded_and_filtered(store: AuditStore, trail: AuditTrail) -> None:
    for number in range(5):
        await trail.log_login("tenant_1", f"user_{number % 2}", success=True)
    await trail.log_login("tenant_2", "user_0", success=True)
    newest = await store.recent(EventFilter(tenant_id="tenant_1", user_id="user_0"), limit=2)
    assert [(event.user_id, event.sequence) for event in newest] == [("user_0", 5), ("user_0", 3)]
    assert await store.recent(EventFilter(), limit=0) == []


async def test_select_is_oldest_first_by_type_and_time(store: AuditStore, trail: AuditTrail) -> None:
    await a_payment(trail, "conv-1")
    await trail.log_login("tenant_1", "user_1", success=True)
    types = frozenset({AuditEventType.LOGIN, AuditEventType.USER_MESSAGE})
    found = await store.select(EventFilter(tenant_id="tenant_1", types=types))
    assert [event.event_type for event in found] == [AuditEventType.USER_MESSAGE, AuditEventType.LOGIN]
    assert await store.select(EventFilter(until=found[0].timestamp, types=types)) == []
    assert await store.select(EventFilter(since=found[1].timestamp, types=types)) == found[1:]
    assert await store.select(EventFilter(types=frozenset())) == []


async def test_events_begin_after_a_sequence_and_end_at_a_limit(store: AuditStore) -> None:
    await write_some(store, "conv-1", 7)
    assert [event.sequence for event in await store.events("conv-1", after=2, limit=3)] == [3, 4, 5]
    assert await store.events("conv-unknown") == []
    assert await store.stream("conv-unknown") is None


async def test_streams_lists_conversations_by_customer_and_time(store: AuditStore, trail: AuditTrail) -> None:
    await a_payment(trail, "conv-a")
    await a_payment(trail, "conv-b")
    await trail.log_login("tenant_1", "teller1", success=True)
    listed = await store.streams(customer_id="cust_1")
    assert [(info.stream_id, info.user_id, info.events) for info in listed] == [
        ("conv-b", "customer1", 10),
        ("conv-a", "customer1", 10),
    ]
    assert await store.stream("conv-b") == listed[0]
    assert [info.stream_id for info in await store.streams(limit=1)] == ["conv-b"]
    assert await store.streams(customer_id="cust_2") == []
    assert await store.streams(since=datetime.now(UTC) + timedelta(seconds=60)) == []
    assert [info.stream_id.split(":")[1] for info in await store.streams(system=True)] == ["tenant_1"]


async def test_listings_order_names_by_their_bytes(store: AuditStore, place: Place) -> None:
    names = ["conv-B", "conv-a", "conv-Z", "conv-_", "conv-1", "conv.1"]
    for name in names:
        await store.append(a_draft(f"evt-{name}", name))
    assert [info.stream_id for info in await store.streams()] == sorted(names)
    rows = await place.ask(lambda reader: list(reader.stored(order="stream_id, sequence")))
    assert [row.stream_id for row in rows] == sorted(names)


async def test_a_snapshot_is_the_record_at_one_moment(store: AuditStore) -> None:
    await write_some(store, "conv-1", 3)
    loop = asyncio.get_running_loop()

    def look(reader: Any) -> tuple[int, int, int]:
        with reader.snapshot():
            before = len(list(reader.of_stream("conv-1")))
            asyncio.run_coroutine_threadsafe(store.append(a_draft("evt-late")), loop).result(20)
            inside = len(list(reader.of_stream("conv-1")))
        return before, inside, len(list(reader.of_stream("conv-1")))

    assert await store.read(look) == (3, 3, 4)


# Intents, leases, keys, heads


async def test_an_intent_is_open_until_its_outcome_names_it(store: AuditStore, trail: AuditTrail) -> None:
    intent_id = await a_payment(trail, settle=False)
    [intent] = await store.open_intents()
    assert (intent.event_id, intent.tool, intent.proposal) == (intent_id, "execute_transaction", "prp_1")
    assert (intent.stream_id, intent.turn_id, intent.request_id) == ("conv-1", "turn-1", "7F3A-0001")
    await a_payment(trail, "conv-2", settle=True)
    assert [one.event_id for one in await store.open_intents()] == [intent_id]


async def test_one_of_many_has_the_lease_and_the_one_before_finds_out(store: AuditStore, place: Place) -> None:
    stores = [store, await place.open(), await place.open()]

    async def take(number: int, seconds: float) -> leases.Lease | None:
        return await stores[number % 3].run(lambda db: leases.acquire(db, "job", f"owner-{number}", seconds))

    [first] = [lease for lease in await asyncio.gather(*(take(n, 60) for n in range(12))) if lease]
    await store.run(lambda db: leases.check(db, first))
    assert await take(100, 60) is None
    await store.run(lambda db: db.execute("UPDATE leases SET expires_at = 1"))
    [second] = [lease for lease in await asyncio.gather(*(take(n, 60) for n in range(200, 212))) if lease]
    assert second.token == first.token + 1
    with pytest.raises(leases.LeaseLost):
        await store.run(lambda db: leases.check(db, first))
    await store.run(lambda db: leases.release(db, second))
    assert await take(300, 60) is not None


async def test_jobs_of_all_stores_take_turns(store: AuditStore, place: Place) -> None:
    stores = [store, await place.open()]

    def count(db: SqlConnection) -> None:
        row = db.execute("SELECT value FROM facts WHERE name = 'count'").fetchone()
        value = str(1 if row is None else int(row[0]) + 1)
        db.execute(
            "INSERT INTO facts VALUES ('count', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (value,),
        )

    await asyncio.gather(*(stores[number % 2].run(count) for number in range(60)))
    found = await store.run(lambda db: db.execute("SELECT value FROM facts WHERE name = 'count'").fetchone())
    assert found == ("60",)


async def test_a_job_that_fails_leaves_nothing_and_the_writer_goes_on(store: AuditStore) -> None:
    def broken(db: SqlConnection) -> None:
        db.execute("INSERT INTO facts VALUES ('half', 'done')")
        raise RuntimeError("a bug")

    with pytest.raises(AuditUnavailable, match="RuntimeError"):
        await store.run(broken)
    assert await store.run(lambda db: db.execute("SELECT 1 FROM facts WHERE name = 'half'").fetchall()) == []


async def test_a_subject_has_one_key_whoever_seals_first(store: AuditStore, place: Place) -> None:
    stores = [store, await place.open()]
    receipts = await asyncio.gather(*(stores[n % 2].append(a_draft(f"evt-{n}")) for n in range(20)))
    staff = await store.append(Draft(a_draft("evt-staff").event, Subject.of(TELLER)))
    keys = {receipt.event.sealed["key_id"] for receipt in receipts if receipt.event.sealed}
    assert len(keys) == 1
    assert staff.event.sealed is not None
    assert staff.event.sealed["key_id"] not in keys


async def test_heads_are_made_once_whoever_seals(store: AuditStore, place: Place, trail: AuditTrail) -> None:
    sealers = [place.sealer(store), place.sealer(await place.open())]
    await a_payment(trail, "conv-1")
    made = await asyncio.gather(*(sealer.seal_now() for sealer in sealers))
    await a_payment(trail, "conv-2")
    made += await asyncio.gather(*(sealer.seal_now() for sealer in sealers))
    assert sorted(head.index for heads in made for head in heads) == [1, 2]
    assert [head.index for head in await store.heads()] == [1, 2]
    assert [head.index for head in await store.heads(after=1)] == [2]
    verdict = await place.verify()
    # Each payment leaves four events of the bank on the system stream of its day.
    assert (verdict.events, verdict.streams in (3, 4)) == (28, True)


@pytest.mark.parametrize("table", ["events", "heads"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET hash = ''"])
async def test_the_database_refuses_to_change_what_is_recorded(store: AuditStore, table: str, change: str) -> None:
    await store.append(a_draft("evt-1"))
    await store.run(lambda db: db.execute("INSERT INTO heads VALUES (?, ?, ?)", (1, "", b"x")))
    with pytest.raises(AuditUnavailable, match="append-only"):
        await store.run(lambda db: db.execute(change.format(table)))


async def test_what_is_altered_in_spite_of_that_is_found(
    store: AuditStore, place: Place, trail: AuditTrail
) -> None:
    await a_payment(trail, "conv-1")
    await place.sealer(store).seal_now()

    def alter(db: SqlConnection) -> None:
        if place.url.startswith("sqlite"):
            db.execute("DROP TRIGGER events_refuse_delete")
        else:
            db.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        db.execute("DELETE FROM events WHERE sequence = 10")

    await store.run(alter)
    with pytest.raises(BreakFound):
        await place.verify()


async def test_another_master_key_is_refused_before_anything_is_written(store: AuditStore, place: Place) -> None:
    (place.home / "master.key").unlink()
    MasterKey.load(place.home / "master.key")
    with pytest.raises(OperatorError, match="master key"):
        await place.open()
    assert await store.events("conv-1") == []
