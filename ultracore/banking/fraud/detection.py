"""The fraud question about one transaction that a person or an agent names: a proposal, an entry, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.access import Familiarity, SurroundingsService
from ultracore.banking.fraud.history import Moment, history, lines_of_customer, paid_before
from ultracore.banking.fraud.rules import NOTHING_TO_SAY, Facts, decide
from ultracore.banking.identifiers import Clock
from ultracore.banking.money import AUD, Money
from ultracore.banking.store import Database
from ultracore.banking.store.tables import accounts, entries, payees, postings, proposals
from ultracore.banking.values import FraudDecision
from ultracore.principal import Connection

Known = Literal["proposal", "entry", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The transaction in question. `amount` counts only if the bank knows no transaction of that id.

    `here` is the customer's connection now, and says nothing about the past; `claimed` is what was said of device
    and place, which can raise the score and never lower it.
    """

    tenant_id: str
    customer_id: str
    user_id: str
    transaction_id: str
    amount: Money
    here: Connection | None = None
    claimed: Sequence[Connection] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The answer, about which amount, and what the id turned out to be."""

    decision: FraudDecision
    known: Known
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExaminedPayment:
    """A payment as the store knows it. `stays` if the money stays with the customer."""

    known: Known
    amount: Money
    at: datetime
    stays: bool = False
    entry_id: str | None = None
    payee_id: str | None = None
    payee_saved_at: datetime | None = None
    in_account: Decimal | None = None


class FraudService:
    """Reads only. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, surroundings: SurroundingsService, clock: Clock) -> None:
        self._database = database
        self._surroundings = surroundings
        self._clock = clock

    async def examine(self, asked: Asked) -> Examination:
        """Score a proposal, a posted entry (its id or its receipt number), or an amount, for one customer."""
        async with self._database.read() as session:
            payment = await self._payment(session, asked)
            if payment.stays:
                return Examination(decision=NOTHING_TO_SAY, known=payment.known, amount=payment.amount)
            moment = Moment(
                customer_id=asked.customer_id,
                at=payment.at,
                currency=payment.amount.currency,
                without=payment.entry_id,
            )
            before = await history(session, moment)
            known = None if payment.payee_id is None else await paid_before(session, payment.payee_id, moment)
        unfamiliar = await self._unfamiliar(asked, payment)
        facts = Facts(
            at=payment.at,
            amount=payment.amount.amount,
            largest=before.largest,
            last_hour=before.last_hour,
            in_account=payment.in_account,
            paid_before=known,
            payee_saved_at=payment.payee_saved_at,
            new_device=unfamiliar.new_device,
            new_place=unfamiliar.new_place,
        )
        return Examination(decision=decide(facts), known=payment.known, amount=payment.amount)

    async def _payment(self, session: AsyncConnection, asked: Asked) -> _ExaminedPayment:
        found = await _proposal(session, asked) or await _entry(session, asked)
        return found or _ExaminedPayment(known="unknown", amount=asked.amount, at=self._clock())

    async def _unfamiliar(self, asked: Asked, payment: _ExaminedPayment) -> Familiarity:
        device = place = False
        # Not for an entry: it lies in the past, of which the connection of this moment says nothing.
        if asked.here is not None and payment.known != "entry":
            here = await self._surroundings.compare(asked.user_id, asked.here)
            device, place = here.new_device, here.new_place
        for claim in asked.claimed:
            said = await self._surroundings.compare_at(asked.user_id, claim, payment.at)
            # `or`: what a model claims may raise suspicion, but never clear it.
            device = device or (claim.user_agent is not None and said.new_device)
            place = place or (claim.ip_address is not None and said.new_place)
        return Familiarity(device, place, unusual_hour=False)


async def _proposal(session: AsyncConnection, asked: Asked) -> _ExaminedPayment | None:
    query = select(proposals).where(
        proposals.c.proposal_id == asked.transaction_id,
        proposals.c.tenant_id == asked.tenant_id,
        # Of the customer in question only: another one's proposal has to look unknown.
        proposals.c.customer_id == asked.customer_id,
        proposals.c.amount_minor.is_not(None),
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return _ExaminedPayment(
        known="proposal",
        amount=Money.from_minor(row.amount_minor, row.currency),
        at=row.created_at,
        stays=row.payee_id is None,
        payee_id=row.payee_id,
        payee_saved_at=await _saved_at(session, row.payee_id),
    )


async def _entry(session: AsyncConnection, asked: Asked) -> _ExaminedPayment | None:
    named = or_(entries.c.entry_id == asked.transaction_id, entries.c.receipt_number == asked.transaction_id)
    lines = lines_of_customer(postings.c.amount_minor, asked.customer_id).where(
        named, entries.c.tenant_id == asked.tenant_id
    )
    rows = (await session.execute(lines.add_columns(*entries.c, postings.c.currency))).all()
    if not rows:
        return None
    row = rows[0]
    # Over all lines of the customer, because a fee is a line of its own.
    moved = sum(line.amount_minor for line in rows)
    elsewhere = await _paid_elsewhere(session, row, asked.customer_id)
    return _ExaminedPayment(
        known="entry",
        amount=Money.from_minor(abs(moved) or abs(row.amount_minor), row.currency or AUD),
        at=row.posted_at,
        # Money that comes in, or goes to an own account or loan, cannot go to a fraudster.
        stays=moved >= 0 or not elsewhere,
        entry_id=row.entry_id,
        payee_id=row.payee_id,
        payee_saved_at=await _saved_at(session, row.payee_id),
        in_account=_held_before(row, moved),
    )


def _held_before(row: Row[Any], moved: int) -> Decimal | None:
    """The source's balance before, which entries with a receipt of their own state and older history does not."""
    if row.source_balance_minor is None:
        return None
    return Money.from_minor(row.source_balance_minor - moved, row.currency).amount


async def _paid_elsewhere(session: AsyncConnection, row: Row[Any], customer_id: str) -> bool:
    others = (
        select(postings.c.line)
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .where(postings.c.entry_id == row.entry_id, accounts.c.customer_id.is_distinct_from(customer_id))
    )
    return (await session.execute(others.limit(1))).first() is not None


async def _saved_at(session: AsyncConnection, payee_id: str | None) -> datetime | None:
    query = select(payees.c.created_at).where(payees.c.payee_id == payee_id)
    return None if payee_id is None else (await session.execute(query)).scalar_one_or_none()
