"""Cooling-off: a payee that has just been added can be paid a little, and the rest a day later.

A fraudster who has talked a customer into adding a payee, or sits at their login, wants the money now. Until the
cooling-off ends, all payments to the payee together stay within a limit, at this bank and at any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import moment_text, span_text
from ultracore.banking.money import Money
from ultracore.banking.store import total
from ultracore.banking.store.tables import accounts, cooling_off, entries, holds, payees, postings, proposals
from ultracore.banking.values import PaymentPrice
from ultracore.errors import ToolRefused
from ultracore.wording import money_text

# A day, so that a family member, the real firm or the bank can still be asked.
LASTS: Final = timedelta(hours=24)
LIMIT: Final = Money.parse("1000.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The sums that may be paid before the cooling-off ends: in all, and still."""

    limit: Money
    left: Money
    ends_at: datetime


async def begin(connection: AsyncConnection, payee_id: str, now: datetime) -> datetime:
    """Start the cooling-off of a new payee; gives the moment at which it ends."""
    row = {"payee_id": payee_id, "ends_at": now + LASTS, "limit_minor": LIMIT.minor}
    await connection.execute(cooling_off.insert().values(row))
    return now + LASTS


async def room(
    connection: AsyncConnection, payee_id: str, now: datetime, *, beside: str | None = None
) -> Room | None:
    """The room for payments to the payee; None if nothing cools off any more.

    Payments that are claimed and not yet settled count as paid, but for the proposal `beside`.
    """
    query = select(cooling_off).where(cooling_off.c.payee_id == payee_id, cooling_off.c.ends_at > now)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    # All payments together: a limit on each would be got round by many small ones.
    spent = await _paid(connection, payee_id, row.ends_at - LASTS) + await _claimed(connection, payee_id, beside)
    limit, left = Money.from_minor(row.limit_minor), Money.from_minor(max(0, row.limit_minor - spent))
    return Room(limit=limit, left=left, ends_at=row.ends_at)


async def objection(
    connection: AsyncConnection,
    payee_id: str | None,
    price: PaymentPrice,
    now: datetime,
    *,
    beside: str | None = None,
) -> ToolRefused | None:
    """Why the price cannot be paid to the payee yet (`payee.cooling_off`); None if it can."""
    found = None if payee_id is None else await room(connection, payee_id, now, beside=beside)
    if found is None or price.total <= found.left:
        return None
    return refusal(found, price, now)


def refusal(found: Room, price: PaymentPrice, now: datetime) -> ToolRefused:
    """The limit, what is left of it, when it ends and why there is one."""
    fees, time_left = ", fees included" if price.fee.minor else "", span_text(found.ends_at - now)
    message = (
        f"This payee is new: until {moment_text(found.ends_at)} (in {time_left}) you can pay it at most"
        f" {_text(found.limit)} in all{fees}, of which {_text(found.left)} is left. The bank waits with more so"
        " that you have time to notice if somebody has talked you into it or uses your login. After that the usual"
        " limits apply."
    )
    facts = {
        "limit": str(found.limit),
        "left": str(found.left),
        "asked": str(price.total),
        "currency": found.limit.currency,
        "ends_at": found.ends_at.isoformat(),
        "time_left": time_left,
    }
    return ToolRefused(message, code="payee.cooling_off", sentence=message, facts=facts)


def _text(money: Money) -> str:
    return money_text(money.amount, money.currency)


async def _paid(connection: AsyncConnection, payee_id: str, since: datetime) -> int:
    """The sum that the payee's customer has paid since, fees included, in smallest units."""
    query = (
        select(total(-postings.c.amount_minor))
        .select_from(entries)
        .join(payees, payees.c.payee_id == entries.c.payee_id)
        .join(postings, postings.c.entry_id == entries.c.entry_id)
        .join(
            accounts,
            and_(accounts.c.account_id == postings.c.account_id, accounts.c.customer_id == payees.c.customer_id),
        )
        .where(entries.c.payee_id == payee_id, entries.c.posted == 1, entries.c.posted_at >= since)
    )
    return int((await connection.execute(query)).scalar_one())


async def _claimed(connection: AsyncConnection, payee_id: str, beside: str | None) -> int:
    # A hold is the amount with its fee, as `_paid` counts it; the proposal's own column has the amount alone.
    query = (
        select(total(holds.c.amount_minor))
        .join(proposals, proposals.c.proposal_id == holds.c.proposal_id)
        .where(
            proposals.c.payee_id == payee_id,
            proposals.c.status == "claimed",
            proposals.c.proposal_id.is_distinct_from(beside),
        )
    )
    return int((await connection.execute(query)).scalar_one())
