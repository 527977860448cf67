"""Verification of the live record: the chains in the database, the head lists, their copy in the heads file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import canonical_object
from ultracore.audit.interfaces import Head, StreamInfo
from ultracore.audit.reader import RecordReader, StoredEvent
from ultracore.audit.verify import Anchor, BreakFound, RecordCheck, Verdict, verify_heads


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
    or `AuditUnavailable` where the record cannot be read.
    """
    copy = _lines_of(heads_file)
    with reader.snapshot():
        heads = reader.heads()
        _compare_copy(heads, copy, heads_file if file_due else None)
        signed = verify_heads((head.published + b"\n" for head in heads), public_key)
        signed.must_hold(anchors)
        check = RecordCheck(signed, only=stream_id)
        where, values = ("1 = 1", ()) if stream_id is None else ("stream_id = ?", (stream_id,))
        for stored in reader.stored(where, values, "stream_id, sequence"):
            _check_row(check, stored)
        _compare_ends(reader, check, stream_id)
    return check.finish(complete=stream_id is None)


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


def _check_row(check: RecordCheck, stored: StoredEvent) -> None:
    try:
        body = canonical_object(stored.body)
    except ValueError as exc:
        raise BreakFound(stored.stream_id, stored.sequence, f"its content is not canonical JSON: {exc}") from exc
    if (body.get("stream_id"), body.get("sequence")) != (stored.stream_id, stored.sequence):
        raise BreakFound(stored.stream_id, stored.sequence, "its content belongs to another place")
    check.event(stored.stream_id, stored.sequence, body.get("prev_hash"), stored.hash, stored.body)


def _compare_ends(reader: RecordReader, check: RecordCheck, stream_id: str | None) -> None:
    """Every stream that the store lists must end where the store says it ends."""
    for listed in _listed(reader, stream_id):
        sequence, hash_ = check.end_of(listed.stream_id)
        if (sequence, hash_) != (listed.events, listed.hash):
            raise BreakFound(listed.stream_id, sequence + 1, f"the store knows of {listed.events} events")


def _listed(reader: RecordReader, stream_id: str | None) -> Iterator[StreamInfo]:
    if stream_id is None:
        yield from reader.streams(system=None)
    elif (one := reader.stream(stream_id)) is not None:
        yield one
