"""Reports of security incidents: recorded with a reference, open for a week unless withdrawn or closed before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit.masking import mask
from ultracore.banking.actions import ActionReceipt, ActionTerms, Effect, action_refused, payload_of
from ultracore.banking.identifiers import Clock, Stamp, new_id, new_receipt_number
from ultracore.banking.store import Database, lock_accounts, to_change
from ultracore.banking.store.tables import customers, incidents
from ultracore.banking.values import Proposal
from ultracore.errors import ToolRefused

WITHDRAW: Final = "incident.withdraw"
MOST_A_DAY: Final = 10
"""Reports of one customer in 24 hours."""

OPEN_FOR: Final = timedelta(days=7)
# A model that tries again must not make a second report of the same words.
_SAME_FOR: Final = timedelta(hours=24)
_LONGEST: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One report. `reference` is what a person reads out on the phone: `I-BCDFG-HJKLM`."""

    reference: str
    customer_id: str
    description: str
    status: Literal["open", "withdrawn", "closed"]
    reported_at: datetime


class IncidentsService:
    """Keeps reports. Another customer's looks as if it did not exist. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def report(self, tenant_id: str, customer_id: str, user_id: str, description: str) -> Incident:
        """Record an incident, masked. The same words within a day give the same open report back.

        Raises `ToolRefused` (`incident.empty`, `incident.too_many` after `MOST_A_DAY`, `customer.not_found`).
        """
        # Masked before it is cut, so that no half of a card number is kept.
        words = mask(" ".join(description.split()))[:_LONGEST]
        if not words:
            raise ToolRefused("A report needs a description of what happened.", code="incident.empty")
        now = self._clock()
        values = {
            "incident_id": new_id("inc"),
            # In the letters of a receipt, which can be read out on the phone without being mistaken.
            "reference": f"I{new_receipt_number()[1:]}",
            "tenant_id": tenant_id,
            "customer_id": customer_id,
            "reported_by": user_id,
            "description": words,
            "status": "open",
            "reported_at": now,
        }
        this = _of(tenant_id, customer_id).where(incidents.c.description == words, incidents.c.status == "open")
        same = this.where(incidents.c.reported_at > now - _SAME_FOR)

        async def work(session: AsyncConnection) -> Incident:
            await _require_customer(session, tenant_id, customer_id)
            # Two reports at once would both find none and both be written.
            await lock_accounts(session, customer_id)
            row = (await session.execute(same)).first()
            if row is None:
                await _require_room(session, tenant_id, customer_id, now - _SAME_FOR)
                await session.execute(insert(incidents).values(**values))
                row = (await session.execute(same)).one()
            return _incident(row)

        return await self._database.write(work)

    async def withdraw_terms(self, tenant_id: str, customer_id: str, reference: str) -> ActionTerms:
        """The terms of taking a report back. Changes nothing.

        Raises `ToolRefused` (`incident.not_found`, `incident.closed`).
        """
        async with self._database.read() as session:
            this = _of(tenant_id, customer_id).where(incidents.c.reference == reference.strip().upper())
            row = (await session.execute(this)).one_or_none()
        if row is None:
            raise ToolRefused("There is no report with that reference.", code="incident.not_found")
        if row.status != "open":
            raise ToolRefused("That report is not open any more.", code="incident.closed")
        return ActionTerms(
            kind=WITHDRAW,
            tenant_id=tenant_id,
            customer_id=customer_id,
            title="Take a report back",
            lines=(("Report", row.reference), ("After that", "It protects your accounts no longer")),
            payload={"reference": row.reference},
            sentence=f"Take back the report {row.reference}.",
        )

    async def withdraw(self, tenant_id: str, customer_id: str, reference: str) -> Incident:
        """Take a report back; twice is the same.

        Raises `ToolRefused` (`incident.not_found`, `incident.closed`).
        """
        now = self._clock()
        this = _of(tenant_id, customer_id).where(incidents.c.reference == reference.strip().upper())

        async def work(session: AsyncConnection) -> Incident:
            row = (await session.execute(to_change(this))).one_or_none()
            if row is None:
                raise ToolRefused("There is no report with that reference.", code="incident.not_found")
            if row.status == "closed":
                raise ToolRefused("That report is closed already.", code="incident.closed")
            if row.status == "open":
                change = update(incidents).where(incidents.c.incident_id == row.incident_id)
                await session.execute(change.values(status="withdrawn", ended_at=now))
            return _incident((await session.execute(this)).one())

        return await self._database.write(work)

    async def of_customer(self, tenant_id: str, customer_id: str, since: datetime) -> list[Incident]:
        """Reports since then, newest first."""
        query = _of(tenant_id, customer_id).where(incidents.c.reported_at >= since)
        async with self._database.read() as session:
            rows = await session.execute(query.order_by(incidents.c.reported_at.desc()))
            return [_incident(row) for row in rows]

    async def is_open(self, tenant_id: str, customer_id: str) -> bool:
        """Whether something was reported in the last week that is neither withdrawn nor closed."""
        recent = await self.of_customer(tenant_id, customer_id, self._clock() - OPEN_FOR)
        return any(incident.status == "open" for incident in recent)


async def record_incident(session: AsyncConnection, proposal: Proposal, words: str, stamp: Stamp) -> str:
    """Record a report as part of an approved proposal; its reference."""
    reference = f"I-{stamp.short[:5]}-{stamp.short[5:]}"
    await session.execute(
        insert(incidents).values(
            incident_id=stamp.id("inc"),
            reference=reference,
            tenant_id=proposal.tenant_id,
            customer_id=proposal.customer_id,
            reported_by=proposal.user_id,
            description=mask(" ".join(words.split()))[:_LONGEST],
            status="open",
            reported_at=stamp.at,
        )
    )
    return reference


def effects() -> list[Effect]:
    """The effect of an approved `incident.withdraw`."""
    return [Effect(kind=WITHDRAW, check=_objection, apply=_take_back)]


async def _objection(connection: AsyncConnection, proposal: Proposal) -> str | None:
    row = (await connection.execute(_named(proposal))).one_or_none()
    if row is None:
        return "incident.not_found"
    return None if row.status == "open" else "incident.closed"


async def _take_back(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    row = (await connection.execute(to_change(_named(proposal)))).one_or_none()
    if row is None or row.status != "open":
        raise action_refused("incident.closed")
    change = update(incidents).where(incidents.c.incident_id == row.incident_id)
    await connection.execute(change.values(status="withdrawn", ended_at=stamp.at))
    return ActionReceipt(
        result={"reference": row.reference, "status": "withdrawn"},
        sentence=f"Done: the report {row.reference} is withdrawn. It stays on record as withdrawn.",
    )


def _named(proposal: Proposal) -> Select[Any]:
    reference = payload_of(proposal)["reference"]
    return _of(proposal.tenant_id, proposal.customer_id).where(incidents.c.reference == reference)


async def _require_room(session: AsyncConnection, tenant_id: str, customer_id: str, since: datetime) -> None:
    recent = _of(tenant_id, customer_id).where(incidents.c.reported_at > since)
    if len((await session.execute(recent)).all()) >= MOST_A_DAY:
        raise ToolRefused(
            f"There are {MOST_A_DAY} reports of the last day already; more is told on the phone.",
            code="incident.too_many",
        )


async def _require_customer(session: AsyncConnection, tenant_id: str, customer_id: str) -> None:
    here = select(customers.c.customer_id).where(
        customers.c.tenant_id == tenant_id, customers.c.customer_id == customer_id
    )
    if (await session.execute(here)).first() is None:
        raise ToolRefused("There is no such customer.", code="customer.not_found")


def _of(tenant_id: str, customer_id: str) -> Select[Any]:
    return select(incidents).where(incidents.c.tenant_id == tenant_id, incidents.c.customer_id == customer_id)


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        reference=row.reference,
        customer_id=row.customer_id,
        description=row.description,
        status=row.status,
        reported_at=row.reported_at,
    )
