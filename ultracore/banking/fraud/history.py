"""A customer's payments in the journal, as far as the fraud rules ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.money import Money
from ultracore.banking.store.tables import accounts, entries, postings


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A customer, and the moment up to which history is read. `without` is the entry in question itself."""

    customer_id: str
    at: datetime
    currency: str
    without: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentHistory:
    """Before the moment: the largest outgoing amount of 90 days, and how many in the last hour."""

    largest: Decimal
    last_hour: int


def lines_of_customer(what: Any, customer_id: str) -> Select[Any]:
    """A selection over the posted lines of the customer's accounts other than loans."""
    return (
        select(what)
        .select_from(postings)
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(accounts.c.customer_id == customer_id, accounts.c.kind != "loan")
    )


def _outgoing(what: Any, moment: Moment, since: datetime) -> Select[Any]:
    query = lines_of_customer(what, moment.customer_id).where(
        postings.c.amount_minor < 0, entries.c.posted_at >= since, entries.c.posted_at <= moment.at
    )
    # A payment that is judged after it was posted must not be its own precedent.
    return query if moment.without is None else query.where(entries.c.entry_id != moment.without)


async def largest_payment(session: AsyncConnection, moment: Moment) -> int:
    """The largest outgoing amount of the 90 days before, in smallest units."""
    what = func.coalesce(func.min(postings.c.amount_minor), 0)
    return -int((await session.execute(_outgoing(what, moment, moment.at - timedelta(days=90)))).scalar_one())


async def history(session: AsyncConnection, moment: Moment) -> PaymentHistory:
    """Read the figures that the rules compare with."""
    largest = Money.from_minor(await largest_payment(session, moment), moment.currency)
    # A payment with a fee has two outgoing lines in one entry.
    recent = _outgoing(func.count(entries.c.entry_id.distinct()), moment, moment.at - timedelta(hours=1))
    return PaymentHistory(largest=largest.amount, last_hour=(await session.execute(recent)).scalar_one())


async def paid_before(session: AsyncConnection, payee_id: str, moment: Moment) -> bool:
    """Whether the payee has been paid at all before."""
    query = select(entries.c.entry_id).where(
        entries.c.payee_id == payee_id, entries.c.posted == 1, entries.c.posted_at <= moment.at
    )
    if moment.without is not None:
        query = query.where(entries.c.entry_id != moment.without)
    return (await session.execute(query.limit(1))).first() is not None
