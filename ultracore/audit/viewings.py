"""Who looked at a customer's data: what members of staff read, opened, searched or exported, from the record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from ultracore.audit.events import AuditEvent, AuditEventType
from ultracore.audit.interfaces import AuditStore, EventFilter

ViewingKind = Literal["read", "conversation", "export"]

MOST_SEARCHED: Final = 100_000
DOWNLOAD: Final = "download"
"""The action of a person's download of their own data; that is nobody else's look at it."""

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

    `who` is the user id of the member of staff, or the operating system's user where it was done at the bank's own
    servers (`at_server`). `action` is the tool, or what was done; `conversation_id` is set where one recorded
    conversation was opened or exported, and `everything` where an export was of all. `reason` is what they stated.
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

        What opened or exported a conversation counts where it is the customer's own, or one in which staff read
        their data; an export of everything counts for everybody who was on the record then. The newest
        `MOST_SEARCHED` events of the tenant's viewings are searched. Raises `AuditUnavailable`.
        """
        wanted = EventFilter(tenant_id=tenant_id, types=_TYPES, since=since, until=until)
        events = await self._store.recent(wanted, limit=MOST_SEARCHED)
        streams = await self._store.streams(tenant_id=tenant_id, customer_id=customer_id)
        theirs = {stream.stream_id for stream in streams} | set(_read_in(events, customer_id))
        known_since = min((stream.first_at for stream in streams), default=None)
        return [_viewing(event) for event in events if _concerns(event, customer_id, theirs, known_since)]


def _read_in(events: Iterable[AuditEvent], customer_id: str) -> Iterator[str]:
    """The staff conversations in which this customer's data was read."""
    for event in events:
        if event.event_type is AuditEventType.DATA_ACCESSED and event.resource_id == customer_id:
            yield event.stream_id or ""


def _concerns(event: AuditEvent, customer_id: str, streams: Collection[str], known_since: datetime | None) -> bool:
    if event.action == DOWNLOAD:
        return False
    if event.resource_type == "customer":
        return event.resource_id == customer_id
    if event.resource_id is None:
        return known_since is not None and known_since <= event.timestamp
    return event.resource_id in streams


def _viewing(event: AuditEvent) -> Viewing:
    metadata: dict[str, Any] = event.metadata or {}
    operator, conversation = metadata.get("operating_system_user"), event.resource_type == "conversation"
    return Viewing(
        time=event.timestamp,
        kind=_KINDS[event.event_type],
        who=str(operator or event.user_id or "unknown"),
        at_server=operator is not None,
        action=event.action or str(event.event_type),
        conversation_id=event.resource_id if conversation else None,
        everything=conversation and event.resource_id is None,
        reason=metadata.get("stated_reason") or None,
    )
