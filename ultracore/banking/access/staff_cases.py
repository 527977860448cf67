"""Cases: why a member of staff works for a customer, from a closed list, until it is closed or idle for long.

Somebody has one open case at most, of one customer. What is read under it carries its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock, new_id
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import staff_cases as table
from ultracore.banking.store.tables import users

IDLE: Final = timedelta(minutes=30)
"""A case ends this long after it was used last."""


class CaseReason(StrEnum):
    """Why a case may be opened."""

    REQUEST = "request"
    COMPLAINT = "complaint"
    PAYMENT = "payment"
    LENDING = "lending"
    CHECK = "check"
    FRAUD = "fraud"
    AML = "aml"

    @property
    def told(self) -> str | None:
        """What the customer reads of it, if they ask who looked at their data; None for what is confidential."""
        return _TOLD.get(self)

    @property
    def choice(self) -> str:
        """What stands on a list to choose from."""
        return _TITLES[self]

    @property
    def stated(self) -> str:
        """The reason of a look under the case, for the record."""
        return self.told or self.value


_TOLD: Final = {
    CaseReason.REQUEST: "to answer a question or request of yours",
    CaseReason.COMPLAINT: "to look into a complaint",
    CaseReason.PAYMENT: "to look into a payment",
    CaseReason.LENDING: "for a loan or an application of yours",
    CaseReason.CHECK: "for a regular check of the bank's records",
}
_TITLES: Final = {
    CaseReason.REQUEST: "A question or request of the customer",
    CaseReason.COMPLAINT: "A complaint",
    CaseReason.PAYMENT: "A payment",
    CaseReason.LENDING: "A loan or an application",
    CaseReason.CHECK: "A regular check",
    CaseReason.FRAUD: "Fraud (the customer is not told)",
    CaseReason.AML: "Money laundering (the customer is not told)",
}

CaseEnd = Literal["closed", "idle", "replaced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCase:
    """An open case. `ticket` is the bank's own number for it, which customers are never told."""

    case_id: str
    tenant_id: str
    user_id: str
    customer_id: str
    reason: CaseReason
    ticket: str | None
    used_at: datetime


@dataclass(frozen=True, slots=True)
class EndedCase:
    """A case that is over now, and what ended it."""

    case: StaffCase
    how: CaseEnd


class StaffCases:
    """Opens, finds and ends cases. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open(
        self, tenant_id: str, user_id: str, customer_id: str, reason: CaseReason, ticket: str | None
    ) -> tuple[StaffCase, EndedCase | None]:
        """A new case, and the one that it replaces. The caller knows that the customer is of this tenant."""
        now = self._clock()
        case = StaffCase(
            case_id=new_id("case"),
            tenant_id=tenant_id,
            user_id=user_id,
            customer_id=customer_id,
            reason=reason,
            ticket=ticket,
            used_at=now,
        )

        async def work(connection: AsyncConnection) -> EndedCase | None:
            # The login's row first: there may be no case yet that two of its windows could wait for.
            await connection.execute(to_change(select(users.c.user_id).where(users.c.user_id == user_id)))
            before = await _open(connection, tenant_id, user_id)
            if before is not None:
                await _end(connection, before.case_id, now)
            values = {"case_id": case.case_id, "reason": reason.value, "ticket": ticket, "opened_at": now}
            whose = {"tenant_id": tenant_id, "user_id": user_id, "customer_id": customer_id}
            await connection.execute(insert(table).values(**values, **whose, used_at=now))
            return None if before is None else EndedCase(before, _how(before, now, "replaced"))

        return case, await self._database.write(work)

    async def use(self, tenant_id: str, user_id: str, customer_id: str) -> StaffCase | None:
        """The case under which this person looks at this customer, used now; None if there is none.

        One that has been idle for too long is none any more.
        """
        async with self._database.read() as connection:
            found = await _open(connection, tenant_id, user_id)
        # Most work has no case, and a read of it must not wait for a writer.
        if found is None or found.customer_id != customer_id:
            return None
        now = self._clock()

        async def work(connection: AsyncConnection) -> StaffCase | None:
            case = await _open(connection, tenant_id, user_id, locked=True)
            if case is None or case.customer_id != customer_id or case.used_at + IDLE <= now:
                return None
            await connection.execute(update(table).where(table.c.case_id == case.case_id).values(used_at=now))
            return case

        return await self._database.write(work)

    async def of(self, tenant_id: str, user_id: str) -> StaffCase | None:
        """The person's open case, whomever it is about; looking does not use it."""
        async with self._database.read() as connection:
            case = await _open(connection, tenant_id, user_id)
        return case if case is not None and case.used_at + IDLE > self._clock() else None

    async def close(self, tenant_id: str, user_id: str, *, if_idle: bool = False) -> EndedCase | None:
        """End the person's open case, or only one that has been idle for too long; None if there is none."""
        now = self._clock()

        async def work(connection: AsyncConnection) -> EndedCase | None:
            case = await _open(connection, tenant_id, user_id, locked=True)
            if case is None or (if_idle and case.used_at + IDLE > now):
                return None
            await _end(connection, case.case_id, min(now, case.used_at + IDLE))
            return EndedCase(case, _how(case, now, "closed"))

        return await self._database.write(work)


def _how(case: StaffCase, now: datetime, otherwise: CaseEnd) -> CaseEnd:
    return "idle" if case.used_at + IDLE <= now else otherwise


async def _open(
    connection: AsyncConnection, tenant_id: str, user_id: str, *, locked: bool = False
) -> StaffCase | None:
    query = select(table).where(
        table.c.tenant_id == tenant_id, table.c.user_id == user_id, table.c.ended_at.is_(None)
    )
    row = (await connection.execute(to_change(query) if locked else query)).one_or_none()
    return None if row is None else _case_of(row)


async def _end(connection: AsyncConnection, case_id: str, at: datetime) -> None:
    await connection.execute(update(table).where(table.c.case_id == case_id).values(ended_at=at))


def _case_of(row: Row[Any]) -> StaffCase:
    return StaffCase(
        case_id=row.case_id,
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        customer_id=row.customer_id,
        reason=CaseReason(row.reason),
        ticket=row.ticket,
        used_at=row.used_at,
    )
