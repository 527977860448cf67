"""Verification of an exported record: chain, signed heads, envelopes. Needs no key but the public one.

What each check proves, and what none of them can, is in `docs/record-format.md`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import NO_HASH, canonical, event_hash, head_hash, strict_object
from ultracore.audit.envelope import commitment_of
from ultracore.audit.heads import SIGNED_PREFIX
from ultracore.audit.keys import key_id_of


class BreakFound(Exception):
    """The record does not hold. `where` names the stream (or `heads`), `sequence` the place in it."""

    def __init__(self, where: str, sequence: int, why: str) -> None:
        super().__init__(f"{where} {sequence}: {why}")
        self.where = where
        self.sequence = sequence
        self.why = why


class Unreadable(ValueError):
    """The first line already is not what a record or a list of heads consists of: this is another kind of file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was checked. `covered` events lie at or below the last signed head of their stream."""

    streams: int
    events: int
    heads: int
    covered: int

    def __str__(self) -> str:
        return (
            f"The record holds: {self.events} events in {self.streams} streams, {self.heads} signed heads; "
            f"{self.events - self.covered} events are newer than their last signed head."
        )


@dataclass(slots=True)
class _Stream:
    sequence: int = 0
    hash: str = NO_HASH


@dataclass(slots=True)
class Expectation:
    """What verified heads say: the hash at each place that they name, by stream."""

    count: int = 0
    last_hash: str = NO_HASH
    places: dict[str, dict[int, str]] = field(default_factory=dict)

    def covered(self, stream_id: str) -> int:
        """The last sequence of a stream that a head names; 0 where none does."""
        return max(self.places.get(stream_id, {}), default=0)


def verify_heads(lines: Iterable[bytes], public_key: Ed25519PublicKey) -> Expectation:
    """Check a list of heads from the first one on. Raises `BreakFound` or `Unreadable`."""
    known = Expectation()
    key_id = key_id_of(public_key)
    for number, line in enumerate(lines, 1):
        head = _read(line, "heads", number)
        if "entries" not in head:
            raise _malformed("heads", number, "it is not a head list")
        if canonical(head) != line[:-1]:
            raise BreakFound("heads", number, "it is not in its canonical form")
        index = known.count + 1
        if head.get("index") != index:
            raise BreakFound("heads", index, f"the list continues with {head.get('index')!r}")
        if head.get("prev_hash") != known.last_hash:
            raise BreakFound("heads", index, "it does not follow the head before it")
        if head.get("key_id") != key_id:
            raise BreakFound("heads", index, "it is signed by another key")
        _check_signature(head, index, public_key)
        _take_entries(known, head)
        known.count, known.last_hash = index, head["hash"]
    return known


class RecordCheck:
    """Checks events one by one, streams in any interleaving, each stream in order; then `finish`."""

    def __init__(self, heads: Expectation | None = None, *, only: str | None = None) -> None:
        self._heads = heads or Expectation()
        self._only = only
        if only is not None:
            self._heads.places = {only: self._heads.places.get(only, {})}
        self._streams: dict[str, _Stream] = {}
        self._events = 0
        self._covered = 0

    def line(self, line: bytes, number: int) -> None:
        """Check one published event, with or without `revealed`. Raises `BreakFound` or `Unreadable`."""
        event = _read(line, "record", number)
        stream_id, sequence, hash_ = (event.get(name) for name in ("stream_id", "sequence", "hash"))
        if not isinstance(stream_id, str) or type(sequence) is not int or not isinstance(hash_, str):
            raise _malformed("record", number, "it is not an event of a stream")
        if self._only not in (None, stream_id):
            return
        if canonical(event) != line[:-1]:
            raise BreakFound(stream_id, sequence, "it is not in its canonical form")
        del event["hash"]
        if "revealed" in event:
            _check_revealed(stream_id, sequence, event.get("sealed"), event.pop("revealed"))
        self.event(stream_id, sequence, event.get("prev_hash"), hash_, canonical(event))

    def event(self, stream_id: str, sequence: int, prev_hash: object, hash_: str, unhashed: bytes) -> None:
        """Check one event's place in its chain. Raises `BreakFound`."""
        stream = self._streams.setdefault(stream_id, _Stream())
        due = stream.sequence + 1
        if sequence != due:
            raise BreakFound(stream_id, due, f"event {sequence} stands where event {due} is due")
        if prev_hash != stream.hash:
            raise BreakFound(stream_id, sequence, "it does not follow the event before it")
        if event_hash(stream.hash, unhashed) != hash_:
            raise BreakFound(stream_id, sequence, "its content does not have its hash")
        if self._heads.places.get(stream_id, {}).get(sequence, hash_) != hash_:
            raise BreakFound(stream_id, sequence, "a signed head names another hash")
        stream.sequence, stream.hash = sequence, hash_
        self._events += 1
        self._covered += sequence <= self._heads.covered(stream_id)

    def finish(self, *, complete: bool) -> Verdict:
        """Compare the ends with the heads; with `complete` also streams that are missing altogether."""
        for stream_id in self._heads.places:
            stream = self._streams.get(stream_id)
            last = self._heads.covered(stream_id)
            if stream is None and complete:
                raise BreakFound(stream_id, 1, f"the stream is missing; a signed head names its event {last}")
            if stream is not None and stream.sequence < last:
                raise BreakFound(stream_id, stream.sequence + 1, f"the stream ends; a signed head names {last}")
        return Verdict(len(self._streams), self._events, self._heads.count, self._covered)

    def end_of(self, stream_id: str) -> tuple[int, str]:
        """Sequence and hash of the last event that was checked in a stream."""
        stream = self._streams.get(stream_id, _Stream())
        return stream.sequence, stream.hash


