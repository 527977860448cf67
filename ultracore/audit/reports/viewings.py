"""Looks at a customer's data, from the record: members of staff who read, opened, searched or exported it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal

from ultracore.audit.events import AuditEventType, read_time, wire_time
from ultracore.audit.reports.facts import FactFilter, RecordedFact, facts
from ultracore.audit.store import AuditStore, RecordReader

ViewingKind = Literal["read", "conversation", "export"]

DOWNLOAD: Final = "download"
"""The action of a person's download of their own data; no other person looks at it then."""

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)
_TYPES: Final = frozenset(
    {AuditEventType.DATA_ACCESSED, AuditEventType.CONVERSATION_VIEWED, AuditEventType.DATA_EXPORTED}
)
_KINDS: Final[dict[AuditEventType, ViewingKind]] = {
    AuditEventType.DATA_ACCESSED: "read",
    AuditEventType.CONVERSATION_VIEWED: "conversation",
    AuditEventType.DATA_EXPORTED: "export",
}


@dataclass(frozen=True, slots=True)
class Viewing:
    """One look at a customer's data.

    `who` is the user id of the member of staff, or the operating system's user if it was done at the bank's own
    servers (`at_server`). `action` is the tool, or what was done; `conversation_id` is set if one recorded
    conversation was opened or exported, and `everything` if an export was of all. `reason` is what they stated.
    """

    time: datetime
    kind: ViewingKind
    who: str
    at_server: bool
    action: str
    conversation_id: str | None
    everything: bool
    reason: str | None


class Viewings:
    """Answers from the record alone."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def of_customer(
        self, tenant_id: str, customer_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Viewing]:
        """Every look at this customer's data from `since` on and before `until`, newest first.

        What opened or exported a conversation counts if it is the customer's own, or one in which staff read
        their data, whenever that was. An export of everything counts for all customers then on the record.
        Reads the clear part of all the tenant's viewings, and opens those of the customer. Raises
        `AuditUnavailable`.
        """
        asked = FactFilter(tenant_id, _TYPES, since or _EARLIEST, until or _LATEST)
        return await self._store.read(partial(_looks, asked=asked, customer_id=customer_id))


@dataclass(frozen=True, slots=True)
class _Concern:
    """The test of a look for one customer's data. `known_since` is written as on the wire."""

    customer_id: str
    streams: frozenset[str | None]
    known_since: str | None

    def __call__(self, fact: RecordedFact) -> bool:
        if fact.action == DOWNLOAD:
            return False
        if fact.resource_type == "customer":
            return fact.resource_id == self.customer_id
        if fact.resource_id is None:
            return self.known_since is not None and self.known_since <= fact.timestamp
        return fact.resource_id in self.streams


def _looks(reader: RecordReader, asked: FactFilter, customer_id: str) -> list[Viewing]:
    streams = reader.streams(tenant_id=asked.tenant_id, customer_id=customer_id)
    concerns = _Concern(
        customer_id,
        frozenset({*(stream.stream_id for stream in streams), *_read_in(reader, asked, customer_id)}),
        min((wire_time(stream.first_at) for stream in streams), default=None),
    )
    # Asked twice, because an id that was sealed is known only after the event was opened.
    found = [_viewing(fact) for fact in facts(reader, asked, concerns) if concerns(fact)]
    return sorted(found, key=lambda viewing: viewing.time, reverse=True)


def _read_in(reader: RecordReader, asked: FactFilter, customer_id: str) -> Iterator[str | None]:
    """The conversations in which this customer's data was read, at any time."""
    reads = FactFilter(asked.tenant_id, {AuditEventType.DATA_ACCESSED}, _EARLIEST, _LATEST)
    for fact in facts(reader, reads, lambda _: False):
        if fact.resource_id == customer_id:
            yield fact.stream_id


def _viewing(fact: RecordedFact) -> Viewing:
    event_type, conversation = AuditEventType(fact.event_type), fact.resource_type == "conversation"
    operator = fact.told("operating_system_user")
    return Viewing(
        time=read_time(fact.timestamp),
        kind=_KINDS[event_type],
        who=str(operator or fact.user_id or "unknown"),
        at_server=operator is not None,
        action=fact.action or str(event_type),
        conversation_id=fact.resource_id if conversation else None,
        everything=conversation and fact.resource_id is None,
        reason=fact.told("stated_reason") or None,
    )
