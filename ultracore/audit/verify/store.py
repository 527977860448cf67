"""Verification of the live record: the chains in the database, the head lists, their copy in the heads file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import canonical_object
from ultracore.audit.events import wire_time
from ultracore.audit.store import RecordReader, StoredEvent
from ultracore.audit.values import Head, StreamInfo
from ultracore.audit.verify.record import Anchor, BreakFound, RecordCheck, Verdict, verify_heads

_COLUMNS: Final = ("event_id", "event_type", "tenant_id", "user_id", "timestamp")
"""The columns that questions are asked by: each must say what the content says."""


@dataclass(slots=True)
class _Told:
    """A stream as its events describe it: tenant, user, first and last time."""

    tenant_id: str
    user_id: str | None
    first_at: str
    last_at: str

    def fits(self, listed: StreamInfo, *, system: bool) -> bool:
        """Whether the list of streams says the same."""
        named = (listed.tenant_id, listed.user_id, wire_time(listed.first_at), wire_time(listed.last_at))
        ours = (self.tenant_id, self.user_id, self.first_at, self.last_at)
        return named == ours and listed.stream_id.startswith("system:") is system


@dataclass(slots=True)
class _StoreCheck:
    """The chains, and beside them what the columns must say."""

    record: RecordCheck
    told: dict[str, _Told] = field(default_factory=dict)


def verify_store(
    reader: RecordReader,
    public_key: Ed25519PublicKey,
    heads_file: Path,
    *,
    stream_id: str | None = None,
    anchors: Sequence[Anchor] = (),
    file_due: bool = True,
) -> Verdict:
    """Check the record as it stands at one moment, whole or one stream of it; the app may be writing.

    `file_due` says that the file of heads lies with this record, so that it has to be there. Raises `BreakFound`,
    or `AuditUnavailable` if the record cannot be read.
    """
    # Read before the snapshot: a list that is signed in between is then in the table, never in the file alone.
    copy = _lines_of(heads_file)
    with reader.snapshot():
        heads = reader.heads()
        _compare_copy(heads, copy, heads_file if file_due else None)
        signed = verify_heads((head.published + b"\n" for head in heads), public_key)
        signed.must_hold(anchors)
        check = _StoreCheck(RecordCheck(signed, only=stream_id))
        where, values = ("1 = 1", ()) if stream_id is None else ("stream_id = ?", (stream_id,))
        for stored in reader.stored(where, values, "stream_id, sequence"):
            _check_row(check, stored)
        _compare_ends(reader, check, stream_id)
    return check.record.finish(complete=stream_id is None)


def _lines_of(path: Path) -> list[bytes] | None:
    """The complete lines of the heads file, `None` without one; a last one that a crash cut is not there yet."""
    if not path.exists():
        return None
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _compare_copy(heads: list[Head], copy: list[bytes] | None, due: Path | None) -> None:
    # One list may be in the table alone: the process ended before it could be copied.
    if copy is None and due is not None and len(heads) > 1:
        raise BreakFound(
            "heads",
            1,
            f"the heads file {due} is missing, though {len(heads)} lists were signed; bring it back from a backup "
            "and verify again (the app, once started, writes a new one from the record as it is now)",
        )
    for index, line in enumerate(copy or (), 1):
        if index > len(heads):
            raise BreakFound("heads", index, "the heads file has a list that the record lacks")
        if heads[index - 1].published + b"\n" != line:
            raise BreakFound("heads", index, "the heads file has another list in this place")


def _check_row(check: _StoreCheck, stored: StoredEvent) -> None:
    try:
        body = canonical_object(stored.body)
    except ValueError as exc:
        raise BreakFound(stored.stream_id, stored.sequence, f"its content is not canonical JSON: {exc}") from exc
    if (body.get("stream_id"), body.get("sequence")) != (stored.stream_id, stored.sequence):
        raise BreakFound(stored.stream_id, stored.sequence, "its content belongs to another place")
    check.record.event(stored.stream_id, stored.sequence, body.get("prev_hash"), stored.hash, stored.body)
    for name in _COLUMNS:
        if body.get(name) != getattr(stored, name):
            raise BreakFound(stored.stream_id, stored.sequence, f"its column {name} says something else than it")
    _note(check.told, stored)


def _note(told: dict[str, _Told], stored: StoredEvent) -> None:
    known = told.get(stored.stream_id)
    if known is None:
        told[stored.stream_id] = _Told(stored.tenant_id, stored.user_id, stored.timestamp, stored.timestamp)
        return
    known.user_id = known.user_id or stored.user_id
    known.last_at = max(known.last_at, stored.timestamp)


def _compare_ends(reader: RecordReader, check: _StoreCheck, stream_id: str | None) -> None:
    """The store must list every stream that it has, as its events tell of it, with the end that it says."""
    unlisted = dict(check.told)
    for listed, system in _listed(reader, stream_id):
        sequence, hash_ = check.record.end_of(listed.stream_id)
        if (sequence, hash_) != (listed.events, listed.hash):
            raise BreakFound(listed.stream_id, sequence + 1, f"the store knows of {listed.events} events")
        told = unlisted.pop(listed.stream_id, None)
        if told is None or not told.fits(listed, system=system):
            raise BreakFound(listed.stream_id, 1, "the list of streams says something else than its events")
    for name in unlisted:
        raise BreakFound(name, 1, "the list of streams lacks it")


def _listed(reader: RecordReader, stream_id: str | None) -> Iterator[tuple[StreamInfo, bool]]:
    """The streams, and whether the store has each among the system's."""
    for system in (False, True):
        for one in reader.streams(system=system):
            if stream_id in (None, one.stream_id):
                yield one, system
