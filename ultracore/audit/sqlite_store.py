"""The audit store on SQLite: one file, any number of processes on one machine.

Writing is one owned thread a process (`writer.py`); `BEGIN IMMEDIATE` makes the processes take turns, so that they
share one gapless chain a stream. A commit is on disk before anybody hears of it (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from ultracore.audit.appender import Appender
from ultracore.audit.events import AuditEvent, wire_time
from ultracore.audit.interfaces import Draft, EventFilter, Head, OpenIntent, Receipt, StreamInfo
from ultracore.audit.keys import MasterKey
from ultracore.audit.reader import RecordReader
from ultracore.audit.sqlite_schema import connect, prepare_database
from ultracore.audit.writer import Writer
from ultracore.errors import OperatorError

T = TypeVar("T")
_KEY_CHECK: Final = "master_key_check"


class SqliteAuditStore:
    """An `AuditStore`. May be used from any event loop; `close` it once."""

    def __init__(self, path: Path, master: MasterKey) -> None:
        self.path = path
        self._master = master
        self._writer = Writer(partial(connect, path), Appender(master))
        self._readers: queue.LifoQueue[RecordReader] = queue.LifoQueue()

    @classmethod
    async def open(cls, path: Path, master: MasterKey) -> SqliteAuditStore:
        """Make or open the record at `path`.

        Raises `AuditUnavailable` where the file cannot be used, `OperatorError` where another master key made it.
        """
        await asyncio.to_thread(prepare_database, path)
        store = cls(path, master)
        try:
            await store.run(lambda db: _check_key(db, master))
        except BaseException:
            await store.close()
            raise
        return store

    async def append(self, draft: Draft) -> Receipt:
        """See `AuditStore.append`."""
        return await self._writer.append(draft)

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run `job` in a write transaction of its own, in the writing thread. Raises `AuditUnavailable`."""
        return await self._writer.run(job)

    def digest(self, value: Any) -> str:
        """See `AuditStore.digest`."""
        return self._master.digest(value)

    async def check(self) -> None:
        """Write something durably. Raises `AuditUnavailable` where the store cannot be written."""
        await self.run(lambda db: _put_fact(db, "last_check", wire_time(datetime.now().astimezone())))

    async def events(self, stream_id: str, *, after: int = 0, limit: int | None = None) -> list[AuditEvent]:
        """See `AuditStore.events`."""
        return await self.read(
            lambda reader: [reader.opened(row) for row in reader.of_stream(stream_id, after=after, limit=limit)]
        )

    async def recent(self, wanted: EventFilter, *, limit: int) -> list[AuditEvent]:
        """See `AuditStore.recent`."""
        return await self.read(
            lambda reader: [
                reader.opened(row) for row in reader.select(wanted, newest_first=True, limit=max(limit, 0))
            ]
        )

    async def select(self, wanted: EventFilter) -> list[AuditEvent]:
        """See `AuditStore.select`."""
        return await self.read(lambda reader: [reader.opened(row) for row in reader.select(wanted)])

    async def streams(
        self,
        *,
        tenant_id: str | None = None,
        customer_id: str | None = None,
        since: datetime | None = None,
        system: bool = False,
        limit: int | None = None,
    ) -> list[StreamInfo]:
        """See `AuditStore.streams`."""
        return await self.read(
            lambda reader: reader.streams(
                tenant_id=tenant_id, customer_id=customer_id, since=since, system=system, limit=limit
            )
        )

    async def stream(self, stream_id: str) -> StreamInfo | None:
        """See `AuditStore.stream`."""
        return await self.read(lambda reader: reader.stream(stream_id))

    async def heads(self, *, after: int = 0) -> list[Head]:
        """See `AuditStore.heads`."""
        return await self.read(lambda reader: reader.heads(after=after))

    async def open_intents(self) -> list[OpenIntent]:
        """See `AuditStore.open_intents`."""
        return await self.read(lambda reader: reader.open_intents())

    async def read(self, question: Callable[[RecordReader], T]) -> T:
        """Ask the record in a thread. Raises `AuditUnavailable`."""
        return await asyncio.to_thread(self._ask, question)

    def _ask(self, question: Callable[[RecordReader], T]) -> T:
        try:
            reader = self._readers.get_nowait()
        except queue.Empty:
            reader = RecordReader(self.path, self._master)
        try:
            return question(reader)
        finally:
            self._readers.put(reader)

    async def close(self) -> None:
        """See `AuditStore.close`."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        while not self._readers.empty():
            self._readers.get_nowait().close()


def _check_key(db: sqlite3.Connection, master: MasterKey) -> None:
    """A record keeps a digest under its master key: a wrong key file is found before anything is written."""
    row = db.execute("SELECT value FROM facts WHERE name = ?", (_KEY_CHECK,)).fetchone()
    if row is None:
        _put_fact(db, _KEY_CHECK, master.digest(_KEY_CHECK))
    elif row[0] != master.digest(_KEY_CHECK):
        raise OperatorError(
            "The master key does not fit this record; restore the key file that was in use.",
            code="audit.master_key",
        )


def _put_fact(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )
