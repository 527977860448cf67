"""SQL that the two databases spell differently."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import BigInteger, ColumnElement, cast, func, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles

_SQLITE_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
# A trigger that was switched off is as good as none.
_POSTGRES_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"


class NextNumber(ColumnElement[int]):
    """The number of a new entry, larger than that of every earlier one of the same accounts.

    A number of PostgreSQL's sequence is used up by a transaction that fails, so there are gaps. No writer waits
    for another's commit, so across accounts the order of numbers is not that of commits.
    """

    inherit_cache = True
    type = BigInteger()


def _spelled(sql: str) -> Callable[..., str]:
    return lambda *_, **__: sql


compiles(NextNumber, "sqlite")(_spelled("(SELECT coalesce(max(sequence), 0) + 1 FROM entries)"))
compiles(NextNumber, "postgresql")(_spelled("nextval('entries_number')"))


async def align_numbers(connection: AsyncConnection) -> None:
    """After entries with numbers of their own: the next number follows the largest of them."""
    if connection.dialect.name != "sqlite":
        await connection.execute(
            text("SELECT setval('entries_number', coalesce(max(sequence), 0) + 1, false) FROM entries")
        )


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of whole numbers as a whole number; PostgreSQL's own sum of them is a decimal."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


async def triggers_of(connection: AsyncConnection) -> frozenset[str]:
    """The names of the triggers that are there and switched on."""
    sqlite = connection.dialect.name == "sqlite"
    found = await connection.execute(text(_SQLITE_TRIGGERS if sqlite else _POSTGRES_TRIGGERS))
    return frozenset(found.scalars())
