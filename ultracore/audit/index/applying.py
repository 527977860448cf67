"""Writes a batch of entries into the index: each event once, in any order and however often it arrives.

All of it happens in one transaction that no other writer runs beside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit.events import wire_time
from ultracore.audit.index import tables as schema
from ultracore.audit.index.database import IndexDatabase
from ultracore.audit.index.merging import StreamRow
from ultracore.audit.index.reading import EventRow, UnreadableEvent, Wire
from ultracore.audit.index.values import Key, Move

_MOST_VALUES: Final = 1_000
"""Values in one `IN`: PostgreSQL takes 32,767 parameters a statement."""

Row = dict[str, Any]
AlarmRow = tuple[Any, ...]
"""An alarm's columns without its number."""

_columns: Final = itemgetter(*(column.name for column in schema.events.columns))


@dataclass(frozen=True, slots=True)
class OpenedBatch:
    """A batch, read and opened. `keys` are those that its entries name."""

    entries: Sequence[EventRow]
    keys: Sequence[Key]
    refused: Sequence[UnreadableEvent]


@dataclass(frozen=True, slots=True)
class Applied:
    """The outcome of a batch. `raced` means that another consumer was first and nothing was written."""

    new: int = 0
    alarms: int = 0
    raced: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of new events: their streams, the numbers of their keys, the first one's own number."""

    streams: Mapping[str, StreamRow]
    keys: Mapping[str, int]
    forgotten: frozenset[int]
    first: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that a batch adds, by table."""

    streams: list[Row]
    events: list[tuple[Any, ...]]
    bodies: list[tuple[int, bytes]]
    words: list[tuple[int, int, int]]


class Applier:
    """Applies batches to one database."""

    def __init__(self, database: IndexDatabase) -> None:
        self._database = database

    async def apply(self, batch: OpenedBatch, source: str, moves: Mapping[str, Move]) -> Applied:
        """Write what is new. Raises `IndexUnavailable`: then nothing of it is written."""
        async with self._database.write() as connection:
            # First of all, so that a consumer that was overtaken writes nothing.
            if not await self._moved(connection, source, moves):
                return Applied(raced=True)
            alarms = [_refusal(one) for one in batch.refused]
            entries = await _unknown(connection, batch.entries, alarms)
            streams = await _streams_of(connection, entries)
            entries = await _at_free_places(connection, entries, streams, alarms)
            if entries:
                await self._insert(connection, entries, streams, batch.keys)
            return Applied(len(entries), await self._alarm(connection, alarms))

    async def _moved(self, connection: AsyncConnection, source: str, moves: Mapping[str, Move]) -> bool:
        """Move the progress of `source`; false if it is not at the beginning of the batch."""
        if not moves:
            return True
        progress = schema.progress
        wanted = select(progress.c.place, progress.c.position).where(progress.c.source == source)
        stands = {row.place: row.position for row in await connection.execute(wanted)}
        if any(stands.get(place, 0) != move.before for place, move in moves.items()):
            return False
        rows = [{"source": source, "place": place, "position": move.after} for place, move in moves.items()]
        await self._put(connection, progress, rows)
        return True

    async def _insert(
        self,
        connection: AsyncConnection,
        entries: Sequence[EventRow],
        streams: dict[str, StreamRow],
        keys: Sequence[Key],
    ) -> None:
        await _add_streams(connection, entries, streams)
        numbers, forgotten = await self._key_numbers(connection, keys)
        place = _Place(streams, numbers, forgotten, await _next_number(connection, schema.events))
        # In a thread, because the words of a thousand events take longer than the event loop may be held up.
        rows = await asyncio.to_thread(_rows, entries, place)
        await self._put(connection, schema.streams, rows.streams)
        await self._database.many(connection, schema.events, rows.events)
        await self._database.many(connection, schema.bodies, rows.bodies)
        # A word occurs in many events of a stream, and must be there once.
        await self._database.many(connection, schema.words, rows.words, new_only=True)

    async def _key_numbers(
        self, connection: AsyncConnection, keys: Sequence[Key]
    ) -> tuple[dict[str, int], frozenset[int]]:
        """The numbers of these keys, given if they are new; and which of them were forgotten."""
        known = await known_keys(connection, [key.key_id for key in keys])
        new = [key for key in keys if key.key_id not in known]
        first = await _next_number(connection, schema.keys)
        rows = [key_row(number, key, forgotten=False) for number, key in enumerate(new, first)]
        await self._database.many(connection, schema.keys, rows)
        numbers = {key_id: number for key_id, (number, _) in known.items()}
        numbers.update((key.key_id, number) for number, key in enumerate(new, first))
        return numbers, frozenset(number for number, forgotten in known.values() if forgotten)

    async def _alarm(self, connection: AsyncConnection, alarms: Sequence[AlarmRow]) -> int:
        """Keep each alarm once; how many are new."""
        if not alarms:
            return 0
        table = schema.alarms
        # Counted, because a driver does not say how many rows of many `ON CONFLICT DO NOTHING` let in.
        before = await connection.scalar(select(func.count()).select_from(table))
        first = await _next_number(connection, table)
        rows = [(number, *row) for number, row in enumerate(alarms, first)]
        await self._database.many(connection, table, rows, new_only=True)
        after = await connection.scalar(select(func.count()).select_from(table))
        return (after or 0) - (before or 0)

    async def _put(self, connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, or lay them over those with the same key."""
        insert = self._database.insert(table)
        primary = [column.name for column in table.primary_key]
        changed = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        await connection.execute(insert.on_conflict_do_update(index_elements=primary, set_=changed), list(rows))


