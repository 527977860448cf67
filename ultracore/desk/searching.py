"""What is asked for in `/desk/conversations`, read from the address; a filter that is none is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from ultracore.audit import AuditEventType, AuditSeverity
from ultracore.audit.index import Query
from ultracore.errors import InvalidInput
from ultracore.web import PageNumber
from ultracore.zone import start_of

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
    "from",
    "to",
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
        types=_TYPES[_one_of(fields, "event", tuple(_TYPES))],
        tool=fields["tool"] or None,
        decision=_one_of(fields, "decision", DECISIONS) or None,
        severity=AuditSeverity(severity) if severity else None,
        rating=_one_of(fields, "rating", tuple(dict(RATINGS))) or None,
        since=_day(fields, "from", 0),
        until=_day(fields, "to", 1),
        words=tuple(fields["words"].split()),
        oldest_first=_one_of(fields, "sort", ("", "new", "old")) == "old",
    )


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


def _day(fields: Mapping[str, str], name: str, days: int) -> datetime | None:
    """The first moment of the bank's day, or of the one after it: the last day counts."""
    if not fields[name]:
        return None
    try:
        read = datetime.strptime(fields[name], "%Y-%m-%d").replace(tzinfo=UTC)
        return start_of(date(read.year, read.month, read.day) + timedelta(days=days))
    except (ValueError, OverflowError) as error:
        raise _unusable(name) from error


def _unusable(name: str) -> InvalidInput:
    shown = name[:40] if name.isprintable() else "a field"
    return InvalidInput(
        "a filter that cannot be used", code="desk.filter", sentence=f"This filter cannot be used: {shown}."
    )
