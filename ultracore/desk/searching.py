"""What is asked for in `/desk/conversations`, read from the address; a filter that is none is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ultracore.audit import AuditEventType, AuditSeverity
from ultracore.audit.index import Query
from ultracore.errors import InvalidInput
from ultracore.web import PageNumber
from ultracore.zone import moment_at, start_of

SHORTEST_REASON: Final = 5
LONGEST_REASON: Final = 200
DECISIONS: Final = ("", "allowed", "denied", "needs_approval", "approved", "declined", "expired")
SEVERITIES: Final = ("", "info", "warning", "error", "critical")
EVENTS: Final = (
    ("", "anything"),
    ("person", "asked for a person"),
    ("failed", "a turn failed"),
    ("stopped", "an answer was stopped"),
    ("limited", "too many messages"),
)
RATINGS: Final = (("", "any"), ("bad", "not helpful"), ("good", "helpful"))
SORTS: Final = (("new", "Newest first"), ("old", "Oldest first"))
FIELDS: Final = (
    "customer",
    "user",
    "agent",
    "tool",
    "decision",
    "severity",
    "rating",
    "event",
    "guardrail",
    "handled",
    "from",
    "from_time",
    "to",
    "to_time",
    "words",
    "sort",
    "reason",
)
_PERSON: Final = "person"
_TYPES: Final[Mapping[str, frozenset[AuditEventType]]] = {
    "": frozenset(),
    _PERSON: frozenset({AuditEventType.HANDOFF_REQUESTED}),
    "failed": frozenset({AuditEventType.TURN_FAILED}),
    "stopped": frozenset({AuditEventType.TURN_STOPPED}),
    "limited": frozenset({AuditEventType.RATE_LIMIT_EXCEEDED}),
}
_BESIDE: Final = ("page",)
_LONGEST: Final = 200
_CODE: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}")


@dataclass(frozen=True, slots=True)
class Search:
    """The fields as they were filled in, and the query that they make."""

    fields: Mapping[str, str]
    query: Query

    @property
    def lacks_reason(self) -> bool:
        """True while words are wanted and no reason was given."""
        return bool(self.query.words) and not SHORTEST_REASON <= len(self.fields["reason"]) <= LONGEST_REASON

    @property
    def told(self) -> dict[str, Any]:
        """What was asked for, for the record."""
        return {name: value for name, value in self.fields.items() if value}

    def page(self, number: PageNumber) -> Query:
        """The query of one page of the list."""
        return replace(self.query, limit=number.limit, offset=number.offset)


def read_search(given: Mapping[str, str], tenant_id: str) -> Search:
    """Raises `InvalidInput` that names the field which cannot be used."""
    for name, value in given.items():
        if name not in (*FIELDS, *_BESIDE) or len(value) > _LONGEST or "\0" in value:
            raise _unusable(name)
    fields = {name: " ".join(given.get(name, "").split()) for name in FIELDS}
    return Search(fields, _query(fields, tenant_id))


def _query(fields: Mapping[str, str], tenant_id: str) -> Query:
    severity = _one_of(fields, "severity", SEVERITIES)
    return Query(
        tenant_id=tenant_id,
        customer_id=fields["customer"] or None,
        user_id=fields["user"] or None,
        agent=_agent(fields),
        types=_types(fields),
        reason=fields["guardrail"] or None,
        handled_by=fields["handled"] or None,
        tool=fields["tool"] or None,
        decision=_one_of(fields, "decision", DECISIONS) or None,
        severity=AuditSeverity(severity) if severity else None,
        rating=_one_of(fields, "rating", tuple(dict(RATINGS))) or None,
        since=_moment(fields, "from"),
        until=_moment(fields, "to", last=True),
        words=tuple(fields["words"].split()),
        oldest_first=_one_of(fields, "sort", ("", "new", "old")) == "old",
    )


def _types(fields: Mapping[str, str]) -> frozenset[AuditEventType]:
    event = _one_of(fields, "event", tuple(_TYPES))
    if not fields["guardrail"]:
        return _TYPES[event]
    # One event is either, so that both together would find nothing.
    if event or not _CODE.fullmatch(fields["guardrail"]):
        raise _unusable("guardrail")
    return frozenset({AuditEventType.GUARDRAIL_TRIGGERED})


def _agent(fields: Mapping[str, str]) -> str | None:
    """Whom an event names: an agent, or the person to whom a conversation was to be handed over."""
    if fields["event"] != _PERSON:
        return fields["agent"].capitalize() or None
    if fields["agent"]:
        # An event names one of them, so that both together would find nothing.
        raise _unusable("agent")
    return _PERSON


def _one_of(fields: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    if fields[name] not in known:
        raise _unusable(name)
    return fields[name]


def _moment(fields: Mapping[str, str], name: str, *, last: bool = False) -> datetime | None:
    """The moment from which, or with `last` before which, events count: that day or minute itself counts."""
    day, clock = _read(fields, name, "%Y-%m-%d"), _read(fields, name + "_time", "%H:%M")
    if day is None and clock is not None:
        # The time of no day would be that of every day.
        raise _unusable(name + "_time")
    if day is None:
        return None
    try:
        if clock is None:
            return start_of(day.date() + timedelta(days=int(last)))
        # Added in UTC, as the next minute on the wall may be an hour away.
        return moment_at(day.date(), clock.time()) + timedelta(minutes=int(last))
    except (ValueError, OverflowError) as error:
        raise _unusable(name) from error


def _read(fields: Mapping[str, str], name: str, form: str) -> datetime | None:
    if not fields[name]:
        return None
    try:
        return datetime.strptime(fields[name], form).replace(tzinfo=UTC)
    except ValueError as error:
        raise _unusable(name) from error


def _unusable(name: str) -> InvalidInput:
    shown = name[:40] if name.isprintable() else "a field"
    return InvalidInput(
        "a filter that cannot be used", code="desk.filter", sentence=f"This filter cannot be used: {shown}."
    )
