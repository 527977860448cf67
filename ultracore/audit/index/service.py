"""The audit index: what the record holds, in SQL, to be found by who, what, when and by words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit.index import finding
from ultracore.audit.index import tables as schema
from ultracore.audit.index.applying import Applied, Applier, OpenedBatch, key_row, known_keys, next_key_number
from ultracore.audit.index.database import IndexDatabase
from ultracore.audit.index.reading import Opener, UnreadableEvent, Wire, key_ids, read
from ultracore.audit.index.store_source import StoreKeys
from ultracore.audit.index.values import Alarm, IndexedConversation, Move, Query, Status
from ultracore.audit.index.words import WordTokens, ways
from ultracore.audit.sealing import MasterKey
from ultracore.audit.values import Subject

NO_SOURCE: Final = ""
_MOST_ALARMS: Final = 100


class AuditIndex:
    """One index, used from one event loop. Every method raises `IndexUnavailable` if its database fails.

    It holds what is published, and tokens of words instead of words (`words.py`). The caller must say for which
    tenant: the index knows no permissions.
    """

    def __init__(self, database: IndexDatabase, master: MasterKey, keys: StoreKeys) -> None:
        self._database = database
        self._applier = Applier(database)
        self._keys = keys
        self._opener = Opener(master)
        self._opening = asyncio.Lock()
        self._tokens = WordTokens(master)

    @classmethod
    async def open(cls, url: str, master: MasterKey, keys: StoreKeys) -> AuditIndex:
        """Make, migrate or open the index at `url` (`sqlite:///…`, `postgresql://…`).

        Raises `OperatorError` for another kind of address, a newer schema or another master key.
        """
        return cls(await IndexDatabase.open(url, master), master, keys)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    async def apply(
        self, published: Iterable[bytes], *, source: str = NO_SOURCE, moves: Mapping[str, Move] | None = None
    ) -> Applied:
        """Take events as they were published, in any order, any number of times.

        With them the progress of `source` moves, in one transaction; if it does not stand at the beginning of
        `moves`, nothing is written. What is no event of the record becomes an alarm and stops nothing. Raises
        `AuditUnavailable` if the key store does not answer.
        """
        # The opener remembers keys and words, and must not be used by two threads at once.
        async with self._opening:
            prepared = await self._prepared(published)
        return await self._applier.apply(prepared, source, moves or {})

    async def _prepared(self, published: Iterable[bytes]) -> OpenedBatch:
        wires, refused = await asyncio.to_thread(_read_all, published)
        wanted = key_ids(wire for wire, _ in wires)
        keys = await self._keys.keys(wanted) if wanted else []
        return OpenedBatch(await asyncio.to_thread(self._opener.entries, wires, keys), keys, refused)

    async def find(self, query: Query) -> list[IndexedConversation]:
        """The conversations that fit, the one with the newest event first."""
        async with self._database.read() as connection:
            tokens = await self._wanted(connection, query)
            if tokens is None:
                return []
            rows = await connection.execute(finding.conversations(query, tokens))
            return [finding.conversation(row) for row in rows]

    async def count(self, query: Query) -> int:
        """How many conversations fit; the query's limit does not count."""
        async with self._database.read() as connection:
            tokens = await self._wanted(connection, query)
            return 0 if tokens is None else await connection.scalar(finding.number_of(query, tokens)) or 0

    async def _wanted(self, connection: AsyncConnection, query: Query) -> list[list[list[int]]] | None:
        """The tokens of each way in which the words may be kept; None if what is wanted holds no word."""
        if not query.words:
            return []
        wanted = ways(query.words)
        if not wanted:
            return None
        known = [query.tenant_id] if query.tenant_id is not None else await finding.tenants(connection)
        return [[[self._tokens.of_word(tenant, word) for tenant in known] for word in way] for way in wanted]

    async def events(self, stream_id: str, *, after: int = 0, limit: int | None = None) -> list[bytes]:
        """A stream's events as they were published, by sequence, from sequence `after` + 1 on."""
        async with self._database.read() as connection:
            return await finding.published(connection, stream_id, after, limit)

    async def status(self) -> Status:
        """Counts of what the index holds and misses."""
        async with self._database.read() as connection:
            return await finding.status(connection)

    async def alarms(self, *, announced: bool | None = None, limit: int = _MOST_ALARMS) -> list[Alarm]:
        """The alarms, oldest first; with `announced` only those that were, or were not, put on the record."""
        async with self._database.read() as connection:
            return await finding.known_alarms(connection, announced=announced, limit=limit)

    async def announced(self, alarms: Sequence[Alarm]) -> None:
        """These alarms are on the record now."""
        table = schema.alarms
        async with self._database.write() as connection:
            mine = table.c.number.in_([alarm.number for alarm in alarms])
            await connection.execute(update(table).where(mine).values(announced=1))

    async def progress(self, source: str) -> dict[str, int]:
        """How far `source` was applied, by its places."""
        table = schema.progress
        async with self._database.read() as connection:
            wanted = select(table.c.place, table.c.position).where(table.c.source == source)
            return {row.place: row.position for row in await connection.execute(wanted)}

    async def forget(self, subject: Subject) -> int:
        """Delete the words that were read with the subject's keys, now and for ever; how many tokens went.

        To be called when the keys are destroyed: a batch that was opened before finds them forgotten.
        """
        keys = await self._keys.of_subject(subject)
        async with self._database.write() as connection:
            await self._database.scrub(connection)
            known = await known_keys(connection, [key.key_id for key in keys])
            first = await next_key_number(connection)
            new = [key for key in keys if key.key_id not in known]
            # Keys that no event has named yet are noted as well: a batch that was opened before may still bring
            # their words.
            rows = [key_row(number, key, forgotten=True) for number, key in enumerate(new, first)]
            await self._database.many(connection, schema.keys, rows)
            numbers = [number for number, _ in known.values()]
            mark = update(schema.keys).where(schema.keys.c.number.in_(numbers)).values(forgotten=1)
            await connection.execute(mark)
            gone = await connection.execute(delete(schema.words).where(schema.words.c.key_number.in_(numbers)))
        # After the commit, because the journal holds the deleted words until then.
        await self._database.tidy()
        return gone.rowcount

    async def clear(self) -> None:
        """Drop events, alarms and progress: everything is read again. Keys that are forgotten stay forgotten."""
        async with self._database.write() as connection:
            for table in (schema.words, schema.bodies, schema.events, schema.streams):
                await connection.execute(delete(table))
            for table in (schema.alarms, schema.progress):
                await connection.execute(delete(table))


def _read_all(published: Iterable[bytes]) -> tuple[list[tuple[Wire, bytes]], list[UnreadableEvent]]:
    wires: list[tuple[Wire, bytes]] = []
    refused: list[UnreadableEvent] = []
    for one in published:
        wire = read(one)
        if isinstance(wire, UnreadableEvent):
            refused.append(wire)
        else:
            wires.append((wire, one))
    return wires, refused
