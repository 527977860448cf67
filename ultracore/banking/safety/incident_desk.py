"""Reported incidents as the security desk works on them: who looks after one, what it belongs to, how it ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import incident_links, incident_work, incidents
from ultracore.errors import InvalidInput

LinkKind = Literal["incident", "conversation"]


class IncidentChanged(InvalidInput):
    """The incident is not any more what the person saw when they decided."""

    default_code = "incident.changed"
    default_sentence = (
        "Somebody else has changed this incident meanwhile, and your change was not made. Here it is as it is now."
    )


@dataclass(frozen=True, slots=True)
class IncidentLink:
    """Another incident, by its reference, or a conversation, by its id."""

    kind: LinkKind
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFile:
    """An incident with the work on it. `version` counts the changes; `outcome` is a code."""

    incident_id: str
    reference: str
    tenant_id: str
    customer_id: str
    reported_by: str
    description: str
    status: Literal["open", "withdrawn", "closed"]
    reported_at: datetime
    ended_at: datetime | None
    assigned_to: str | None
    outcome: str | None
    version: int
    links: tuple[IncidentLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChange:
    """One change: who looks after it, what it belongs to, or its end with an outcome."""

    assigned_to: str | None
    link: IncidentLink | None = None
    outcome: str | None = None


class IncidentDesk:
    """The incidents of each tenant. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def files(self, tenant_id: str, *, is_open: bool, limit: int, offset: int = 0) -> Sequence[IncidentFile]:
        """The tenant's open incidents, the oldest first, or those that ended, the newest first."""
        order = incidents.c.reported_at if is_open else incidents.c.reported_at.desc()
        query = _files(tenant_id).where(_is(is_open)).order_by(order, incidents.c.incident_id)
        async with self._database.read() as connection:
            return await _with_links(connection, query.limit(limit).offset(offset))

    async def count(self, tenant_id: str, *, is_open: bool) -> int:
        """How many there are."""
        query = select(func.count()).select_from(incidents)
        async with self._database.read() as connection:
            found = await connection.execute(query.where(incidents.c.tenant_id == tenant_id, _is(is_open)))
            return found.scalar_one()

    async def get(self, tenant_id: str, reference: str) -> IncidentFile | None:
        """One incident of this tenant."""
        query = _files(tenant_id).where(incidents.c.reference == reference)
        async with self._database.read() as connection:
            return next(iter(await _with_links(connection, query)), None)

    async def change(self, file: IncidentFile, change: IncidentChange) -> None:
        """Change an open incident that is as it was seen. Raises `IncidentChanged`."""
        now, this = self._clock(), incidents.c.incident_id == file.incident_id
        values = {"assigned_to": change.assigned_to, "outcome": change.outcome, "version": file.version + 1}

        async def work(connection: AsyncConnection) -> None:
            # The incident is locked: two who change one that nobody has touched would both make the first row.
            status = await connection.execute(to_change(select(incidents.c.status).where(this)))
            if status.scalar_one() != "open":
                raise IncidentChanged("the incident is not open any more")
            await _keep(connection, file, values)
            if change.link is not None and change.link not in file.links:
                link = {"kind": change.link.kind, "target": change.link.target}
                await connection.execute(insert(incident_links).values(incident_id=file.incident_id, **link))
            if change.outcome is not None:
                await connection.execute(update(incidents).where(this).values(status="closed", ended_at=now))

        await self._database.write(work)


async def _keep(connection: AsyncConnection, file: IncidentFile, values: dict[str, Any]) -> None:
    this = incident_work.c.incident_id == file.incident_id
    stands = (await connection.execute(select(incident_work.c.version).where(this))).scalar_one_or_none()
    if (stands or 0) != file.version:
        raise IncidentChanged("the incident has changed")
    if stands is None:
        await connection.execute(insert(incident_work).values(incident_id=file.incident_id, **values))
    else:
        await connection.execute(update(incident_work).where(this).values(**values))


def _is(is_open: bool) -> ColumnElement[bool]:
    return incidents.c.status == "open" if is_open else incidents.c.status != "open"


def _files(tenant_id: str) -> Select[Any]:
    work = incident_work.c
    query = select(incidents, work.assigned_to, work.outcome, func.coalesce(work.version, 0).label("version"))
    return query.select_from(incidents.outerjoin(incident_work)).where(incidents.c.tenant_id == tenant_id)


async def _with_links(connection: AsyncConnection, query: Select[Any]) -> list[IncidentFile]:
    rows = (await connection.execute(query)).all()
    wanted = select(incident_links).where(incident_links.c.incident_id.in_([row.incident_id for row in rows]))
    links: dict[str, list[IncidentLink]] = defaultdict(list)
    for row in await connection.execute(wanted.order_by(incident_links.c.kind, incident_links.c.target)):
        links[row.incident_id].append(IncidentLink(row.kind, row.target))
    return [_file(row, tuple(links[row.incident_id])) for row in rows]


def _file(row: Row[Any], links: tuple[IncidentLink, ...]) -> IncidentFile:
    names = [name for name in IncidentFile.__dataclass_fields__ if name != "links"]
    return IncidentFile(links=links, **{name: getattr(row, name) for name in names})
