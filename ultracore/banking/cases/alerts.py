"""The book of alerts: each occasion once, and who has still to be told of it.

Every method raises `LedgerUnavailable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.cases.queue import moved
from ultracore.banking.cases.values import ReadingMove
from ultracore.banking.identifiers import Clock, new_id
from ultracore.banking.store import Database
from ultracore.banking.store.tables.alerts import alerts

EVERYBODY: Final = "none"
"""The tenant of an alert about the whole installation."""
CLAIM_SECONDS: Final = 60.0
"""For how long nobody else tells of an alert that one process has begun to tell of."""

Delivery = Literal["waiting", "sent", "given_up", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedAlert:
    """What a rule found: `events` of them, the last of which is `event_id`."""

    tenant_id: str
    rule: str
    occasion: str
    says: str
    event_id: str | None
    events: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it stands. `delivery` is `none` if no webhook is set."""

    alert_id: str
    tenant_id: str
    rule: str
    says: str
    event_id: str | None
    events: int
    raised_at: datetime
    recorded: int
    delivery: Delivery
    attempts: int


class AlertBook:
    """The alerts of every tenant of one ledger."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take_in(self, found: Sequence[RaisedAlert], move: ReadingMove | None = None) -> None:
        """Keep what is new; an occasion that is known changes nothing. `move` as in `CaseQueue.take_in`."""

        async def work(session: AsyncConnection) -> None:
            if move is not None and not await moved(session, move):
                return
            for one in {(one.rule, one.occasion): one for one in found}.values():
                this = alerts.c.rule == one.rule, alerts.c.occasion == one.occasion
                if (await session.execute(select(alerts.c.alert_id).where(*this))).first() is None:
                    await session.execute(insert(alerts).values(**_first(one)))

        await self._database.write(work)

    async def newest(self, tenant_id: str, *, limit: int, offset: int = 0) -> list[Alert]:
        """The tenant's alerts and those of the installation, newest first."""
        wanted = select(alerts).where(_seen_by(tenant_id))
        order = alerts.c.raised_at.desc(), alerts.c.alert_id
        async with self._database.read() as session:
            rows = await session.execute(wanted.order_by(*order).limit(limit).offset(offset))
            return [_alert_of(row) for row in rows]

    async def count(self, tenant_id: str) -> int:
        """How many alerts the tenant sees."""
        async with self._database.read() as session:
            wanted = select(func.count()).select_from(alerts).where(_seen_by(tenant_id))
            return (await session.execute(wanted)).scalar_one()

    async def claim(self) -> Alert | None:
        """The next alert to be told, for this process alone for a minute; None if there is none."""
        now = self._clock()
        due = alerts.c.delivery == "waiting", alerts.c.next_at <= now
        # Read first: every process asks every few seconds, and SQLite has one write lock for all of them.
        async with self._database.read() as session:
            rows = await session.execute(select(alerts).where(*due).order_by(alerts.c.next_at).limit(1))
            row = rows.one_or_none()
        if row is None:
            return None
        # The time is part of the condition: of two processes that read the same row one claims it.
        this = alerts.c.alert_id == row.alert_id, alerts.c.next_at == row.next_at

        async def work(session: AsyncConnection) -> int:
            later = now + timedelta(seconds=CLAIM_SECONDS)
            return (await session.execute(update(alerts).where(*this, *due).values(next_at=later))).rowcount

        return _alert_of(row) if await self._database.write(work) else None

    async def was_recorded(self, alert: Alert) -> None:
        """The alert is on the record now."""
        await self._change(alert, recorded=1)

    async def ended(self, alert: Alert, delivery: Delivery) -> None:
        """Nothing more is sent."""
        await self._change(alert, delivery=delivery, attempts=alert.attempts + (delivery != "none"))

    async def failed(self, alert: Alert, again_in: float) -> None:
        """It was not taken; to be tried again after so many seconds."""
        next_at = self._clock() + timedelta(seconds=again_in)
        await self._change(alert, attempts=alert.attempts + 1, next_at=next_at)

    async def _change(self, alert: Alert, **values: str | int | datetime) -> None:
        async def work(session: AsyncConnection) -> None:
            await session.execute(update(alerts).where(alerts.c.alert_id == alert.alert_id).values(**values))

        await self._database.write(work)


def _alert_of(row: Row[Any]) -> Alert:
    return Alert(**{name: getattr(row, name) for name in Alert.__dataclass_fields__})


def _first(one: RaisedAlert) -> dict[str, str | int | datetime | None]:
    return {
        "alert_id": new_id("alrt"),
        "tenant_id": one.tenant_id,
        "rule": one.rule,
        "occasion": one.occasion,
        "says": one.says,
        "event_id": one.event_id,
        "events": one.events,
        "raised_at": one.at,
        "recorded": 0,
        "delivery": "waiting",
        "attempts": 0,
        "next_at": one.at,
    }


def _seen_by(tenant_id: str) -> ColumnElement[bool]:
    return or_(alerts.c.tenant_id == tenant_id, alerts.c.tenant_id == EVERYBODY)
