"""Appends groups of drafts to the record: the chain is made here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ultracore.audit.canonical import NO_HASH, canonical, canonical_plain, event_hash, is_plain, strict_object
from ultracore.audit.database import SqlConnection, transaction
from ultracore.audit.events import AuditEvent, AuditEventType
from ultracore.audit.sealing import (
    BrokenEvent,
    MasterKey,
    QuickTexts,
    SealingKeys,
    clear,
    divided,
    forget_texts,
    rejected,
    sealed_event,
)
from ultracore.audit.values import Draft, Receipt
from ultracore.errors import AuditUnavailable

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LEFT_TO_PREPARE: Final = (TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_CLOSING: Final = (AuditEventType.TOOL_EXECUTED, AuditEventType.OUTCOME_RESOLVED)

_INSERT_EVENT: Final = (
    "INSERT INTO events (event_id, stream_id, sequence, tenant_id, user_id, event_type, timestamp, hash, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# A stream keeps the first user and customer that it names, although others write into it later.
_UPSERT_STREAM: Final = (
    "INSERT INTO streams "
    "(stream_id, tenant_id, user_id, customer_id, is_system, sequence, hash, first_at, last_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id) DO UPDATE SET "
    "sequence = excluded.sequence, hash = excluded.hash, "
    "last_at = CASE WHEN excluded.last_at > streams.last_at THEN excluded.last_at ELSE streams.last_at END, "
    "user_id = coalesce(streams.user_id, excluded.user_id), "
    "customer_id = coalesce(streams.customer_id, excluded.customer_id)"
)
_StreamRow = tuple[str, str, str | None, str | None, int, int, str, str, str]
_NO_HEAD: Final = (0, NO_HASH)
_INSERT_INTENT: Final = "INSERT INTO open_intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class PreparedEvent:
    """A draft that only lacks its place in the chain. `refused` is what its caller is told once it is durable.

    `epoch` is the one of the keys with which it was sealed.
    """

    draft: Draft
    shown: dict[str, Any]
    wire: dict[str, Any]
    refused: AuditUnavailable | None
    epoch: str | None
    receipt: Receipt | None = None


class Appender:
    """Masks, seals, chains and inserts. Belongs to one thread and one connection; `prepare_now` to any thread."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._keys = SealingKeys(master)

    def prepare_now(self, draft: Draft) -> PreparedEvent | None:
        """Mask and seal a draft whose key and texts need no more than a look; else `None`: it is for `prepare`.

        Its caller is an event loop: long texts, those that the rules must see, keys that are not in memory, and
        what is wrong with an event are left to the writing thread.
        """
        try:
            _require_names(draft)
            known = self._keys.known(draft.subject)
            if known is None:
                return None
            content = divided(draft.event, self._master, QuickTexts())
            return PreparedEvent(draft, content.shown, sealed_event(content, known[0]), None, known[1])
        # Not answered here: `prepare` meets the same error in the writing thread, and knows how to refuse it.
        except _LEFT_TO_PREPARE:
            return None

    def prepare(self, db: SqlConnection, draft: Draft) -> PreparedEvent:
        """Mask and seal a draft; one that cannot be recorded becomes the error event that stands for it."""
        try:
            return self._sealed(db, draft, None)
        except BrokenEvent as exc:
            reason = exc.reason
        refused = AuditUnavailable(f"the event cannot be recorded: {reason}", code="audit.event_rejected")
        return self._sealed(db, rejected(draft, reason, self._master), refused)

    def append(self, db: SqlConnection, group: Sequence[PreparedEvent]) -> list[Receipt | AuditUnavailable]:
        """Append a group in one transaction; it is durable when this returns. Raises what `db` raises: none is in.

        A draft that cannot be recorded is answered by an error; the others are not affected. Nothing goes in
        under a key that was destroyed before this transaction began: such a draft is sealed again, also if the
        others in memory are of the present epoch already.
        """
        while not self._appended(db, group):
            # A key was destroyed: short texts of the erased customer must not stay in memory either.
            forget_texts()
            for item in group:
                self._seal_again(db, item)
        return [_answer(item) for item in group]

    def _appended(self, db: SqlConnection, group: Sequence[PreparedEvent]) -> bool:
        with transaction(db, db.begin_append):
            # Inside the transaction: a key destroyed from here on belongs to an erasure that comes after this
            # group.
            if self._keys.outdated(db) or any(item.epoch != self._keys.epoch for item in group):
                return False
            self._insert(db, group)
        return True

    def _seal_again(self, db: SqlConnection, item: PreparedEvent) -> None:
        sealed, key = item.wire["sealed"], self._keys.for_subject(db, item.draft.subject)
        if sealed is not None and sealed["key_id"] != key.key_id:
            item.wire = sealed_event(divided(item.draft.event, self._master), key)
        item.epoch = self._keys.epoch

    def recorded(self, db: SqlConnection, item: PreparedEvent) -> Receipt | AuditUnavailable | None:
        """The answer for an event that an earlier append has put on the record; `None` if it is not there.

        An event with the same id and another content is not the same event.
        """
        row = db.execute(
            f"SELECT stream_id, sequence, hash, {db.body} FROM events WHERE event_id = ?",  # noqa: S608
            (item.wire["event_id"],),
        ).fetchone()
        if row is None:
            return None
        there = self._opened(db, row[3], row[2])
        item.wire["sequence"], item.wire["prev_hash"] = there.sequence, there.prev_hash
        ours = _seen(item, row[2])
        # The contents are compared, because two envelopes of one content differ in salt and nonce.
        if there != replace(ours, sealed=there.sealed):
            return None
        item.receipt = Receipt(there.event_id, row[0], row[1], row[2], there)
        return _answer(item)

    def _opened(self, db: SqlConnection, body: bytes, hash_: str) -> AuditEvent:
        wire = {**strict_object(body), "hash": hash_}
        sealed = wire["sealed"]
        key = None if sealed is None else self._keys.by_id(db, sealed["key_id"])
        if key is None:
            return AuditEvent.from_dict(wire)
        opened = key.open(sealed, stream_id=wire["stream_id"], event_id=wire["event_id"])
        return AuditEvent.from_dict({**wire, "revealed": opened.to_dict()})

    def _sealed(self, db: SqlConnection, draft: Draft, refused: AuditUnavailable | None) -> PreparedEvent:
        _require_names(draft)
        content = divided(draft.event, self._master)
        key = self._keys.for_subject(db, draft.subject)
        return PreparedEvent(draft, content.shown, sealed_event(content, key), refused, self._keys.epoch)

    def _insert(self, db: SqlConnection, group: Sequence[PreparedEvent]) -> None:
        # Locked before they are read, so that no other process gives the same sequence.
        heads = dict(db.lock_heads({item.wire["stream_id"] for item in group}))
        streams: dict[str, _StreamRow] = {}
        rows = []
        for item in group:
            stream = item.wire["stream_id"]
            body = self._chain(item, heads.get(stream, _NO_HEAD))
            receipt = item.receipt
            assert receipt is not None  # noqa: S101 - `_chain` has just set it
            heads[stream] = receipt.sequence, receipt.hash
            streams[stream] = _stream_row(item, streams.get(stream))
            rows.append((*_columns(item.wire), receipt.hash, body))
        # In one order in every process, so that two groups never wait for each other in a ring.
        db.executemany(_UPSERT_STREAM, [streams[stream] for stream in sorted(streams)])
        _note_intents(db, [item.wire for item in group])
        # As late as possible, because from here on the appends of all processes wait for each other.
        db.hold_positions()
        db.executemany(_INSERT_EVENT, rows)

    def _chain(self, item: PreparedEvent, head: tuple[int, str]) -> bytes:
        wire = item.wire
        wire["sequence"], wire["prev_hash"] = head[0] + 1, head[1]
        # All but the metadata are texts and small integers of ours.
        body = canonical_plain(wire) if is_plain(wire["metadata"] or {}) else canonical(wire)
        hash_ = event_hash(head[1], body)
        item.receipt = Receipt(wire["event_id"], wire["stream_id"], wire["sequence"], hash_, _seen(item, hash_))
        return body


