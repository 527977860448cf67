"""The most that a customer pays to other people in 24 hours: in all, and to one payee.

A limit on each payment is got round by many small ones. What is claimed and not yet settled counts as paid, and
all that spends a customer's money goes one after another: three payments at once meet the limit of their sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import moment_text
from ultracore.banking.money import Money
from ultracore.banking.store.tables import accounts, holds, proposals
from ultracore.banking.values import PaymentPrice
from ultracore.errors import ToolRefused
from ultracore.wording import money_text

# Twenty-four hours and not the bank's day: around midnight a day's limit could be spent twice within a minute.
WINDOW: Final = timedelta(hours=24)
IN_ALL, TO_A_PAYEE = "limit.day_exceeded", "limit.payee_day_exceeded"
CODES: Final = (IN_ALL, TO_A_PAYEE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLimits:
    """Amounts in the account's currency, as text; None if the policy sets none."""

    customer: str | None = None
    payee: str | None = None

    @classmethod
    def of(cls, limits: Mapping[str, str]) -> DayLimits:
        """Those of a policy: `customer_day` and `payee_day`."""
        return cls(customer=limits.get("customer_day"), payee=limits.get("payee_day"))


NO_LIMITS: Final = DayLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What is about to be paid. `beside` is its own proposal, which does not count against itself."""

    customer_id: str
    payee_id: str | None
    price: PaymentPrice
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class _Paid:
    """One payment of the last 24 hours, or one that is under way."""

    amount: int
    ended_at: datetime | None


async def objection(
    connection: AsyncConnection, payment: Payment, limits: DayLimits, now: datetime
) -> ToolRefused | None:
    """Why the payment has to wait (`limit.day_exceeded`, `limit.payee_day_exceeded`); None if it need not.

    Transfers between own accounts are not counted.
    """
    if payment.payee_id is None:
        return None
    everything = _payments(payment, now)
    to_payee = everything.where(proposals.c.payee_id == payment.payee_id)
    for code, text, query in ((TO_A_PAYEE, limits.payee, to_payee), (IN_ALL, limits.customer, everything)):
        if text is None:
            continue
        paid = [_Paid(row.amount_minor, row.ended_at) for row in await connection.execute(query)]
        limit = Money.parse(text, payment.price.total.currency)
        if sum(one.amount for one in paid) + payment.price.total.minor > limit.minor:
            return _refusal(code, limit, paid, payment.price, now)
    return None


def _payments(payment: Payment, now: datetime) -> Select[tuple[int, datetime | None]]:
    # Holds and not entries: a hold is the amount with its fee, and each payment that was made here has one.
    lately = and_(holds.c.status == "captured", holds.c.ended_at > now - WINDOW)
    return (
        select(holds.c.amount_minor, holds.c.ended_at)
        .join(accounts, accounts.c.account_id == holds.c.account_id)
        .join(proposals, proposals.c.proposal_id == holds.c.proposal_id)
        .where(accounts.c.customer_id == payment.customer_id)
        .where(accounts.c.currency == payment.price.total.currency)
        .where(proposals.c.payee_id.is_not(None), proposals.c.proposal_id.is_distinct_from(payment.beside))
        .where(or_(holds.c.status == "active", lately))
        .order_by(holds.c.ended_at)
    )


def _refusal(code: str, limit: Money, paid: list[_Paid], price: PaymentPrice, now: datetime) -> ToolRefused:
    left = Money.from_minor(max(0, limit.minor - sum(one.amount for one in paid)), limit.currency)
    whom = "to this payee" if code == TO_A_PAYEE else "to other people"
    fees = ", fees included" if price.fee.minor else ""
    message = (
        f"In any 24 hours you can pay {_text(limit)} {whom}{fees}, of which {_text(left)} is left."
        f" {_when(limit, paid, price, now)} The limit bounds what somebody could take who uses your login."
    )
    facts = {"limit": str(limit), "left": str(left), "asked": str(price.total), "currency": limit.currency}
    return ToolRefused(message, code=code, sentence=message, facts=facts)


def _when(limit: Money, paid: list[_Paid], price: PaymentPrice, now: datetime) -> str:
    """From when on the payment fits, as far as that is known."""
    if price.total > limit:
        return "This payment is above the limit by itself; please call the bank."
    still = sum(one.amount for one in paid)
    for one in paid:
        # What is under way takes its room until it ends, and databases sort it first or last.
        if one.ended_at is None:
            continue
        still -= one.amount
        if still + price.total.minor <= limit.minor:
            return f"This payment fits from {moment_text(one.ended_at + WINDOW)} on."
    return "A payment is still under way; please ask again when it has ended."


def _text(money: Money) -> str:
    return money_text(money.amount, money.currency)
