"""Unusual activity in a customer's last three months: payments, devices and places, failed sign-ins, reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy import select

from ultracore.banking.access import MarksService, SurroundingsService
from ultracore.banking.customers import CustomersService
from ultracore.banking.fraud.history import lines_of_customer
from ultracore.banking.fraud.rules import is_unusual_amount
from ultracore.banking.identifiers import Clock
from ultracore.banking.money import Money
from ultracore.banking.safety import IncidentsService
from ultracore.banking.store import Database
from ultracore.banking.store.tables import entries, postings, users
from ultracore.wording import inert_text

DAYS: Final = 90
# Payments of the first days that are shown are compared with those before them, so twice the days are read.
_COMPARED: Final = timedelta(days=90)
# As much as a person reads through; a model would have to repeat all of it.
_MOST: Final = 50
_A_BURST: Final = 10
_SOME_FAILED: Final = 3

ActivityKind = Literal[
    "unusual_amount", "same_payment_twice", "many_payments", "new_device", "new_place", "failed_sign_ins", "report"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing that a person should look at: when, what, and why it was picked."""

    at: datetime
    kind: ActivityKind
    description: str
    reason: str
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class _OutgoingPayment:
    at: datetime
    amount: Money
    description: str


class ActivityService:
    """Reads only. Every method raises `LedgerUnavailable`."""

    def __init__(
        self,
        database: Database,
        customers: CustomersService,
        surroundings: SurroundingsService,
        marks: MarksService,
        incidents: IncidentsService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._customers = customers
        self._surroundings = surroundings
        self._marks = marks
        self._incidents = incidents
        self._clock = clock

    async def unusual(self, tenant_id: str, customer_id: str) -> list[Activity]:
        """Newest first, at most 50. Raises `ToolRefused` (`customer.not_found`)."""
        # Asked for its refusal: without it another tenant's customer would look like one with nothing unusual.
        await self._customers.get(tenant_id, customer_id)
        now = self._clock()
        since = now - timedelta(days=DAYS)
        payments = await self._payments(customer_id, since - _COMPARED, now)
        found = [item for item in _of_payments(payments) if item.at >= since]
        found += await self._of_logins(tenant_id, customer_id, since, now)
        found += [
            Activity(
                at=report.reported_at,
                kind="report",
                description=f"Report {report.reference} ({report.status})",
                reason="A security incident was reported.",
            )
            for report in await self._incidents.of_customer(tenant_id, customer_id, since)
        ]
        return sorted(found, key=lambda item: item.at, reverse=True)[:_MOST]

    async def _payments(self, customer_id: str, since: datetime, until: datetime) -> list[_OutgoingPayment]:
        """Money that left the customer's accounts, oldest first; moves between own accounts are left out."""
        columns = (entries.c.entry_id, entries.c.posted_at, entries.c.description, postings.c.currency)
        query = (
            lines_of_customer(postings.c.amount_minor, customer_id)
            .add_columns(*columns)
            .where(entries.c.posted_at >= since, entries.c.posted_at <= until)
            .order_by(entries.c.posted_at)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        moved: dict[str, int] = {}
        for row in rows:
            moved[row.entry_id] = moved.get(row.entry_id, 0) + row.amount_minor
        # A payment with a fee has two outgoing lines; together they are one payment.
        of_entry = {row.entry_id: row for row in rows if row.amount_minor < 0 and moved[row.entry_id] < 0}
        return [
            _OutgoingPayment(row.posted_at, Money.from_minor(-moved[entry_id], row.currency), row.description)
            for entry_id, row in of_entry.items()
        ]

    async def _of_logins(self, tenant_id: str, customer_id: str, since: datetime, now: datetime) -> list[Activity]:
        query = select(users.c.user_id).where(users.c.tenant_id == tenant_id, users.c.customer_id == customer_id)
        async with self._database.read() as session:
            names = list((await session.execute(query)).scalars())
        found = [
            Activity(
                at=new.first_seen,
                kind="new_device" if new.kind == "device" else "new_place",
                description="A browser not used before" if new.kind == "device" else "A network not used before",
                reason="The login was used from somewhere new.",
            )
            for new in await self._surroundings.new_since(names, since)
        ]
        for name in names:
            failed = (await self._marks.recent(name)).failed_sign_ins
            if failed >= _SOME_FAILED:
                words = f"{failed} failed sign-ins in the last hour"
                reason = "Somebody gave a wrong password several times."
                found.append(Activity(at=now, kind="failed_sign_ins", description=words, reason=reason))
        return found


def _of_payments(payments: Sequence[_OutgoingPayment]) -> Iterator[Activity]:
    before: deque[_OutgoingPayment] = deque()
    for payment in payments:
        while before and before[0].at < payment.at - _COMPARED:
            before.popleft()
        yield from _of_payment(payment, before)
        before.append(payment)


def _of_payment(payment: _OutgoingPayment, before: deque[_OutgoingPayment]) -> Iterator[Activity]:
    largest = max((item.amount.amount for item in before), default=None)
    if largest is not None and is_unusual_amount(payment.amount.amount, largest):
        yield _activity(payment, "unusual_amount", "Over three times the largest payment of the 90 days before.")
    if any(_same(item, payment) for item in before):
        yield _activity(payment, "same_payment_twice", "The same amount to the same name twice within a day.")
    hour = sum(item.at > payment.at - timedelta(hours=1) for item in before)
    # At the tenth payment alone: a longer burst must not be told again with each further one.
    if hour + 1 == _A_BURST:
        yield _activity(payment, "many_payments", f"{_A_BURST} payments within an hour.")


def _same(one: _OutgoingPayment, other: _OutgoingPayment) -> bool:
    same = one.amount == other.amount and one.description == other.description
    # Small sums repeat by themselves, such as a bus fare, and would hide what matters.
    return same and one.at > other.at - timedelta(days=1) and one.amount.amount > Decimal(10)


def _activity(payment: _OutgoingPayment, kind: ActivityKind, reason: str) -> Activity:
    return Activity(
        at=payment.at, kind=kind, description=inert_text(payment.description), reason=reason, amount=payment.amount
    )
