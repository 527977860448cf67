"""What the ledger knows that a person should see before they pay: facts for a card, no model's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import day_of, day_text
from ultracore.banking.money import Money
from ultracore.banking.outlook.service import Affordability
from ultracore.banking.store.tables import entries, payees, postings
from ultracore.banking.values import TransferTerms
from ultracore.wording import money_text

AGAIN_WITHIN: Final = timedelta(hours=1)
HISTORY: Final = "Payee history"
ADDED: Final = "Payee added"
UNTIL_PAY: Final = "Until your next pay"
Line = tuple[str, str]


async def history_of(connection: AsyncConnection, terms: TransferTerms, now: datetime) -> list[Line]:
    """Whether this payee was paid before, and the same amount just now; when the payee was added."""
    paid = [(row.posted_at, -row.amount_minor) for row in (await connection.execute(_payments(terms))).all()]
    lines = [(HISTORY, said)] if (said := _said(terms, paid, now)) else []
    if terms.payee is not None:
        added = select(payees.c.created_at).where(payees.c.payee_id == terms.payee.payee_id)
        since = (await connection.execute(added)).scalar_one_or_none()
        if since is not None and day_of(since) == day_of(now):
            lines.append((ADDED, "Today"))
    return lines


def until_pay(found: Affordability, terms: TransferTerms) -> list[Line]:
    """What the everyday accounts keep until the next pay, if that is less than is usually spent until then."""
    left = found.everyday - terms.price.total
    # Only if it will be tight: a line that stands on every card is read on none.
    if found.income is None or found.usual <= left:
        return []
    day = day_text(found.income.expected)
    return [(UNTIL_PAY, f"Leaves {money_text(left.amount)}; pay is expected on {day}")]


def _payments(terms: TransferTerms) -> Select[tuple[datetime, int]]:
    """What left the source for the same destination so far, newest first."""
    query = (
        select(entries.c.posted_at, postings.c.amount_minor)
        .join(entries, entries.c.entry_id == postings.c.entry_id)
        .where(entries.c.posted == 1, postings.c.amount_minor < 0)
        .order_by(entries.c.sequence.desc())
    )
    if terms.payee is not None:
        return query.where(entries.c.payee_id == terms.payee.payee_id)
    other = select(postings.c.entry_id).where(postings.c.account_id == terms.destination_account_id)
    return query.where(postings.c.account_id == terms.source.account_id, postings.c.entry_id.in_(other))


def _said(terms: TransferTerms, paid: list[tuple[datetime, int]], now: datetime) -> str:
    for at, minor in paid:
        if minor in (terms.amount.minor, terms.price.total.minor) and now - at < AGAIN_WITHIN:
            minutes = max(1, round((now - at).total_seconds() / 60))
            return f"The same amount went there {minutes} {'minute' if minutes == 1 else 'minutes'} ago"
    if terms.payee is None:
        return ""
    if not paid:
        return "First payment to this payee"
    most = max(minor for _, minor in paid)
    if terms.amount.minor > most:
        return f"More than ever before to this payee; the most was {money_text(Money.from_minor(most).amount)}"
    return ""
