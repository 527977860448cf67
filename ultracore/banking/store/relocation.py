"""A ledger copied from one database to another, of whichever kinds: every row, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Table, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store.database import Database
from ultracore.banking.store.dialects import align_numbers
from ultracore.banking.store.tables import balances, entries, metadata
from ultracore.errors import OperatorError

_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTable:
    """A table whose rows are the same in both databases; `digest` is of all of them in the order of their keys."""

    table: str
    rows: int
    digest: str


async def copy_ledger(source_url: str, target_url: str) -> list[CopiedTable]:
    """Copy a ledger into an empty one, whose schema is made if needed.

    Writers are kept out of the source meanwhile. All is one transaction of the target: after a kill or a failure
    it is empty, and the copy can begin again.
    Raises `OperatorError` if the target is not empty, a row differs afterwards, or an address cannot be used, and
    `LedgerUnavailable`.
    """
    if source_url == target_url:
        raise OperatorError("--from and --to are the same ledger.", code="ledger.same")
    source = await Database.open(source_url, migrate=False)
    try:
        target = await Database.open(target_url)
        try:
            async with source.setup() as reading, target.setup() as writing:
                return await _copy(reading, writing)
        finally:
            await target.close()
    finally:
        await source.close()


async def _copy(reading: AsyncConnection, writing: AsyncConnection) -> list[CopiedTable]:
    await _shut_out_writers(reading)
    for table in metadata.sorted_tables:
        await _require_empty(writing, table)
    for table in metadata.sorted_tables:
        if table is not balances:  # its rows are made by the triggers of accounts and entries
            await _insert(reading, writing, table)
    await _post(reading, writing)
    await align_numbers(writing)
    return [await _compared(reading, writing, table) for table in metadata.sorted_tables]


async def _shut_out_writers(connection: AsyncConnection) -> None:
    """On SQLite the transaction has the write lock already."""
    if connection.dialect.name != "sqlite":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        await connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


async def _require_empty(connection: AsyncConnection, table: Table) -> None:
    if (await connection.execute(select(func.count()).select_from(table))).scalar_one():
        raise OperatorError(
            f"The ledger in --to is not empty ({table.name} has rows); give an empty database.",
            code="ledger.not_empty",
        )


async def _insert(reading: AsyncConnection, writing: AsyncConnection, table: Table) -> None:
    async for rows in _pages(reading, table):
        values = [dict(row._mapping) for row in rows]
        if table is entries:
            # The journal takes an entry unposted, and posts it once its postings are there.
            values = [{**row, "posted": 0} for row in values]
        await writing.execute(insert(table), values)


async def _post(reading: AsyncConnection, writing: AsyncConnection) -> None:
    """Post what was posted, in its order. Floors come last: one may be of today and not of then."""
    await writing.execute(update(balances).values(floor_minor=None))
    posted = select(entries.c.entry_id).where(entries.c.posted == 1).order_by(entries.c.sequence)
    one = update(entries).where(entries.c.entry_id == bindparam("this")).values(posted=1)
    async for page in (await reading.stream(posted)).partitions(_AT_ONCE):
        await writing.execute(one, [{"this": row.entry_id} for row in page])
    floor = (
        update(balances).where(balances.c.account_id == bindparam("this")).values(floor_minor=bindparam("floor"))
    )
    async for rows in _pages(reading, balances):
        await writing.execute(floor, [{"this": row.account_id, "floor": row.floor_minor} for row in rows])


async def _compared(reading: AsyncConnection, writing: AsyncConnection, table: Table) -> CopiedTable:
    """Every row of the one beside that of the other. Raises `OperatorError` at the first that differs."""
    digest, number = hashlib.sha256(), 0
    theirs = _digests(writing, table)
    async for ours in _digests(reading, table):
        if await anext(theirs, None) != ours:
            raise _differs(table, number + 1)
        digest.update(ours)
        number += 1
    if await anext(theirs, None) is not None:
        raise _differs(table, number + 1)
    return CopiedTable(table=table.name, rows=number, digest=digest.hexdigest())


def _differs(table: Table, number: int) -> OperatorError:
    return OperatorError(
        f"Row {number} of {table.name} is not the same in both ledgers, so nothing was copied; run ultracore bank "
        "check on the source.",
        code="ledger.copy_differs",
    )


async def _digests(connection: AsyncConnection, table: Table) -> AsyncIterator[bytes]:
    async for rows in _pages(connection, table):
        for row in rows:
            yield hashlib.sha256(json.dumps(list(row), default=str).encode()).digest()


async def _pages(connection: AsyncConnection, table: Table) -> AsyncIterator[list[Row[Any]]]:
    """All rows in the order of their keys, which is the same in both kinds of database."""
    query = select(table).order_by(*table.primary_key.columns)
    async for page in (await connection.stream(query)).partitions(_AT_ONCE):
        yield list(page)
