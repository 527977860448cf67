"""Accounts and their history. Another customer's account looks exactly like one that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Subquery, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.money import Money
from ultracore.banking.store import Database, balance_of, balance_query
from ultracore.banking.store.tables import accounts, entries, postings
from ultracore.banking.values import Balance, Transaction
from ultracore.errors import ToolRefused
from ultracore.wording import inert_text

# Bounded, because a model may ask for any number, and the whole answer is held in memory.
MOST_TRANSACTIONS = 1000


def account_not_found() -> ToolRefused:
    """The one answer for an account that is missing, another customer's, another tenant's or the bank's own."""
    return ToolRefused(
        "There is no such account of this customer.",
        code="account.not_found",
        sentence="I can't find that account among yours.",
    )


def _owned(tenant_id: str, customer_id: str) -> ColumnElement[bool]:
    return and_(accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id)


async def owned_balance(connection: AsyncConnection, tenant_id: str, customer_id: str, account_id: str) -> Balance:
    """The customer's account as the transaction sees it. Raises `ToolRefused` (`account.not_found`)."""
    query = balance_query().where(_owned(tenant_id, customer_id), accounts.c.account_id == account_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise account_not_found()
    return balance_of(row)


class AccountsService:
    """Reads of customer accounts. Every method raises `LedgerUnavailable` if the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tenant_id: str, customer_id: str, account_id: str) -> Balance:
        """One account with its balance. Raises `ToolRefused` (`account.not_found`)."""
        async with self._database.read() as connection:
            return await owned_balance(connection, tenant_id, customer_id, account_id)

    async def of_customer(self, tenant_id: str, customer_id: str) -> list[Balance]:
        """All accounts of a customer, ordered by id; empty for a customer that does not exist."""
        query = balance_query().where(_owned(tenant_id, customer_id)).order_by(accounts.c.account_id)
        async with self._database.read() as connection:
            return [balance_of(row) for row in await connection.execute(query)]

    async def holder(self, tenant_id: str, account_id: str) -> str | None:
        """The customer of an account; None for the bank's own, another tenant's and those that do not exist."""
        query = select(accounts.c.customer_id).where(
            accounts.c.tenant_id == tenant_id, accounts.c.account_id == account_id
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def transactions(
        self,
        tenant_id: str,
        customer_id: str,
        account_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[Transaction]:
        """Postings of one account, or of all the customer's, newest first; `since` counts, `until` does not.

        At most `limit`, and never more than `MOST_TRANSACTIONS`. Raises `ToolRefused` (`account.not_found`).
        """
        if account_id is not None:
            await self.get(tenant_id, customer_id, account_id)
        condition = _owned(tenant_id, customer_id)
        if account_id is not None:
            condition = and_(condition, accounts.c.account_id == account_id)
        lines = _lines(condition)
        # By sequence and not by time, since two entries may have one time.
        query = select(lines).order_by(lines.c.sequence.desc(), lines.c.line.desc())
        if since is not None:
            query = query.where(lines.c.posted_at >= since)
        if until is not None:
            query = query.where(lines.c.posted_at < until)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.limit(min(max(limit, 0), MOST_TRANSACTIONS)))).all()
        return _transactions(rows)


def _lines(condition: ColumnElement[bool]) -> Subquery:
    """The postings of the accounts that meet the condition, each with its account's balance after it."""
    # Over all postings, limited only outside: the balance after a line needs every line before it.
    summed = func.sum(postings.c.amount_minor).over(
        partition_by=postings.c.account_id, order_by=(entries.c.sequence, postings.c.line)
    )
    return (
        select(
            postings.c.entry_id,
            postings.c.line,
            postings.c.account_id,
            postings.c.amount_minor,
            postings.c.currency,
            func.coalesce(postings.c.narrative, entries.c.description).label("description"),
            entries.c.kind,
            entries.c.posted_at,
            entries.c.sequence,
            cast(summed, BigInteger).label("after_minor"),
        )
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(condition)
        .subquery()
    )


def _transactions(rows: Sequence[Row[Any]]) -> list[Transaction]:
    return [
        Transaction(
            entry_id=row.entry_id,
            account_id=row.account_id,
            amount=Money.from_minor(row.amount_minor, row.currency),
            # Other people wrote it: links are broken before a page or a model gets it.
            description=inert_text(row.description),
            kind=row.kind,
            posted_at=row.posted_at,
            balance_after=Money.from_minor(row.after_minor, row.currency),
        )
        for row in rows
    ]
