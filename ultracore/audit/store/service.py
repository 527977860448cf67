"""The audit store over an SQL database: one owned writing thread a process, any number of readers."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Self, TypeVar

from ultracore.audit.database import RecordDatabase, SqlConnection
from ultracore.audit.events import AuditEvent, AuditEventType, wire_time
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.appender import Appender
from ultracore.audit.store.reader import RecordReader
from ultracore.audit.store.writer import Writer
from ultracore.audit.values import Draft, EventFilter, Head, OpenIntent, Receipt, StreamInfo
from ultracore.errors import AuditUnavailable, OperatorError

T = TypeVar("T")
_KEY_CHECK: Final = "master_key_check"


class AuditStore:
    """The append-only record of one installation, shared by any number of processes.

    May be used from any event loop; `close` it once.
    """

    def __init__(self, database: RecordDatabase, master: MasterKey) -> None:
        self.database = database
        self._master = master
        self._writer = Writer(database, Appender(master))
        # Last in, first out: the reader used last is the least likely to have lost its connection.
        self._readers: queue.LifoQueue[RecordReader] = queue.LifoQueue()

    async def admit(self) -> Self:
        """This store, once its master key is known to be the record's; else it is closed.

        Raises `AuditUnavailable` if it cannot be written, `OperatorError` if another master key made it.
        """
        try:
            # Before the first append: what a wrong key seals could not be opened with the right one.
            await self.run(lambda db: _check_key(db, self._master))
        except BaseException:
            await self.close()
            raise
        return self

    async def append(self, draft: Draft) -> Receipt:
        """Append one event; it is on disk when this returns. Raises `AuditUnavailable` when it is not recorded.

        If the database goes away in the middle of a commit and stays away, it may be recorded all the same.
        Cancelling the caller does not take the event back. Events that one task appends one after another keep
        that order in their stream. Appending again what is on the record already (same id, same content) records
        nothing and answers the first receipt.
        """
        return await self._writer.append(draft)

    async def append_all(self, drafts: Sequence[Draft]) -> list[Receipt]:
        """Append events together, in this order, in one commit if none of them is wrong.

        Raises as `append` does if the first is not recorded. Another one that cannot be recorded as it is has left
        an `audit_event_rejected`, and no receipt.
        """
        return await self._writer.append_all(drafts)

    async def run(self, job: Callable[[SqlConnection], T]) -> T:
        """Run `job` in a write transaction of its own; what it wrote is on disk when this returns.

        Jobs of all processes take turns. If nothing of an attempt is in the database a job may be run again:
        its effects belong there alone. What it raises takes back what it wrote. Raises `AuditUnavailable`.
        """
        return await self._writer.run(job)

    async def scrub(self) -> None:
        """Leave nothing of an overwritten key in the database's files. Raises `AuditUnavailable`."""
        try:
            await asyncio.to_thread(self.database.scrub)
        except self.database.errors as exc:
            raise AuditUnavailable(f"the audit database was not cleared of what is erased: {exc}") from exc

    def digest(self, value: Any) -> str:
        """The keyed digest (HMAC-SHA-256, 64 hexadecimal digits) of a JSON-able value."""
        return self._master.digest(value)

    async def fact(self, name: str) -> str | None:
        """What `keep_fact` has kept last under this name; None if nothing. Raises `AuditUnavailable`."""
        return await self.run(lambda db: _fact(db, name))

    async def keep_fact(self, name: str, value: str) -> None:
        """Keep a value of the installation's under a name; it is on disk when this returns, and no event.

        Raises `AuditUnavailable`.
        """
        await self.run(lambda db: _put_fact(db, name, value))

    async def claim_fact(self, name: str, value: str) -> str | None:
        """Keep a value and give what was kept before, in one step: of several callers only one sees the old one.

        Raises `AuditUnavailable`.
        """
        return await self.run(lambda db: _claim_fact(db, name, value))

    async def check(self) -> None:
        """Write something durably. Raises `AuditUnavailable` if the store cannot be written."""
        # A write, because a full disk or a read-only volume still answers every question.
        await self.run(lambda db: _put_fact(db, "last_check", wire_time(datetime.now().astimezone())))

    async def events(self, stream_id: str, *, after: int = 0, limit: int | None = None) -> list[AuditEvent]:
        """The events of a stream in order, opened if the key exists, from sequence `after` + 1 on."""
        return await self.read(
            lambda reader: [reader.opened(row) for row in reader.of_stream(stream_id, after=after, limit=limit)]
        )

    async def recent(self, wanted: EventFilter, *, limit: int) -> list[AuditEvent]:
        """The newest `limit` events that fit, newest first, opened if the key exists."""
        return await self.read(
            lambda reader: [
                reader.opened(row) for row in reader.select(wanted, newest_first=True, limit=max(limit, 0))
            ]
        )

    async def select(self, wanted: EventFilter) -> list[AuditEvent]:
        """Every event that fits, oldest first, opened if the key exists."""
        return await self.read(lambda reader: [reader.opened(row) for row in reader.select(wanted)])

    async def of_streams(self, stream_ids: Sequence[str], types: frozenset[AuditEventType]) -> list[AuditEvent]:
        """The events of these types in these streams, those of one stream in order, opened if the key exists."""
        return await self.read(lambda reader: [reader.opened(row) for row in reader.of_streams(stream_ids, types)])

    async def streams(
        self,
        *,
        tenant_id: str | None = None,
        customer_id: str | None = None,
        since: datetime | None = None,
        system: bool = False,
        limit: int | None = None,
    ) -> list[StreamInfo]:
        """Conversations (or, with `system`, system streams) with an event at `since` or later, newest first."""
        return await self.read(
            lambda reader: reader.streams(
                tenant_id=tenant_id, customer_id=customer_id, since=since, system=system, limit=limit
            )
        )

    async def stream(self, stream_id: str) -> StreamInfo | None:
        """One stream; None if there is none of that id."""
        return await self.read(lambda reader: reader.stream(stream_id))

    async def heads(self, *, after: int = 0) -> list[Head]:
        """The signed head lists whose index is above `after`, in order."""
        return await self.read(lambda reader: reader.heads(after=after))

    async def open_intents(self) -> list[OpenIntent]:
        """Allowed tool decisions without a known outcome, oldest first."""
        return await self.read(lambda reader: reader.open_intents())

    async def read(self, question: Callable[[RecordReader], T]) -> T:
        """Ask the record in a thread; the question may be asked again. Raises `AuditUnavailable`."""
        return await asyncio.to_thread(self._ask, question)

    def _ask(self, question: Callable[[RecordReader], T]) -> T:
        try:
            reader = self._readers.get_nowait()
        except queue.Empty:
            return self._answer(RecordReader(self.database, self._master), question)
        try:
            return self._answer(reader, question)
        except AuditUnavailable:
            if not reader.failed:
                raise
        # The connection had waited, perhaps for longer than the database was there.
        return self._answer(RecordReader(self.database, self._master), question)

    def _answer(self, reader: RecordReader, question: Callable[[RecordReader], T]) -> T:
        try:
            return question(reader)
        finally:
            if reader.failed:
                reader.close()
            else:
                self._readers.put(reader)

    async def close(self) -> None:
        """Write what was accepted, then let go of the files. Later appends raise `AuditUnavailable`."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        while not self._readers.empty():
            self._readers.get_nowait().close()


def _check_key(db: SqlConnection, master: MasterKey) -> None:
    """A record keeps a digest under its master key: a wrong key file is found before anything is written."""
    known = _fact(db, _KEY_CHECK)
    if known is None:
        _put_fact(db, _KEY_CHECK, master.digest(_KEY_CHECK))
    elif known != master.digest(_KEY_CHECK):
        raise OperatorError(
            "The master key does not fit this record; restore the key file that was in use.",
            code="audit.master_key",
        )


def _fact(db: SqlConnection, name: str) -> str | None:
    row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def _claim_fact(db: SqlConnection, name: str, value: str) -> str | None:
    before = _fact(db, name)
    _put_fact(db, name, value)
    return before


def _put_fact(db: SqlConnection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )
