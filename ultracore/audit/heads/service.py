"""The sealer: signs the last event of every stream, every few seconds, on request and at shutdown.

Any number of processes may run one; a lease in SQL makes one of them work, and every head list is written in the
transaction that checks the lease. Once in the table a list is copied to the heads file; the relay publishes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import uuid4

from ultracore.audit.canonical import NO_HASH
from ultracore.audit.database import SqlConnection
from ultracore.audit.heads.values import HeadEntry, HeadsFile, make_head
from ultracore.audit.sealing import SigningKey
from ultracore.audit.store import AuditStore, Lease, leases
from ultracore.audit.values import Head
from ultracore.errors import AuditUnavailable

_log = logging.getLogger(__name__)

_LEASE: Final = "sealer"
_MOST_ENTRIES: Final = 2_000
"""Streams in one list: a list must fit into a Kafka message."""


class HeadSealer:
    """Signs the heads of the streams that moved. `start` and `stop` it once; `seal_now` may be called any time."""

    def __init__(
        self,
        store: AuditStore,
        key: SigningKey,
        file: HeadsFile,
        *,
        # Without a head an event can be cut off unnoticed, so this is how long nothing proves it.
        interval: float = 3.0,
        # Five rounds, so that a slow one does not lose the lease to another process.
        lease_seconds: float = 15.0,
    ) -> None:
        self._store = store
        self._key = key
        self._file = file
        self._interval = interval
        self._lease_seconds = lease_seconds
        self._owner = uuid4().hex
        self._lease: Lease | None = None
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Seal every `interval` seconds from now on."""
        self._task = asyncio.create_task(self._run(), name="audit-sealer")

    async def stop(self) -> None:
        """End the task, seal what has moved since, let the lease go. Raises nothing: what failed is logged."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        try:
            # Events of the last seconds would otherwise stay without a signed head until the next start.
            await self.seal_now()
            if self._lease is not None:
                await self._store.run(partial(leases.release, lease=self._lease))
        except AuditUnavailable as exc:
            _log.warning("the last heads were not sealed: %s", exc)

    async def seal_now(self) -> list[Head]:
        """Sign the streams that moved; the new lists, none if nothing moved or another process has the lease.

        A list is durable, in the table and in the heads file, when this returns. Raises `AuditUnavailable`.
        """
        async with self._one_at_a_time:
            heads = await self._store.run(self._seal)
            # Only the holder of the lease writes: two processes could append the same list twice.
            if self._lease is not None:
                await self._copy_to_file()
            return heads

    async def _run(self) -> None:
        while True:
            try:
                await self.seal_now()
            except Exception as exc:  # a supervised worker's outer loop: the next round tries again
                _log.warning("heads were not sealed: %s", exc)
            await asyncio.sleep(self._interval)

    def _seal(self, db: SqlConnection) -> list[Head]:
        self._lease = leases.acquire(db, _LEASE, self._owner, self._lease_seconds)
        if self._lease is None:
            return []
        made: list[Head] = []
        index, prev_hash = _last_head(db)
        while entries := _moved(db):
            index += 1
            head = make_head(self._key, index, prev_hash, datetime.now(UTC), entries)
            db.execute("INSERT INTO heads VALUES (?, ?, ?)", (head.index, head.hash, head.published))
            db.executemany(
                "UPDATE streams SET head_sequence = ? WHERE stream_id = ?",
                [(entry.sequence, entry.stream_id) for entry in entries],
            )
            made.append(head)
            prev_hash = head.hash
        return made

    async def _copy_to_file(self) -> None:
        """Bring the file up to the table: a crash may have left lines out."""
        last = await asyncio.to_thread(self._file.last_index)
        missing = await self._store.heads(after=last)
        if missing:
            await asyncio.to_thread(self._file.append, missing)


def _last_head(db: SqlConnection) -> tuple[int, str]:
    row = db.execute("SELECT position, hash FROM heads ORDER BY position DESC LIMIT 1").fetchone()
    return (0, NO_HASH) if row is None else (row[0], row[1])


def _moved(db: SqlConnection) -> list[HeadEntry]:
    rows = db.execute(
        "SELECT stream_id, sequence, hash FROM streams WHERE sequence > head_sequence ORDER BY stream_id LIMIT ?",
        (_MOST_ENTRIES,),
    ).fetchall()
    return [HeadEntry(*row) for row in rows]
