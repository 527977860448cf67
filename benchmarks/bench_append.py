"""Appending to the record, against bare `sqlite3` that inserts the same finished rows in the same groups.

Ours: 50 conversations in one process and one event loop, each event masked, sealed, chained and on disk before its
writer goes on. The baseline has every row in memory before its clock starts; one thread inserts them into the same
schema with the same settings (WAL, `synchronous=FULL`), updates the streams' rows and commits, in groups of the
sizes that ours made. Rounds alternate, each into a new file.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio
from benchmarks.record_load import EVENTS_A_TURN, Talker, Turn, turns
from ultracore.audit import AuditTrail
from ultracore.audit.keys import MasterKey
from ultracore.audit.sql_store import SqlAuditStore
from ultracore.audit.sqlite_schema import SqliteConnection, SqliteDatabase, prepare_database

WRITERS = 50
TURNS_A_WRITER = 40
ROUNDS = 5
ALONE_TURNS = 100
ALONE_EVENTS = 7
P99_MILLISECONDS = 20.0
TURN_MILLISECONDS = 5.0
WANTED = 0.5

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


@dataclass
class Measured:
    """What the rounds showed."""

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
        connection.__class__ = CountingConnection
        connection.sizes = self.sizes  # type: ignore[attr-defined]
        return connection


async def run() -> list[Ratio]:
    """Measure both in turns, then one person alone."""
    said = turns(TURNS_A_WRITER * WRITERS, seed=7)
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="ultracore-bench-") as name:
        for number in range(ROUNDS + 1):
            database = await _ours(Path(name) / f"ours-{number}.db", said, measured)
            await asyncio.to_thread(_bare, Path(name) / f"bare-{number}.db", database, measured)
            if number == 0:  # the first round warms up
                measured = Measured()
        alone = await _alone(Path(name) / "alone.db")
    return _ratios(measured, alone)


async def _ours(path: Path, said: Sequence[Turn], measured: Measured) -> CountingDatabase:
    await asyncio.to_thread(prepare_database, path)
    database = CountingDatabase(path)
    store = await SqlAuditStore(database, MasterKey(b"m" * 32)).admit()
    trail = AuditTrail(store=store)
    try:
        talkers = [Talker(trail, number, said[number::WRITERS]) for number in range(WRITERS)]
        database.sizes.clear()
        begun = time.perf_counter()
        await asyncio.gather(*(talker.talk() for talker in talkers))
        measured.rates.append(len(said) * EVENTS_A_TURN / (time.perf_counter() - begun))
    finally:
        await store.close()
    measured.seconds += [second for talker in talkers for second in talker.seconds]
    return database


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
    """Milliseconds that one person's turn of seven events waits for the record, nobody else being there."""
    await asyncio.to_thread(prepare_database, path)
    store = await SqlAuditStore(SqliteDatabase(path), MasterKey(b"m" * 32)).admit()
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