def _require_names(draft: Draft) -> None:
    """The event's id stands in clear; the subject's names are looked up. Raises `BrokenEvent`."""
    if not clear.IDS["stream_id"](draft.event.event_id):
        raise BrokenEvent("event.wrong_id")
    names: tuple[object, ...] = (draft.subject.tenant_id, draft.subject.id)
    for name in names:
        # Refused here, because PostgreSQL's texts cannot hold a NUL or half of a surrogate pair.
        if not isinstance(name, str) or "\0" in name or (not name.isascii() and _SURROGATE.search(name)):
            raise BrokenEvent("event.wrong_subject")


def _answer(item: PreparedEvent) -> Receipt | AuditUnavailable:
    if item.refused is not None:
        return item.refused
    assert item.receipt is not None  # noqa: S101 - set in the transaction that was committed
    return item.receipt


def _seen(item: PreparedEvent, hash_: str) -> AuditEvent:
    """The event as its writer sees it: masked, with the sealed content readable."""
    wire, source, shown = item.wire, item.draft.event, item.shown
    shown["sequence"], shown["prev_hash"], shown["sealed"] = wire["sequence"], wire["prev_hash"], wire["sealed"]
    shown["event_type"], shown["severity"] = source.event_type, source.severity
    shown["timestamp"], shown["hash"] = source.timestamp, hash_
    return AuditEvent(**shown)


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


