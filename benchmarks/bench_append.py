"""Appending to the record, against bare `sqlite3` that inserts the same finished rows in the same groups.

Ours: 50 conversations in one process and one event loop, each event masked, sealed, chained and on disk before its
writer goes on. The baseline has every row in memory before its clock starts; one thread inserts them into the same
schema with the same settings (WAL, `synchronous=FULL`), updates the streams' rows and commits, in groups of the
sizes that ours made. Rounds alternate, each into a new file.

If there is a Java for the broker, the same people talk once more while the relay publishes to a real Kafka and
the index takes everything in, both in the same process and event loop as in the app; against ours without them.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.ratio import Ratio
from benchmarks.support.record_load import EVENTS_A_TURN, Talker, Turn, turns
from tests.support.kafka import KafkaBroker
from ultracore.audit import AuditEventType, AuditStore, AuditTrail
from ultracore.audit.index import AuditIndex, IndexConsumer, IndexService
from ultracore.audit.index.database import sqlite_url
from ultracore.audit.index.store_source import StoreKeys, StoreSource
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.kafka.topics import prepare_topics
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite_schema import SqliteConnection, SqliteDatabase, prepare_database
from ultracore.errors import Unavailable

WRITERS = 50
TURNS_A_WRITER = 40
ROUNDS = 5
ALONE_TURNS = 100
ALONE_EVENTS = 7
P99_MILLISECONDS = 20.0
TURN_MILLISECONDS = 5.0
WANTED = 0.5
ROUNDS_IN_COMPANY = 3
WANTED_IN_COMPANY = 0.7
READY_SECONDS = 60.0
MASTER = MasterKey(b"m" * 32)

INSERT_EVENT = (
    "INSERT INTO events (event_id, stream_id, sequence, tenant_id, user_id, event_type, timestamp, hash, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPSERT_STREAM = (
    "INSERT INTO streams (stream_id, tenant_id, user_id, is_system, sequence, hash, first_at, last_at) "
    "VALUES (?, ?, ?, 0, ?, ?, ?, ?) ON CONFLICT (stream_id) DO UPDATE SET "
    "sequence = excluded.sequence, hash = excluded.hash, last_at = excluded.last_at"
)
Row = tuple[Any, ...]
Company = Callable[[AuditStore], AbstractAsyncContextManager[None]]


@dataclass
class Measured:
    """The figures of the rounds."""

    rates: list[float] = field(default_factory=list)
    bare_rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    bytes_an_event: float = 0.0
    group: float = 0.0


class CountingConnection(SqliteConnection):
    """Knows how many events each group had."""

    sizes: list[int]

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """As it is, and counted."""
        rows = list(parameters)
        if sql.startswith("INSERT INTO events"):
            self.sizes.append(len(rows))
        return super().executemany(sql, rows)


@dataclass(frozen=True, slots=True)
class CountingDatabase(SqliteDatabase):
    """A record in one file."""

    sizes: list[int] = field(default_factory=list)

    def connect(self, *, read_only: bool = False) -> SqliteConnection:
        """A connection that counts."""
        connection = SqliteDatabase.connect(self, read_only=read_only)
        # Retyped and not opened anew, because settings and locks belong to the connection that the product made.
        connection.__class__ = CountingConnection
        connection.sizes = self.sizes  # type: ignore[attr-defined]
        return connection


async def run() -> list[Ratio]:
    """Measure both in turns, then one person alone, then with relay and index."""
    said = turns(TURNS_A_WRITER * WRITERS, seed=7)
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="ultracore-bench-") as name:
        for number in range(ROUNDS + 1):
            database = await _ours(Path(name) / f"ours-{number}.db", said, measured)
            # After ours and with its groups: the baseline commits as often, so that only the work differs.
            await asyncio.to_thread(_bare, Path(name) / f"bare-{number}.db", database, measured)
            if number == 0:  # the first round warms up
                measured = Measured()
        alone = await _alone(Path(name) / "alone.db")
        accompanied = await _accompanied(Path(name), said)
    return [*_ratios(measured, alone), *accompanied]


async def _ours(
    path: Path, said: Sequence[Turn], measured: Measured, company: Company | None = None
) -> CountingDatabase:
    await asyncio.to_thread(prepare_database, path)
    database = CountingDatabase(path)
    store = await AuditStore(database, MASTER).admit()
    trail = AuditTrail(store=store)
    try:
        async with company(store) if company is not None else nullcontext():
            # Groups that were committed while relay and index started are not those of the talk.
            database.sizes.clear()
            talkers = [Talker(trail, number, said[number::WRITERS]) for number in range(WRITERS)]
            begun = time.perf_counter()
            await asyncio.gather(*(talker.talk() for talker in talkers))
            measured.rates.append(len(said) * EVENTS_A_TURN / (time.perf_counter() - begun))
    finally:
        await store.close()
    measured.seconds += [second for talker in talkers for second in talker.seconds]
    return database


async def _accompanied(folder: Path, said: Sequence[Turn]) -> list[Ratio]:
    """With relay and index against without them, in turns; nothing if no broker can run."""
    if shutil.which("java") is None:
        sys.stderr.write("no Java, so no Kafka: appending beside relay and index is not measured\n")
        return []
    without, beside = Measured(), Measured()
    with KafkaBroker() as broker:
        for number in range(ROUNDS_IN_COMPANY):
            await _ours(folder / f"without-{number}.db", said, without)
            company = partial(_relay_and_index, broker, folder / f"index-{number}.db")
            await _ours(folder / f"beside-{number}.db", said, beside, company)
    rates = [statistics.median(one.rates) for one in (beside, without)]
    name = f"append, {WRITERS} writers, with relay and index"
    return [Ratio(name, "ours without them", rates[0], rates[1], "events/s", WANTED_IN_COMPANY, "at_least")]


@asynccontextmanager
async def _relay_and_index(broker: KafkaBroker, path: Path, store: AuditStore) -> AsyncIterator[None]:
    """Both at work, and seen to have begun, before the people talk; what is left at the end is not waited for."""
    topic = f"bench-{uuid4().hex}"
    config = KafkaConfig(bootstrap_servers=broker.bootstrap, topic=topic, heads_topic=f"{topic}.heads")
    await prepare_topics(config)
    relay = KafkaRelay(store, config)
    trail = AuditTrail(store=store)

    async def opening() -> IndexConsumer:
        index = await AuditIndex.open(sqlite_url(path), MASTER, StoreKeys(store))
        return IndexConsumer(index, StoreSource(store), trail)

    service = IndexService(opening)
    relay.start()
    service.start()
    try:
        await trail.log_event(AuditEventType.SYSTEM_CONFIG_CHANGED, "tenant_1", "begun")
        await _taken(relay, service)
        yield
    finally:
        await service.stop()
        await relay.stop()


async def _taken(relay: KafkaRelay, service: IndexService) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with suppress(Unavailable):
                if not await relay.lag() and not (await service.lag()).events:
                    return
            await asyncio.sleep(0.05)


def _bare(path: Path, of: CountingDatabase, measured: Measured) -> None:
    rows = _rows(of.path)
    prepare_database(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    groups = iter(rows)
    begun = time.perf_counter()
    for size in of.sizes:
        _insert(db, list(islice(groups, size)))
    measured.bare_rates.append(len(rows) / (time.perf_counter() - begun))
    db.close()
    measured.bytes_an_event = statistics.mean(len(row[-1]) for row in rows)
    measured.group = statistics.mean(of.sizes)


def _rows(path: Path) -> list[Row]:
    db = sqlite3.connect(path)
    try:
        return db.execute(
            "SELECT event_id, stream_id, sequence, tenant_id, user_id, event_type, timestamp, hash, body "
            "FROM events ORDER BY position"
        ).fetchall()
    finally:
        db.close()


def _insert(db: sqlite3.Connection, rows: list[Row]) -> None:
    last = {row[1]: row for row in rows}
    heads = [(row[1], row[3], row[4], row[2], row[7], row[6], row[6]) for row in last.values()]
    db.execute("BEGIN IMMEDIATE")
    db.executemany(INSERT_EVENT, rows)
    db.executemany(UPSERT_STREAM, heads)
    db.execute("COMMIT")


async def _alone(path: Path) -> list[float]:
    """Milliseconds that one person's turn of seven events waits for the record, without other writers."""
    await asyncio.to_thread(prepare_database, path)
    store = await AuditStore(SqliteDatabase(path), MASTER).admit()
    try:
        talker = Talker(AuditTrail(store=store), 1, turns(ALONE_TURNS * ALONE_EVENTS // EVENTS_A_TURN, seed=8))
        await talker.talk()
    finally:
        await store.close()
    seconds = iter(talker.seconds)
    return [sum(islice(seconds, ALONE_EVENTS)) * 1000 for _ in range(ALONE_TURNS)]


def _ratios(measured: Measured, alone: list[float]) -> list[Ratio]:
    name = f"append, {WRITERS} writers, {measured.bytes_an_event:.0f} bytes, groups of {measured.group:.0f}"
    rate, bare_rate = statistics.median(measured.rates), statistics.median(measured.bare_rates)
    p99 = statistics.quantiles(measured.seconds, n=100)[98] * 1000
    turn = statistics.median(alone)
    return [
        Ratio(name, "bare sqlite3", rate, bare_rate, "events/s", WANTED, "at_least"),
        Ratio(f"append, {WRITERS} writers, p99", "bound", p99, P99_MILLISECONDS, "ms", 1.0, "at_most"),
        Ratio(f"append, a turn of {ALONE_EVENTS}, p50", "bound", turn, TURN_MILLISECONDS, "ms", 1.0, "at_most"),
    ]
