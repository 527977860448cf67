"""From the bytes of a topic or store to what the index writes: checked, opened if the key exists, tokenised.

Nothing here waits: it runs in a thread of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from ultracore.audit.canonical import event_hash
from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.index.values import Key
from ultracore.audit.index.words import WordTokens
from ultracore.audit.sealing import DataKey, EnvelopeBroken, MasterKey, unwrapped

_APPROVALS: Final = {
    AuditEventType.APPROVAL_GIVEN: "approved",
    AuditEventType.APPROVAL_DECLINED: "declined",
    AuditEventType.APPROVAL_EXPIRED: "expired",
}
_BY_RESULT: Final = frozenset(
    {
        AuditEventType.TOOL_DECIDED,
        AuditEventType.PERMISSION_GRANTED,
        AuditEventType.PERMISSION_DENIED,
        AuditEventType.ACCESS_BLOCKED,
        AuditEventType.GUARDRAIL_TRIGGERED,
        AuditEventType.RATE_LIMIT_EXCEEDED,
    }
)
_ALERTS: Final = (AuditSeverity.ERROR, AuditSeverity.CRITICAL)


_LONGEST: Final = 256
_NUL: Final = b"\\u0000"

# No clear part of the record's own is longer (`clear.py`), and no database of ours takes more of each.
Text = Annotated[str, msgspec.Meta(max_length=_LONGEST)]
Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
Place = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]


class Wire(msgspec.Struct):
    """The members of a published event that the index reads; everything else stays in its bytes."""

    event_id: Text
    event_type: AuditEventType
    timestamp: Time
    tenant_id: Text
    stream_id: Text
    sequence: Place
    prev_hash: Text
    hash: Text
    severity: AuditSeverity
    user_id: Text | None
    turn_id: Text | None
    action: Text | None
    result: Text | None
    resource_type: Text | None
    resource_id: Text | None
    metadata: dict[str, Any] | None
    sealed: Sealed | None


class Sealed(msgspec.Struct):
    """The envelope of an event (`envelope.py`)."""

    key_id: Text
    nonce: str
    ciphertext: str


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """Bytes that are no event of the record: `kind` is `unreadable` or `altered`."""

    kind: str
    digest: str
    wire: Wire | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event, ready to be written: `row` lacks the numbers that the index gives; `tokens` are its words'."""

    wire: Wire
    published: bytes
    key_id: str | None
    row: dict[str, Any]
    tokens: set[int]

    @property
    def is_denial(self) -> bool:
        """A refusal of a tool, an access, a message or an answer."""
        return bool(self.row["decision"] == "denied")

    @property
    def is_alert(self) -> bool:
        """An error or a critical event, which wants attention."""
        return self.wire.severity in _ALERTS


_decode = msgspec.json.Decoder(Wire).decode


def read(published: bytes) -> Wire | UnreadableEvent:
    """An event whose hash fits it, or what is wrong with the bytes."""
    try:
        wire = _decode(published)
        datetime.fromisoformat(wire.timestamp)
        # Cut out as text, because encoding every event once more would be slower.
        unhashed = published.replace(b',"hash":"' + wire.hash.encode() + b'"', b"", 1)
        fits = event_hash(wire.prev_hash, unhashed) == wire.hash
        # PostgreSQL's texts hold no NUL, and both databases must refuse the same events.
        readable = _NUL not in published
    except (msgspec.MsgspecError, ValueError, RecursionError):
        readable = fits = False
    if not readable:
        return UnreadableEvent("unreadable", hashlib.sha256(published).hexdigest(), None)
    return wire if fits else UnreadableEvent("altered", wire.hash, wire)


def key_ids(wires: Iterable[Wire]) -> list[str]:
    """The keys that seal these events, each once."""
    return sorted({wire.sealed.key_id for wire in wires if wire.sealed is not None})


class Opener:
    """Opens events with the keys of the moment and makes their entries. For one thread at a time."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self.tokens = WordTokens(master)

    def entries(self, wires: Sequence[tuple[Wire, bytes]], keys: Iterable[Key]) -> list[EventRow]:
        """The entries of a batch. An event without a key, or that does not open, has no words."""
        known = {key.key_id: key for key in keys}
        open_keys: dict[str, DataKey] = {
            key.key_id: unwrapped(self._master, key.key_id, key.subject, key.wrapped)
            for key in known.values()
            if key.wrapped is not None
        }
        return [self._entry(wire, published, known, open_keys) for wire, published in wires]

    def _entry(
        self, wire: Wire, published: bytes, known: dict[str, Key], open_keys: dict[str, DataKey]
    ) -> EventRow:
        key_id = None if wire.sealed is None else wire.sealed.key_id
        if key_id is None or key_id not in known:
            return EventRow(wire, published, None, _row(wire, None), set())
        words = self._words(wire, open_keys.get(key_id))
        return EventRow(wire, published, key_id, _row(wire, known[key_id].subject.customer_id), words)

    def _words(self, wire: Wire, key: DataKey | None) -> set[int]:
        if key is None or wire.sealed is None:
            return set()
        try:
            sealed = {"nonce": wire.sealed.nonce, "ciphertext": wire.sealed.ciphertext}
            content = key.open(sealed, stream_id=wire.stream_id, event_id=wire.event_id).content
        except (EnvelopeBroken, json.JSONDecodeError):
            return set()
        return self.tokens.of_content(wire.tenant_id, content, system=is_system(wire.stream_id))


def is_system(stream_id: str) -> bool:
    """True for the streams of what belongs to no conversation."""
    return stream_id.startswith("system:")


def _row(wire: Wire, customer_id: str | None) -> dict[str, Any]:
    named = wire.resource_id if wire.resource_type == "customer" else None
    told = wire.metadata or {}
    return {
        "event_id": wire.event_id,
        "hash": wire.hash,
        "sequence": wire.sequence,
        "tenant_id": wire.tenant_id,
        "timestamp": wire.timestamp,
        "event_type": wire.event_type.value,
        "severity": wire.severity.value,
        "user_id": wire.user_id,
        "customer_id": customer_id or named,
        "agent": _text(told.get("agent") or told.get("target")),
        "tool": _text(told.get("tool")),
        "action": wire.action,
        "result": wire.result,
        "decision": _decision(wire, told),
        "reason": _text(told.get("reason")),
        "resource_type": wire.resource_type,
        "resource_id": wire.resource_id,
        "turn_id": wire.turn_id,
    }


def _decision(wire: Wire, told: Mapping[str, Any]) -> str | None:
    """`allowed`, `denied`, `needs_approval`, `approved`, `declined`, `expired`, `granted`, or a check's own."""
    if wire.event_type in _APPROVALS:
        return _APPROVALS[wire.event_type]
    return wire.result if wire.event_type in _BY_RESULT else _text(told.get("decision"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _LONGEST else None
