"""Appends groups of drafts to the SQLite record: the chain is made here."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ultracore.audit.canonical import NO_HASH, canonical, event_hash
from ultracore.audit.events import AuditEvent, AuditEventType
from ultracore.audit.interfaces import Draft, Receipt
from ultracore.audit.keys import MasterKey
from ultracore.audit.prepare import BrokenEvent, divided, rejected, sealed_event
from ultracore.audit.sealing_keys import SealingKeys
from ultracore.errors import AuditUnavailable

_CLOSING: Final = (AuditEventType.TOOL_EXECUTED, AuditEventType.OUTCOME_RESOLVED)

_INSERT_EVENT: Final = (
    "INSERT INTO events (event_id, stream_id, sequence, tenant_id, user_id, event_type, timestamp, hash, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPSERT_STREAM: Final = (
    "INSERT INTO streams "
    "(stream_id, tenant_id, user_id, customer_id, is_system, sequence, hash, first_at, last_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id) DO UPDATE SET "
    "sequence = excluded.sequence, hash = excluded.hash, last_at = excluded.last_at, "
    "user_id = coalesce(streams.user_id, excluded.user_id), "
    "customer_id = coalesce(streams.customer_id, excluded.customer_id)"
)
_INSERT_INTENT: Final = "INSERT INTO open_intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class _Prepared:
    """A draft that only lacks its place in the chain. `refused` is what its caller is told once it is durable."""

    draft: Draft
    shown: dict[str, Any]
    wire: dict[str, Any]
    refused: AuditUnavailable | None
    receipt: Receipt | None = None


class Appender:
    """Masks, seals, chains and inserts. Belongs to one thread and one connection at a time."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._keys = SealingKeys(master)

    def append(self, db: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Receipt | AuditUnavailable]:
        """Append a group in one transaction; it is durable when this returns. Raises `sqlite3.Error`: none is in.

        A draft that cannot be recorded is answered by an error; the others are not affected.
        """
        prepared = [self._prepare(db, draft) for draft in drafts]
        db.execute("BEGIN IMMEDIATE")
        try:
            self._insert(db, prepared)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return [_answer(item) for item in prepared]

    def _prepare(self, db: sqlite3.Connection, draft: Draft) -> _Prepared:
        try:
            return self._sealed(db, draft, None)
        except BrokenEvent as exc:
            reason = exc.reason
        refused = AuditUnavailable(f"the event cannot be recorded: {reason}", code="audit.event_rejected")
        return self._sealed(db, rejected(draft, reason, self._master), refused)

    def _sealed(self, db: sqlite3.Connection, draft: Draft, refused: AuditUnavailable | None) -> _Prepared:
        content = divided(draft.event, self._master)
        key = self._keys.for_subject(db, draft.subject)
        return _Prepared(draft, content.shown, sealed_event(content, key), refused)

    def _insert(self, db: sqlite3.Connection, group: Sequence[_Prepared]) -> None:
        heads: dict[str, tuple[int, str]] = {}
        last: dict[str, _Prepared] = {}
        rows = []
        for item in group:
            stream = item.wire["stream_id"]
            body = self._chain(item, heads.get(stream) or _head_of(db, stream))
            receipt = item.receipt
            assert receipt is not None  # noqa: S101 - `_chain` has just set it
            heads[stream], last[stream] = (receipt.sequence, receipt.hash), item
            rows.append((*_columns(item.wire), receipt.hash, body))
        db.executemany(_INSERT_EVENT, rows)
        db.executemany(_UPSERT_STREAM, [_stream_row(item) for item in last.values()])
        for item in group:
            _note_intent(db, item.wire)

    def _chain(self, item: _Prepared, head: tuple[int, str]) -> bytes:
        wire = item.wire
        wire["sequence"], wire["prev_hash"] = head[0] + 1, head[1]
        body = canonical(wire)
        hash_ = event_hash(head[1], body)
        item.receipt = Receipt(wire["event_id"], wire["stream_id"], wire["sequence"], hash_, _seen(item, hash_))
        return body


def _answer(item: _Prepared) -> Receipt | AuditUnavailable:
    if item.refused is not None:
        return item.refused
    assert item.receipt is not None  # noqa: S101 - set in the transaction that was committed
    return item.receipt


def _seen(item: _Prepared, hash_: str) -> AuditEvent:
    """The event as its writer sees it: masked, with the sealed content readable."""
    wire, source = item.wire, item.draft.event
    place = {name: wire[name] for name in ("sequence", "prev_hash", "sealed")}
    typed = {"event_type": source.event_type, "severity": source.severity, "timestamp": source.timestamp}
    return AuditEvent(**{**item.shown, **place, **typed, "hash": hash_})


def _head_of(db: sqlite3.Connection, stream_id: str) -> tuple[int, str]:
    row = db.execute("SELECT sequence, hash FROM streams WHERE stream_id = ?", (stream_id,)).fetchone()
    return (0, NO_HASH) if row is None else (row[0], row[1])


def _columns(wire: dict[str, Any]) -> tuple[Any, ...]:
    return (
        wire["event_id"],
        wire["stream_id"],
        wire["sequence"],
        wire["tenant_id"],
        wire["user_id"],
        wire["event_type"],
        wire["timestamp"],
    )


def _stream_row(item: _Prepared) -> tuple[Any, ...]:
    wire, subject = item.wire, item.draft.subject
    return (
        wire["stream_id"],
        wire["tenant_id"],
        wire["user_id"],
        subject.customer_id,
        wire["stream_id"].startswith("system:"),
        wire["sequence"],
        item.receipt.hash if item.receipt else "",
        wire["timestamp"],
        wire["timestamp"],
    )


def _note_intent(db: sqlite3.Connection, wire: dict[str, Any]) -> None:
    """Keep the list of allowed decisions without a known outcome, in the transaction of the event itself."""
    metadata = wire["metadata"] or {}
    if wire["event_type"] == AuditEventType.TOOL_DECIDED and wire["result"] == "allowed":
        names = ("event_id", "stream_id", "sequence", "tenant_id", "turn_id", "request_id")
        place = [wire[name] for name in names]
        db.execute(_INSERT_INTENT, (*place, metadata.get("tool"), metadata.get("proposal"), wire["timestamp"]))
    elif wire["event_type"] in _CLOSING and wire["result"] != "unknown" and "intent" in metadata:
        db.execute("DELETE FROM open_intents WHERE event_id = ?", (metadata["intent"],))
