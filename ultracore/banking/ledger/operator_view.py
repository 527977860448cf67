"""The operator's view: all accounts, the journal, whether the books balance. Not for customers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.money import Money
from ultracore.banking.store import Database, balance_of, balance_query, total, triggers_of
from ultracore.banking.store.tables import accounts, balances, entries, holds, postings, proposals
from ultracore.banking.values import TRANSFER, Balance

TRIGGERS: Final = frozenset(
    {
        "accounts_get_balance",
        "balances_never_go",
        "entries_move_balances",
        "entries_never_change",
        "entries_never_go",
        "entries_post_balanced",
        "entries_start_unposted",
        "postings_join_unposted",
        "postings_never_change",
        "postings_never_go",
    }
)
"""The triggers that the schema must have for its promises to hold."""
AGAINST_TRUNCATE: Final = frozenset({"balances_never_emptied", "entries_never_emptied", "postings_never_emptied"})
"""On PostgreSQL these too: `TRUNCATE` fires no trigger of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One posting with its entry."""

    entry_id: str
    kind: str
    account_id: str
    amount: Money
    posted_at: datetime
    proposal_id: str | None
    intent_event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over every posting of one currency: `debits` of the negative ones (as a positive sum), `credits`."""

    currency: str
    debits: Money
    credits: Money
    entries: int
    postings: int

    @property
    def difference(self) -> Money:
        """Zero in books that balance."""
        return self.credits - self.debits


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A state that the rules of the journal exclude. `code` is stable; `subject` is the id that it is about."""

    code: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The books' totals by currency and everything that is wrong with them."""

    totals: tuple[Totals, ...]
    problems: tuple[Problem, ...]

    @property
    def balanced(self) -> bool:
        """True if debits equal credits and nothing else is wrong."""
        return not self.problems and all(total.difference.amount == 0 for total in self.totals)


async def all_accounts(database: Database, customer_id: str | None = None) -> list[Balance]:
    """One customer's accounts, or with None every customer's and then the bank's own."""
    query = balance_query().order_by(
        accounts.c.customer_id.is_(None), accounts.c.tenant_id, accounts.c.customer_id, accounts.c.account_id
    )
    if customer_id is not None:
        query = query.where(accounts.c.customer_id == customer_id)
    async with database.read() as connection:
        return [balance_of(row) for row in await connection.execute(query)]


async def journal(database: Database, account_id: str | None = None) -> AsyncIterator[JournalLine]:
    """Every posting, or one account's, in the order in which the entries were posted."""
    query = (
        select(entries, postings.c.account_id, postings.c.amount_minor, postings.c.currency)
        .join(postings, postings.c.entry_id == entries.c.entry_id)
        .order_by(entries.c.sequence, postings.c.line)
    )
    if account_id is not None:
        query = query.where(postings.c.account_id == account_id)
    async with database.read() as connection:
        # Streamed, because the journal of years does not fit into memory.
        async for row in await connection.stream(query):
            yield JournalLine(
                entry_id=row.entry_id,
                kind=row.kind,
                account_id=row.account_id,
                amount=Money.from_minor(row.amount_minor, row.currency),
                posted_at=row.posted_at,
                proposal_id=row.proposal_id,
                intent_event_id=row.intent_event_id,
            )


async def check(database: Database) -> CheckResult:
    """Add everything up, from the postings and not from any stored balance."""
    async with database.read() as connection:
        return CheckResult(totals=await _totals(connection), problems=await _problems(connection))


async def _totals(connection: AsyncConnection) -> tuple[Totals, ...]:
    amount = postings.c.amount_minor
    query = select(
        postings.c.currency,
        total(case((amount < 0, -amount), else_=0)).label("debits"),
        total(case((amount > 0, amount), else_=0)).label("credits"),
        func.count(postings.c.entry_id.distinct()).label("entries"),
        func.count().label("postings"),
    ).group_by(postings.c.currency)
    return tuple(
        Totals(
            currency=row.currency,
            debits=Money.from_minor(row.debits, row.currency),
            credits=Money.from_minor(row.credits, row.currency),
            entries=row.entries,
            postings=row.postings,
        )
        for row in await connection.execute(query)
    )


