"""A large record: opening a conversation of 200 events, and the monthly reports.

Opening is reading a conversation from the store, unsealing it and making its replay: out of a record of 1,000,000
events, against the same conversation out of 10,000, in turns, so that both see the same machine. The reports count
a month that holds the whole record; the slowest of the four is held to five seconds.

Making the large record takes minutes: it is kept in `~/.cache/ultracore` by the revision of its schema and the
generator's source, and used again.
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.ratio import Ratio
from ultracore.audit import AuditStore, AuditTrail, ConversationRecord
from ultracore.audit.defaults import open_store
from ultracore.audit.replay import ConversationReplay
from ultracore.audit.reports import ComplianceReporter
from ultracore.audit.store.schema import HEAD_REVISION
from ultracore.audit.vocabulary import AssistantMessage, UserMessage
from ultracore.cli.audit import synthetic_record
from ultracore.principal import Principal, Role
from ultracore.settings import Settings

LARGE, SMALL = 1_000_000, 10_000
SEED = 1
EVENTS_A_CONVERSATION = 200
OPENINGS = 60
REPORT_SECONDS = 5.0
OPENING_RATIO = 1.5
KEPT = Path.home() / ".cache" / "ultracore"


async def run() -> list[Ratio]:
    """Open conversations out of both records, then make the reports over the large one."""
    large, small = await _record(LARGE), await _record(SMALL)
    try:
        opening = await _opening(large, small)
        return [opening, await _reports(large)]
    finally:
        await large.close()
        await small.close()


async def _record(events: int) -> AuditStore:
    """A generated record of that size, made unless one is kept from an earlier run."""
    place = _place(events)
    if not _is_made(place):
        shutil.rmtree(place, ignore_errors=True)
        await _make(place, events)
    return await open_store(Settings(data_dir=place))


def _place(events: int) -> Path:
    # A kept record must not outlive the code that made it.
    version = hashlib.sha256(Path(synthetic_record.__file__).read_bytes()).hexdigest()[:8]
    return KEPT / f"record-{events}-{HEAD_REVISION}-{version}"


def _is_made(place: Path) -> bool:
    return (place / "made").exists()


async def _make(place: Path, events: int) -> None:
    store, told = await open_store(Settings(data_dir=place)), events // 10

    def progress(done: int) -> None:
        nonlocal told
        if done >= told:
            sys.stdout.write(f"  making a record: {done:,} of {events:,} events\n")
            sys.stdout.flush()
            told += events // 10

    try:
        await synthetic_record.generate(store, events, SEED, progress=progress)
    finally:
        await store.close()
    # Last of all, so that a record whose making was interrupted is made again.
    (place / "made").touch()


async def _opening(large: AuditStore, small: AuditStore) -> Ratio:
    conversations = {id(store): [await _talk(store) for _ in range(OPENINGS)] for store in (large, small)}
    seconds: dict[int, list[float]] = {id(large): [], id(small): []}
    for number in range(OPENINGS):
        # The order changes every time, because the second of two finds a warmer machine.
        for store in (large, small) if number % 2 else (small, large):
            seconds[id(store)].append(await _seconds_to_open(store, conversations[id(store)][number]))
    ours, baseline = (statistics.median(seconds[id(store)]) * 1000 for store in (large, small))
    name = f"open a conversation of {EVENTS_A_CONVERSATION} events, of {LARGE:,}"
    return Ratio(name, f"of {SMALL:,}", ours, baseline, "ms", OPENING_RATIO, "at_most")


async def _talk(store: AuditStore) -> str:
    """A conversation of exactly `EVENTS_A_CONVERSATION` events."""
    who = Principal(
        tenant_id="tenant_1",
        user_id="customer_bench",
        login_id="bench",
        roles=frozenset({Role.CUSTOMER}),
        customer_id="cust_bench",
    )
    conversation = str(uuid4())
    record = ConversationRecord(AuditTrail(store=store), who, conversation)
    for number in range(EVENTS_A_CONVERSATION // 2):
        turn = record.turn(f"turn_{number}", "7F3A-91C2")
        await turn.write(UserMessage(f"Question {number}: what did I pay to City Power since June?"))
        await turn.write(AssistantMessage("Four payments, AUD 200.00 in all. " * 4, agent="Payments"))
    return conversation


async def _seconds_to_open(store: AuditStore, conversation: str) -> float:
    started = time.perf_counter()
    replay = ConversationReplay.of(await store.events(conversation))
    took = time.perf_counter() - started
    assert len(replay.items) == EVENTS_A_CONVERSATION
    return took


async def _reports(large: AuditStore) -> Ratio:
    reporter = ComplianceReporter(AuditTrail(store=large))
    now = datetime.now(UTC)
    month = ("tenant_1", now - timedelta(days=synthetic_record.DAYS + 30), now + timedelta(days=1))
    made: list[Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = [
        reporter.generate_access_report,
        reporter.generate_transaction_report,
        reporter.generate_security_report,
        reporter.generate_compliance_report,
    ]
    slowest = 0.0
    for one in made:
        started = time.perf_counter()
        await one(*month)
        slowest = max(slowest, time.perf_counter() - started)
    name = f"the slowest of four monthly reports over {LARGE:,} events"
    return Ratio(name, "bound", slowest, REPORT_SECONDS, "s", 1.0, "at_most")
