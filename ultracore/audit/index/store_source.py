"""The embedded size: the index reads the store, for its events and for the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ultracore.audit.canonical import strict_object
from ultracore.audit.events import read_time
from ultracore.audit.index.values import Batch, Key, Lag, Move
from ultracore.audit.store import AuditStore, RecordReader
from ultracore.audit.values import Subject

PLACE: Final = "events"
# In parts, because SQLite before 3.32 takes no more than 999 variables in a statement.
_MOST_IDS: Final = 500


class StoreKeys:
    """The store's sealing keys, read only. Every method raises `AuditUnavailable`."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def keys(self, key_ids: Sequence[str]) -> list[Key]:
        """The keys of these ids that exist."""
        found: list[Key] = []
        for start in range(0, len(key_ids), _MOST_IDS):
            some = key_ids[start : start + _MOST_IDS]
            found += await self._read(f"key_id IN ({', '.join('?' * len(some))})", some)
        return found

    async def of_subject(self, subject: Subject) -> list[Key]:
        """Every key that the subject ever had."""
        wanted = subject.kind, subject.tenant_id, subject.id
        return await self._read("kind = ? AND tenant_id = ? AND subject_id = ?", wanted)

    async def _read(self, condition: str, values: Sequence[str]) -> list[Key]:
        rows = await self._store.read(lambda reader: reader.sealing_keys(condition, values))
        return [_key(row) for row in rows]


class StoreSource:
    """A `Source` over the store, in the order in which events became durable."""

    name: Final = "store"

    def __init__(self, store: AuditStore, *, batch: int = 1_000, poll_seconds: float = 0.25) -> None:
        self._store = store
        self._batch = batch
        self._poll = poll_seconds

    async def next(self, progress: Mapping[str, int]) -> Batch:
        """See `Source.next`."""
        before = progress.get(PLACE, 0)
        found = await self._store.read(lambda reader: reader.after_position(before, self._batch))
        if not found:
            await asyncio.sleep(self._poll)
            return Batch()
        return Batch([event.published() for event in found], {PLACE: Move(before, found[-1].position)})

    async def lag(self, progress: Mapping[str, int]) -> Lag:
        """See `Source.lag`."""
        return await self._store.read(lambda reader: _lag(reader, progress.get(PLACE, 0)))

    async def close(self) -> None:
        """Nothing to let go of: the store is its owner's."""


def _lag(reader: RecordReader, position: int) -> Lag:
    first = reader.after_position(position, 1)
    if not first:
        return Lag(0, 0.0)
    since = read_time(strict_object(first[0].body)["timestamp"])
    return Lag(max(reader.last_positions()[0] - position, 1), age(since))


def age(moment: datetime) -> float:
    """Seconds since `moment`, never negative."""
    return max((datetime.now(UTC) - moment).total_seconds(), 0.0)


def _key(row: tuple[Any, ...]) -> Key:
    key_id, kind, tenant_id, subject_id, wrapped = row
    return Key(key_id, Subject(kind, tenant_id, subject_id), None if wrapped is None else bytes(wrapped))