def _rows(entries: Sequence[EventRow], place: _Place) -> _Rows:
    """Add the entries to their streams, and give the rows to write; words in the order of their tree."""
    events: list[tuple[Any, ...]] = []
    words: set[tuple[int, int, int]] = set()
    for number, entry in enumerate(entries, place.first):
        stream = place.streams[entry.wire.stream_id]
        stream.add(entry)
        key = None if entry.key_id is None else place.keys[entry.key_id]
        numbers = {"number": number, "stream_number": stream.number, "key_number": key}
        events.append(_columns({**entry.row, **numbers}))
        if key is not None and key not in place.forgotten:
            words.update((token, stream.number, key) for token in entry.tokens)
    touched = sorted({entry.wire.stream_id for entry in entries})
    bodies = [(number, entry.published) for number, entry in enumerate(entries, place.first)]
    return _Rows([place.streams[name].values() for name in touched], events, bodies, sorted(words))


async def known_keys(connection: AsyncConnection, key_ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Number, and whether it was forgotten, of each of these keys that the index knows."""
    table = schema.keys
    wanted = select(table.c.key_id, table.c.number, table.c.forgotten)
    return {row[0]: (row[1], bool(row[2])) for row in await _in(connection, wanted, table.c.key_id, key_ids)}


def key_row(number: int, key: Key, *, forgotten: bool) -> tuple[Any, ...]:
    """A key's row, in the order of the columns."""
    subject = key.subject
    return number, key.key_id, subject.kind, subject.tenant_id, subject.id, int(forgotten)


async def next_key_number(connection: AsyncConnection) -> int:
    return await _next_number(connection, schema.keys)


async def _unknown(
    connection: AsyncConnection, entries: Sequence[EventRow], alarms: list[AlarmRow]
) -> list[EventRow]:
    """One of each event that is not there; one whose id is known under another hash is an alarm."""
    table = schema.events
    ids = [entry.wire.event_id for entry in entries]
    found = await _in(connection, select(table.c.event_id, table.c.hash), table.c.event_id, ids)
    known: dict[str, str] = {row[0]: row[1] for row in found}
    new: dict[str, EventRow] = {}
    for entry in entries:
        wire = entry.wire
        hash_ = known.setdefault(wire.event_id, wire.hash)
        if hash_ != wire.hash:
            alarms.append(_alarm_row("second_hash", wire, hash_))
        new.setdefault(wire.event_id, entry)
    stored = {row[0] for row in found}
    return [entry for event_id, entry in new.items() if event_id not in stored]


async def _streams_of(connection: AsyncConnection, entries: Sequence[EventRow]) -> dict[str, StreamRow]:
    """The rows of the streams that these events belong to, if there are any yet."""
    table = schema.streams
    ids = sorted({entry.wire.stream_id for entry in entries})
    return {row.stream_id: StreamRow(*row) for row in await _in(connection, select(table), table.c.stream_id, ids)}


async def _at_free_places(
    connection: AsyncConnection,
    entries: Sequence[EventRow],
    streams: Mapping[str, StreamRow],
    alarms: list[AlarmRow],
) -> list[EventRow]:
    """The events whose place in their stream is free; two events at one place are an alarm."""
    taken = await _taken(connection, entries, streams)
    free = []
    for entry in entries:
        wire = entry.wire
        hash_ = taken.setdefault((wire.stream_id, wire.sequence), wire.hash)
        if hash_ == wire.hash:
            free.append(entry)
        else:
            alarms.append(_alarm_row("second_event", wire, hash_))
    return free


async def _taken(
    connection: AsyncConnection, entries: Sequence[EventRow], streams: Mapping[str, StreamRow]
) -> dict[tuple[str, int], str]:
    """The hashes at those places of these events that are taken. Nothing lies above a stream's last sequence."""
    names = {row.number: name for name, row in streams.items()}
    asked = [
        (streams[entry.wire.stream_id].number, entry.wire.sequence)
        for entry in entries
        if entry.wire.stream_id in streams and entry.wire.sequence <= streams[entry.wire.stream_id].last_sequence
    ]
    table = schema.events
    place = tuple_(table.c.stream_number, table.c.sequence)
    found = await _in(connection, select(table.c.stream_number, table.c.sequence, table.c.hash), place, asked)
    return {(names[row[0]], row[1]): row[2] for row in found}


async def _add_streams(
    connection: AsyncConnection, entries: Sequence[EventRow], streams: dict[str, StreamRow]
) -> None:
    number = await _next_number(connection, schema.streams)
    for entry in entries:
        if entry.wire.stream_id not in streams:
            streams[entry.wire.stream_id] = StreamRow.new(number, entry)
            number += 1


async def _next_number(connection: AsyncConnection, table: Table) -> int:
    """Numbers are given under the writers' lock."""
    return (await connection.scalar(select(func.max(table.c.number))) or 0) + 1


async def _in(
    connection: AsyncConnection, wanted: Select[Any], column: ColumnElement[Any], values: Sequence[Any]
) -> list[Any]:
    """The rows of `wanted` whose `column` is one of `values`."""
    found: list[Any] = []
    for start in range(0, len(values), _MOST_VALUES):
        found += await connection.execute(wanted.where(column.in_(values[start : start + _MOST_VALUES])))
    return found


def _refusal(refused: UnreadableEvent) -> AlarmRow:
    wire = refused.wire
    place = ("none", "", 0, "") if wire is None else (wire.tenant_id, wire.stream_id, wire.sequence, wire.event_id)
    return refused.kind, *place, "", refused.digest, _now(), 0


def _alarm_row(kind: str, wire: Wire, known_hash: str) -> AlarmRow:
    place = wire.tenant_id, wire.stream_id, wire.sequence, wire.event_id
    return kind, *place, known_hash, wire.hash, _now(), 0


def _now() -> str:
    return wire_time(datetime.now(UTC))