async def _problems(connection: AsyncConnection) -> tuple[Problem, ...]:
    found = [
        Problem(code=row.code, subject=row.subject)
        for query in (*_journal_problems(), *_proposal_problems())
        for row in await connection.execute(query)
    ]
    due = TRIGGERS if connection.dialect.name == "sqlite" else TRIGGERS | AGAINST_TRUNCATE
    # Books without their triggers may still balance today, but nothing keeps them so.
    missing = due - await triggers_of(connection)
    return (*found, *(Problem(code="trigger.missing", subject=name) for name in sorted(missing)))


def _journal_problems() -> tuple[Select[tuple[str, str]], ...]:
    summed = (
        select(postings.c.account_id, func.sum(postings.c.amount_minor).label("minor"))
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .group_by(postings.c.account_id)
        .subquery()
    )
    lines = func.count(postings.c.line)
    return (
        select(literal("entry.not_posted").label("code"), entries.c.entry_id.label("subject")).where(
            entries.c.posted != 1
        ),
        select(literal("entry.without_intent").label("code"), entries.c.entry_id.label("subject")).where(
            or_(entries.c.intent_event_id.is_(None), entries.c.intent_event_id == "")
        ),
        select(literal("entry.too_few_postings").label("code"), entries.c.entry_id.label("subject"))
        .outerjoin(postings, postings.c.entry_id == entries.c.entry_id)
        .group_by(entries.c.entry_id)
        .having(lines < 2),
        select(literal("entry.unbalanced").label("code"), postings.c.entry_id.label("subject"))
        .group_by(postings.c.entry_id, postings.c.currency)
        .having(func.sum(postings.c.amount_minor) != 0),
        select(literal("posting.without_entry").label("code"), postings.c.entry_id.label("subject"))
        .outerjoin(entries, entries.c.entry_id == postings.c.entry_id)
        .where(entries.c.entry_id.is_(None)),
        select(literal("balance.differs").label("code"), accounts.c.account_id.label("subject"))
        .outerjoin(balances, balances.c.account_id == accounts.c.account_id)
        .outerjoin(summed, summed.c.account_id == accounts.c.account_id)
        .where(func.coalesce(balances.c.balance_minor, 0) != func.coalesce(summed.c.minor, 0)),
    )


def _proposal_problems() -> tuple[Select[tuple[str, str]], ...]:
    number = proposals.c.proposal_id.label("subject")
    held = and_(holds.c.proposal_id == proposals.c.proposal_id, holds.c.status == "active")
    entry = and_(entries.c.proposal_id == proposals.c.proposal_id, entries.c.posted == 1)
    # An action holds nothing, and one that moves no money (a card unfrozen, a payee saved) writes no entry.
    named = and_(entry, entries.c.entry_id == proposals.c.entry_id)
    moves_money = or_(proposals.c.kind == TRANSFER, proposals.c.entry_id.is_not(None))
    return (
        select(literal("proposal.without_hold").label("code"), number)
        .outerjoin(holds, held)
        .where(proposals.c.status == "claimed", proposals.c.kind == TRANSFER, holds.c.hold_id.is_(None)),
        select(literal("hold.not_ended").label("code"), number)
        .join(holds, held)
        .where(proposals.c.status != "claimed"),
        select(literal("proposal.without_entry").label("code"), number)
        .outerjoin(entries, named)
        .where(proposals.c.status == "done", moves_money, entries.c.entry_id.is_(None)),
        select(literal("proposal.other_entry").label("code"), number)
        .join(entries, entry)
        .where(proposals.c.status == "done", proposals.c.entry_id.is_distinct_from(entries.c.entry_id)),
        select(literal("proposal.not_done").label("code"), number)
        .join(entries, entry)
        .where(proposals.c.status != "done"),
    )
