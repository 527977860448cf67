"""The row locks of writers, taken in one order: a proposal, then accounts by their id. See `docs/ledger.md`.

On SQLite they are no statements at all: a writer has the whole file.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store.tables import accounts

Query = TypeVar("Query", bound=Select[Any])


def to_change(query: Query) -> Query:
    """The same rows, which no other writer changes or locks until the transaction ends.

    Rows that refer to them by a foreign key can still be written.
    """
    return query.with_for_update(key_share=True)


async def lock_accounts(connection: AsyncConnection, customer_id: str, also: Collection[str] = ()) -> None:
    """Lock all accounts of a customer, and `also` these, in the order of their ids.

    What a customer can spend is the sum over several rows (balances, holds, what a new payee was paid), from any
    of their accounts. So all that spends or holds the money of one customer goes one after another.
    """
    mine = accounts.c.customer_id == customer_id
    await _lock(connection, or_(mine, accounts.c.account_id.in_(sorted(also))) if also else mine)


async def lock_these(connection: AsyncConnection, account_ids: Collection[str]) -> None:
    """Lock accounts in the order of their ids."""
    await _lock(connection, accounts.c.account_id.in_(sorted(account_ids)))


async def _lock(connection: AsyncConnection, those: ColumnElement[bool]) -> None:
    if connection.dialect.name != "sqlite":
        query = select(accounts.c.account_id).where(those).order_by(accounts.c.account_id)
        await connection.execute(to_change(query))
