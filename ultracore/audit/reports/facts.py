"""Events as reports and viewings read them: the clear part, and the sealed part only if it is needed.

Opening an envelope costs as much as counting fifty events, so the caller says which events must be opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from ultracore.audit.events import AuditEvent, AuditEventType, wire_time
from ultracore.audit.store import EventBody, RecordReader
from ultracore.errors import AuditUnavailable
from ultracore.zone import bank_zone, day_of

_STANDS_IN: Final = "digest_"
_MINUTE: Final = len("2026-11-30T07:00")
_NOTHING: Final = msgspec.Raw(b"null")


# No fact refers to another: the garbage collector need not look at a million of them.
class RecordedFact(msgspec.Struct, frozen=True, gc=False):
    """One event, as far as reports and viewings look at it; names and values as on the wire."""

    event_id: str
    event_type: str
    severity: str
    timestamp: str
    stream_id: str | None = None
    turn_id: str | None = None
    user_id: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    action: str | None = None
    result: str | None = None
    metadata: dict[str, Any] | None = None
    sealed: msgspec.Raw = _NOTHING

    def told(self, name: str) -> Any:
        """A member of the metadata, or `None`."""
        return None if self.metadata is None else self.metadata.get(name)

    @property
    def beside(self) -> str | None:
        """The conversation's event beside which this one stands, if it does: the two are one happening."""
        beside: str | None = self.told("beside")
        return beside

    @property
    def stood_in(self) -> bool:
        """True if an id of an odd shape is sealed and a digest stands in its place."""
        user, resource = self.user_id, self.resource_id
        return (user is not None and user.startswith(_STANDS_IN)) or (
            resource is not None and resource.startswith(_STANDS_IN)
        )


_decoder: Final = msgspec.json.Decoder(RecordedFact)


@dataclass(frozen=True, slots=True)
class FactFilter:
    """A tenant's events of some types, from `since` (inclusive) to `until` (exclusive)."""

    tenant_id: str
    types: Collection[AuditEventType]
    since: datetime
    until: datetime


def facts(
    reader: RecordReader, wanted: FactFilter, needed: Callable[[RecordedFact], bool]
) -> Iterator[RecordedFact]:
    """The wanted events, in the order in which they became durable; opened if `needed` says so and a key exists.

    Raises `AuditUnavailable` if the record cannot be read, or an event of it was altered.
    """
    for stored in _bodies(reader, wanted):
        fact = _clear(stored)
        # Asked first: to compare what is sealed costs more, and most events need not be opened.
        if (fact.stood_in or needed(fact)) and fact.sealed != _NOTHING:
            yield _opened(reader.opened(stored))
        else:
            yield fact


def by_day(times: Iterable[str]) -> dict[str, int]:
    """How many of these times, as on the wire, fall on each day of the bank's time zone; the first day first."""
    return dict(sorted(Counter(_day(moment[:_MINUTE]) for moment in times).items()))


@lru_cache(maxsize=4_096)
def _of_minute(minute: str, zone: str) -> str:
    """No day begins within a minute, so that a long record is a few thousand conversions."""
    return day_of(datetime.fromisoformat(f"{minute}+00:00")).isoformat()


def _day(minute: str) -> str:
    return _of_minute(minute, bank_zone().key)


def _bodies(reader: RecordReader, wanted: FactFilter) -> Iterator[EventBody]:
    """In the order of the file: a record larger than memory is then read in one sweep, not from place to place."""
    types = sorted(str(event_type) for event_type in wanted.types)
    marks = ", ".join("?" * len(types))
    named = (
        f"SELECT position FROM events WHERE tenant_id = ? AND event_type IN ({marks}) "  # noqa: S608 - marks only
        "AND timestamp >= ? AND timestamp < ?"
    )
    times = wire_time(wanted.since), wire_time(wanted.until)
    return reader.bodies(f"position IN ({named})", (wanted.tenant_id, *types, *times), "position")


def _clear(stored: EventBody) -> RecordedFact:
    try:
        return _decoder.decode(stored.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        place = f"{stored.stream_id} {stored.sequence}"
        raise AuditUnavailable(f"event {place} was altered and cannot be read", code="audit.altered") from exc


def _opened(event: AuditEvent) -> RecordedFact:
    told = event.to_dict()
    names = [name for name in RecordedFact.__struct_fields__ if name != "sealed"]
    return RecordedFact(**{name: told[name] for name in names})
