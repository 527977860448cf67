"""Questions to the index: conversations, their events, alarms, how complete it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit.events import AuditEventType, AuditSeverity, wire_time
from ultracore.audit.index.tables import alarms, bodies, events, streams, words
from ultracore.audit.index.values import Alarm, Gap, IndexedConversation, Query, Status

MOST_GAPS: Final = 20
"""Streams with a gap that a status names."""


def conversations(query: Query, tokens: Sequence[Sequence[Sequence[int]]]) -> Select[Any]:
    """The streams that fit, in the query's order.

    `tokens` has the ways in which the words may be kept, and of each way, for each word, the tokens it may have.
    """
    order = streams.c.last_at.asc() if query.oldest_first else streams.c.last_at.desc()
    fitting = select(streams).where(and_(*_conditions(query, tokens))).order_by(order, streams.c.stream_id)
    # Not below zero: to SQLite a negative limit means that there is none.
    return fitting.limit(max(query.limit, 0)).offset(max(query.offset, 0))


def number_of(query: Query, tokens: Sequence[Sequence[Sequence[int]]]) -> Select[Any]:
    """How many streams fit, on all pages together."""
    return select(func.count()).select_from(streams).where(and_(*_conditions(query, tokens)))


def _conditions(query: Query, tokens: Sequence[Sequence[Sequence[int]]]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [streams.c.is_system == int(query.system)]
    if query.tenant_id is not None:
        conditions.append(streams.c.tenant_id == query.tenant_id)
    if query.stream_id is not None:
        conditions.append(streams.c.stream_id == query.stream_id)
    of_events = _of_events(query)
    if of_events:
        wanted = select(events.c.stream_number).where(*of_events, *_between(query, events.c.timestamp))
        conditions.append(streams.c.number.in_(wanted))
    if query.rating is not None:
        conditions.append(streams.c.number.in_(_rated(query)))
    if query.handled_by is not None:
        conditions.append(streams.c.number.in_(_handled(query)))
    conditions += _between(query, streams.c.last_at, streams.c.first_at)
    if tokens:
        conditions.append(or_(*(and_(*(_holds(one) for one in way)) for way in tokens)))
    return conditions


def _rated(query: Query) -> Select[Any]:
    """The streams in which an answer was rated so."""
    given = [events.c.event_type == str(AuditEventType.FEEDBACK_GIVEN), events.c.result == query.rating]
    if query.tenant_id is not None:
        given.append(events.c.tenant_id == query.tenant_id)
    return select(events.c.stream_number).where(*given)


def _handled(query: Query) -> Select[Any]:
    """The streams in which this member of staff took the conversation over."""
    joined = [events.c.event_type == str(AuditEventType.PERSON_JOINED), events.c.user_id == query.handled_by]
    if query.tenant_id is not None:
        joined.append(events.c.tenant_id == query.tenant_id)
    return select(events.c.stream_number).where(*joined)


def _holds(tokens: Sequence[int]) -> ColumnElement[bool]:
    return streams.c.number.in_(select(words.c.stream_number).where(words.c.token.in_(tokens)))


def _of_events(query: Query) -> list[ColumnElement[bool]]:
    given = {
        "customer_id": query.customer_id,
        "user_id": query.user_id,
        "agent": query.agent,
        "tool": query.tool,
        "decision": query.decision,
        "reason": query.reason,
        "severity": None if query.severity is None else str(query.severity),
    }
    found = [events.c[name] == value for name, value in given.items() if value is not None]
    if query.severity not in (None, AuditSeverity.INFO):
        # Word for word what the index of severities says: SQLite takes a partial index for nothing else.
        found.append(events.c.severity != literal_column("'info'"))
    if query.types:
        found.append(events.c.event_type.in_(sorted(query.types)))
    # The tenant comes first in every index of events, which would not be used without it.
    if found and query.tenant_id is not None:
        found.append(events.c.tenant_id == query.tenant_id)
    return found


def _between(
    query: Query, last: ColumnElement[str], first: ColumnElement[str] | None = None
) -> list[ColumnElement[bool]]:
    found = []
    if query.since is not None:
        found.append(last >= wire_time(query.since))
    if query.until is not None:
        found.append((last if first is None else first) < wire_time(query.until))
    return found


def conversation(row: Any) -> IndexedConversation:
    """A stream's row as callers see it."""
    return IndexedConversation(
        stream_id=row.stream_id,
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        customer_id=row.customer_id,
        first_at=datetime.fromisoformat(row.first_at),
        last_at=datetime.fromisoformat(row.last_at),
        events=row.events,
        last_sequence=row.last_sequence,
        hash=row.last_hash,
        agents=tuple(row.agents.split()),
        denials=row.denials,
        alerts=row.alerts,
    )


async def published(connection: AsyncConnection, stream_id: str, after: int, limit: int | None) -> list[bytes]:
    """A stream's events as published, by sequence, from `after` + 1 on."""
    number = select(streams.c.number).where(streams.c.stream_id == stream_id).scalar_subquery()
    wanted = (
        select(bodies.c.published)
        .join(events, events.c.number == bodies.c.number)
        .where(events.c.stream_number == number, events.c.sequence > after)
        .order_by(events.c.sequence)
        .limit(limit)
    )
    return list((await connection.execute(wanted)).scalars())


async def tenants(connection: AsyncConnection) -> list[str]:
    """Every tenant that the index knows."""
    return list((await connection.execute(select(streams.c.tenant_id).distinct())).scalars())


async def status(connection: AsyncConnection) -> Status:
    """How much there is, and what is missing."""
    is_conversation = func.sum(1 - streams.c.is_system)
    counts = (await connection.execute(select(func.sum(streams.c.events), is_conversation))).one()
    missing = streams.c.last_sequence - streams.c.events
    gap = streams.c.events != streams.c.last_sequence
    lost = await connection.scalar(select(func.sum(missing)).where(gap))
    named = select(streams.c.stream_id, missing).where(gap).order_by(streams.c.stream_id).limit(MOST_GAPS)
    gaps = tuple(Gap(row[0], int(row[1])) for row in await connection.execute(named))
    alarmed = await connection.scalar(select(func.count()).select_from(alarms))
    return Status(int(counts[0] or 0), int(counts[1] or 0), int(lost or 0), gaps, int(alarmed or 0))


async def known_alarms(connection: AsyncConnection, *, announced: bool | None, limit: int) -> list[Alarm]:
    """The alarms, oldest first; with `announced` only those that were, or were not, put on the record."""
    columns = [alarms.c[name] for name in Alarm.__dataclass_fields__]
    wanted = select(*columns).order_by(alarms.c.number).limit(limit)
    if announced is not None:
        wanted = wanted.where(alarms.c.announced == int(announced))
    return [Alarm(**row._mapping) for row in await connection.execute(wanted)]