def _stream_row(item: PreparedEvent, before: _StreamRow | None) -> _StreamRow:
    """The stream's row after this event; `before` is the group's row ahead of it."""
    wire, is_system = item.wire, item.wire["stream_id"].startswith("system:")
    name, user, moment = wire["stream_id"], wire["user_id"], wire["timestamp"]
    customer = None if is_system else item.draft.subject.customer_id
    place = wire["sequence"], item.receipt.hash if item.receipt else ""
    if before is None:
        return name, wire["tenant_id"], user, customer, int(is_system), *place, moment, moment
    _, tenant, known_user, known_customer, system, _, _, first, last = before
    # The clock may have been set back; the order of events is the order of their sequences all the same.
    return name, tenant, known_user or user, known_customer or customer, system, *place, first, max(last, moment)


def _note_intents(db: SqlConnection, wires: Sequence[dict[str, Any]]) -> None:
    """Keep the list of allowed decisions without a known outcome, in the transaction of the events themselves."""
    opened, closed = [], []
    for wire in wires:
        metadata = wire["metadata"] or {}
        if wire["event_type"] == AuditEventType.TOOL_DECIDED and wire["result"] == "allowed":
            names = ("event_id", "stream_id", "sequence", "tenant_id", "turn_id", "request_id")
            place = [wire[name] for name in names]
            opened.append((*place, metadata.get("tool"), metadata.get("proposal"), wire["timestamp"]))
        elif wire["event_type"] in _CLOSING and wire["result"] != "unknown" and "intent" in metadata:
            closed.append(metadata["intent"])
    if opened:
        db.executemany(_INSERT_INTENT, opened)
    if closed:
        # After the new ones: an outcome may be in the same group as its intent.
        _close_intents(db, closed)


def _close_intents(db: SqlConnection, intents: list[str]) -> None:
    """In one statement, of one of a few sizes: a database keeps a statement that it has seen."""
    size = 1 << (len(intents) - 1).bit_length()
    padded = intents + intents[-1:] * (size - len(intents))
    db.execute(f"DELETE FROM open_intents WHERE event_id IN ({', '.join('?' * size)})", padded)  # noqa: S608