def verify_lines(
    lines: Iterable[bytes],
    heads: Expectation | None = None,
    *,
    complete: bool = False,
    only: str | None = None,
) -> Verdict:
    """Check an exported record, or one stream of it. Raises `BreakFound` or `Unreadable`."""
    check = RecordCheck(heads, only=only)
    for number, line in enumerate(lines, 1):
        check.line(line, number)
    return check.finish(complete=complete)


def _read(line: bytes, what: str, number: int) -> dict[str, Any]:
    """One line: a JSON object, then a line feed."""
    if not line.endswith(b"\n"):
        raise _malformed(what, number, "it is cut off")
    try:
        value = strict_object(line[:-1])
        canonical(value)
    except (ValueError, RecursionError) as exc:
        raise _malformed(what, number, f"it is not JSON of ours: {exc}") from exc
    return value


def _malformed(what: str, number: int, why: str) -> Exception:
    """A foreign file where the first line is wrong already; a break where it began well."""
    if number == 1:
        return Unreadable(f"line 1 of the {what} cannot be read: {why}")
    return BreakFound(f"{what} line", number, why)


def _check_signature(head: dict[str, Any], index: int, public_key: Ed25519PublicKey) -> None:
    body = {name: value for name, value in head.items() if name not in ("hash", "signature")}
    if head_hash(head["prev_hash"], canonical(body)) != head.get("hash"):
        raise BreakFound("heads", index, "its content does not have its hash")
    try:
        text = str(head.get("signature"))
        signature = base64.b64decode(text, validate=True)
        if base64.b64encode(signature).decode() != text:
            raise BreakFound("heads", index, "its signature is not in its canonical form")
        public_key.verify(signature, SIGNED_PREFIX + bytes.fromhex(head["hash"]))
    except (InvalidSignature, binascii.Error, ValueError) as exc:
        raise BreakFound("heads", index, "its signature is not right") from exc


def _take_entries(known: Expectation, head: dict[str, Any]) -> None:
    try:
        for entry in head["entries"]:
            known.places.setdefault(entry["stream_id"], {})[entry["sequence"]] = entry["hash"]
    except (KeyError, TypeError) as exc:
        raise BreakFound("heads", head["index"], "its entries cannot be read") from exc


def _check_revealed(stream_id: str, sequence: int, sealed: Any, revealed: Any) -> None:
    try:
        right = commitment_of(revealed["salt"], revealed["content"]) == sealed["commitment"]
        right = right and set(revealed) == {"salt", "content"}
    except (KeyError, TypeError, ValueError):
        right = False
    if not right:
        raise BreakFound(stream_id, sequence, "what is revealed beside it is not what was sealed")
