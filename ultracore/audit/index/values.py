"""Values that the index's parts share: questions, answers, and the source of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.values import Subject

DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which conversations are wanted; `None` or empty means any.

    What is said of events (`customer_id`, `user_id`, `agent`, `tool`, `decision`, `reason`, `severity`, `types`)
    must hold of one and the same event; every one of `words` must occur somewhere in the conversation, and so
    must a `rating` (`good`, `bad`) of an answer, also one that was taken back later, and the arrival of the member
    of staff `handled_by`, who took the conversation over. `since` (inclusive) and `until` (exclusive) bound that
    event, or the conversation if nothing is said of events. `system` asks for system streams instead of
    conversations. The newest come first, or with `oldest_first` the oldest.
    """

    tenant_id: str | None = None
    stream_id: str | None = None
    customer_id: str | None = None
    user_id: str | None = None
    agent: str | None = None
    tool: str | None = None
    decision: str | None = None
    reason: str | None = None
    severity: AuditSeverity | None = None
    types: frozenset[AuditEventType] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[str, ...] = ()
    rating: str | None = None
    handled_by: str | None = None
    system: bool = False
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    oldest_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedConversation:
    """One stream as the index knows it.

    `events` of `last_sequence` have arrived: fewer means a gap. `hash` is the hash of the event `last_sequence`.
    `user_id` and `customer_id` are the first that the stream names. `denials` counts refusals, `alerts` events of
    severity `error` or `critical`.
    """

    stream_id: str
    tenant_id: str
    user_id: str | None
    customer_id: str | None
    first_at: datetime
    last_at: datetime
    events: int
    last_sequence: int
    hash: str
    agents: tuple[str, ...]
    denials: int
    alerts: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the index is behind its source: events, and the age in seconds of the oldest that is missing."""

    events: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An event arrived that the record cannot hold. `kind` is a stable code:

    `second_hash` (one event id with two hashes), `second_event` (two events at one place of a stream), `altered`
    (the hash does not fit the event), `unreadable` (no event at all). `other_hash` is what arrived and was
    refused; of something unreadable it is the SHA-256.
    """

    number: int
    kind: str
    tenant_id: str
    stream_id: str
    sequence: int
    event_id: str
    known_hash: str
    other_hash: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A stream of which events are missing below its last sequence."""

    stream_id: str
    missing: int


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of the index. `missing` counts the events that the gaps leave out; `gaps` names some of them."""

    events: int
    conversations: int
    missing: int
    gaps: tuple[Gap, ...]
    alarms: int


@dataclass(frozen=True, slots=True)
class Key:
    """A sealing key as it stands. `wrapped` is `None` once the key was destroyed."""

    key_id: str
    subject: Subject
    wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class Move:
    """How far a batch reaches at one place of a source: from what the index had applied to what it has then."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events as published, in any order, and how far they bring the index at each place of the source."""

    events: Sequence[bytes] = ()
    moves: Mapping[str, Move] = field(default_factory=dict)


class Source(Protocol):
    """A source of events. Belongs to one consumer."""

    @property
    def name(self) -> str:
        """Under which its progress is kept."""

    async def next(self, progress: Mapping[str, int]) -> Batch:
        """The events after `progress`; no moves if none came for a moment. Raises the driver's exceptions."""

    async def lag(self, progress: Mapping[str, int]) -> Lag:
        """How much comes after `progress`. Raises `Unavailable` if the source does not answer."""

    async def close(self) -> None:
        """Let go of connections, within 10 s."""
