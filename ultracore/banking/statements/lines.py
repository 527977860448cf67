"""The lines of a customer's accounts with what they were for: what searching and summing read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import day_of, end_of, start_of
from ultracore.banking.ledger import FEE_PURPOSE
from ultracore.banking.money import Money
from ultracore.banking.statements.categories import Category, Traits, category_of
from ultracore.banking.store.tables import accounts, entries, payees, postings
from ultracore.wording import inert_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which lines: of one account or all, and on which Sydney days, both included. None does not limit."""

    account_id: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One posting as its account's holder sees it. `amount` is signed: money out is negative.

    `place` is its place in its entry, which may have two of one account: a payment and its fee.
    `payee` is the name of the customer's saved payee that was paid, if there was one.
    """

    entry_id: str
    place: int
    account_id: str
    account_name: str
    account_kind: str
    amount: Money
    description: str
    kind: str
    payee: str | None
    category: Category
    posted_at: datetime

    @property
    def day(self) -> date:
        """The Sydney day of the posting."""
        return day_of(self.posted_at)


async def lines_of(
    connection: AsyncConnection, tenant_id: str, customer_id: str, window: Window, most: int
) -> list[AccountLine]:
    """At most `most` lines, newest first."""
    query = _query(tenant_id, customer_id, window).limit(most)
    return [_line(row) for row in await connection.execute(query)]


def _own_other(customer_id: str) -> ScalarSelect[Any]:
    """The kind of the customer's own account on the entry's other side; NULL if that is not the customer's."""
    lines, owners = postings.alias("other_lines"), accounts.alias("other_accounts")
    return (
        select(func.max(owners.c.kind))
        .select_from(lines)
        .join(owners, owners.c.account_id == lines.c.account_id)
        .where(
            lines.c.entry_id == postings.c.entry_id,
            lines.c.account_id != postings.c.account_id,
            owners.c.customer_id == customer_id,
        )
        .correlate(postings)
        .scalar_subquery()
    )


def _is_fee() -> ColumnElement[bool]:
    """True of a line that is followed in its entry by its counterpart on the bank's fee account."""
    lines, owners = postings.alias("fee_lines"), accounts.alias("fee_accounts")
    return (
        select(lines.c.line)
        .join(owners, owners.c.account_id == lines.c.account_id)
        .where(
            lines.c.entry_id == postings.c.entry_id,
            lines.c.line == postings.c.line + 1,
            owners.c.purpose == FEE_PURPOSE,
        )
        .correlate(postings)
        .exists()
    )


def _query(tenant_id: str, customer_id: str, window: Window) -> Select[Any]:
    # The customer's own payee only: of money received the name would be one that another customer chose.
    paid = and_(payees.c.payee_id == entries.c.payee_id, payees.c.customer_id == customer_id)
    query = (
        select(
            postings.c.entry_id,
            postings.c.line,
            postings.c.account_id,
            postings.c.amount_minor,
            postings.c.currency,
            accounts.c.name.label("account_name"),
            accounts.c.kind.label("account_kind"),
            # Each side reads its own words: the receiver must not read what the payer calls them.
            func.coalesce(postings.c.narrative, entries.c.description).label("description"),
            entries.c.kind,
            entries.c.posted_at,
            payees.c.name.label("payee"),
            payees.c.kind.label("payee_kind"),
            _own_other(customer_id).label("own_other"),
            _is_fee().label("is_fee"),
        )
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .outerjoin(payees, paid)
        .where(accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id)
        # By sequence, since two entries may have one time and balances must still follow each other.
        .order_by(entries.c.sequence.desc(), postings.c.line.desc())
    )
    if window.account_id is not None:
        query = query.where(accounts.c.account_id == window.account_id)
    if window.since is not None:
        query = query.where(entries.c.posted_at >= start_of(window.since))
    if window.until is not None:
        # Up to the next day's start, so that no microsecond before midnight is left out.
        query = query.where(entries.c.posted_at < end_of(window.until))
    return query


def _line(row: Row[Any]) -> AccountLine:
    outgoing = row.amount_minor < 0
    traits = Traits(
        kind="fee" if row.is_fee else row.kind,
        account_kind=row.account_kind,
        own_other=row.own_other,
        outgoing=outgoing,
        payee_kind=row.payee_kind,
        words=f"{row.description} {row.payee or ''}",
    )
    return AccountLine(
        entry_id=row.entry_id,
        place=row.line,
        account_id=row.account_id,
        account_name=row.account_name,
        account_kind=row.account_kind,
        amount=Money.from_minor(row.amount_minor, row.currency),
        description=inert_text(row.description),
        kind=row.kind,
        payee=inert_text(row.payee) if row.payee and outgoing and not row.is_fee else None,
        category=category_of(traits),
        posted_at=row.posted_at,
    )
