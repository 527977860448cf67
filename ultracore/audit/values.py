"""Values that the record's parts share: subjects of keys, drafts that are appended, and listings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ultracore.audit.events import AuditEvent, AuditEventType
from ultracore.principal import Principal

SubjectKind = Literal["customer", "staff", "tenant", "evidence"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The owner of the key that seals an event: a customer, a staff member, or the tenant for the rest.

    Transaction evidence (`evidence.py`) has keys of its own, with the id `customer/year`.
    """

    kind: SubjectKind
    tenant_id: str
    id: str

    @property
    def customer_id(self) -> str | None:
        """The customer whom it tells of, if it is one."""
        if self.kind == "evidence":
            return self.id.rpartition("/")[0]
        return self.id if self.kind == "customer" else None

    @classmethod
    def of(cls, principal: Principal) -> Subject:
        """The customer if the principal acts for one, else the staff member."""
        return cls.of_user(principal.tenant_id, principal.user_id, principal.customer_id)

    @classmethod
    def of_user(cls, tenant_id: str, user_id: str, customer_id: str | None) -> Subject:
        """The customer whose login it is, else the staff member."""
        if customer_id is not None:
            return cls("customer", tenant_id, customer_id)
        return cls("staff", tenant_id, user_id)

    @classmethod
    def of_tenant(cls, tenant_id: str) -> Subject:
        """The tenant itself."""
        return cls("tenant", tenant_id, tenant_id)


@dataclass(frozen=True, slots=True)
class Origin:
    """The actor of an event with their browser, conversation and turn.

    The stream is `stream_id`, else the conversation `session_id`, else the tenant's system stream of the day.
    """

    tenant_id: str | None
    user_id: str | None = None
    session_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    turn_id: str | None = None
    stream_id: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be appended. It has its `stream_id`; the store gives sequence and hashes."""

    event: AuditEvent
    subject: Subject


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a durable append. `event` is the event as it now stands, masked, its content readable."""

    event_id: str
    stream_id: str
    sequence: int
    hash: str
    event: AuditEvent


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream in a listing; `events` is also its last sequence and `hash` its last event's."""

    stream_id: str
    tenant_id: str
    user_id: str | None
    customer_id: str | None
    first_at: datetime
    last_at: datetime
    events: int
    hash: str


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """A decision to act whose outcome is not on the record (or is `unknown`)."""

    event_id: str
    stream_id: str
    sequence: int
    tenant_id: str
    turn_id: str | None
    request_id: str | None
    tool: str | None
    proposal: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """One signed head list; `published` is its canonical JSON, with hash and signature."""

    index: int
    hash: str
    published: bytes


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a reader wants; `None` means any. `since` is inclusive, `until` exclusive."""

    tenant_id: str | None = None
    user_id: str | None = None
    stream_id: str | None = None
    types: frozenset[AuditEventType] | None = None
    since: datetime | None = None
    until: datetime | None = None
