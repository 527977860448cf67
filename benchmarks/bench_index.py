"""The index catching up with a store, words and all, against the bound and against bare `sqlite3`.

Ours reads the store, checks each hash, opens each envelope, makes the words' tokens and writes rows and progress.
The baseline has every finished row in memory before its clock starts, and inserts them into the same schema with
the same settings, a thousand events a transaction. Rounds alternate, each into a new file.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio
from benchmarks.support.record_load import Talker, turns
from ultracore.audit import AuditStore, AuditTrail
from ultracore.audit.index import AuditIndex, IndexConsumer
from ultracore.audit.index import tables as schema
from ultracore.audit.index.database import sqlite_url
from ultracore.audit.index.store_source import StoreKeys, StoreSource
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore

TALKERS = 200
TURNS_A_TALKER = 20
AT_ONCE = 50
ROUNDS = 3
BATCH = 1_000
WANTED = 5_000.0
TABLES = (schema.streams, schema.events, schema.bodies, schema.words)
Rows = list[list[tuple[Any, ...]]]


async def run() -> list[Ratio]:
    """Build the same index in turns."""
    with tempfile.TemporaryDirectory(prefix="ultracore-bench-") as folder:
        home = Path(folder)
        master = MasterKey.load(home / "master.key")
        store = await SqliteAuditStore.open(home / "audit.db", master)
        size = await _fill(store)
        ours, bare = [], []
        for number in range(ROUNDS):
            path = home / f"ours-{number}.db"
            ours.append(await _ours(path, master, store))
            # The rows of this very index: the baseline inserts what ours had to work out.
            rows = await asyncio.to_thread(_rows, path)
            bare.append(await _bare(home / f"bare-{number}.db", master, store, rows))
        await store.close()
    rate, bare_rate = statistics.median(ours), statistics.median(bare)
    name = f"index, {size:.0f} bytes and {len(rows[3]) / len(rows[1]):.1f} words an event"
    return [
        Ratio(name, "the bound", rate, WANTED, "events/s", 1.0, "at_least"),
        Ratio(name, "bare sqlite3, same rows", rate, bare_rate, "events/s", 0.2, "at_least"),
    ]


async def _fill(store: AuditStore) -> float:
    """Whole conversations, as people hold them side by side; the bytes of an event."""
    trail = AuditTrail(store=store)
    said = turns(TALKERS * TURNS_A_TALKER, seed=20261123)
    talkers = [
        Talker(trail, number, said[number * TURNS_A_TALKER : (number + 1) * TURNS_A_TALKER])
        for number in range(TALKERS)
    ]
    for first in range(0, TALKERS, AT_ONCE):
        await asyncio.gather(*(talker.talk() for talker in talkers[first : first + AT_ONCE]))
    return statistics.mean(await store.read(lambda reader: [len(event.published()) for event in reader.stored()]))


async def _ours(path: Path, master: MasterKey, store: AuditStore) -> float:
    """Events a second, from the first read to the last commit."""
    index = await AuditIndex.open(sqlite_url(path), master, StoreKeys(store))
    consumer = IndexConsumer(index, StoreSource(store, batch=BATCH), AuditTrail(store=store))
    begun = time.perf_counter()
    applied = await consumer.catch_up()
    seconds = time.perf_counter() - begun
    await index.close()
    return applied / seconds


def _rows(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(f"SELECT * FROM {table.name}").fetchall() for table in TABLES]  # noqa: S608


async def _bare(path: Path, master: MasterKey, store: AuditStore, rows: Rows) -> float:
    """Events a second of inserting what ours made."""
    await (await AuditIndex.open(sqlite_url(path), master, StoreKeys(store))).close()
    return await asyncio.to_thread(_insert, path, rows)


def _insert(path: Path, rows: Rows) -> float:
    number = len(rows[1])
    steps = range(0, number, BATCH)
    share = [-(-len(table) // len(steps)) for table in rows]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536"):
            db.execute(f"PRAGMA {pragma}")
        begun = time.perf_counter()
        for step in range(len(steps)):
            db.execute("BEGIN IMMEDIATE")
            for table, found, size in zip(TABLES, rows, share, strict=True):
                places = ", ".join("?" * len(table.columns))
                some = found[step * size : (step + 1) * size]
                db.executemany(f"INSERT INTO {table.name} VALUES ({places})", some)  # noqa: S608
            db.execute("COMMIT")
        return number / (time.perf_counter() - begun)
