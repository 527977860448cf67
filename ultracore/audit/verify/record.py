"""Verification of an exported record: chain, signed heads, envelopes. Needs no key but the public one.

What each check proves, and what none of them can, is in `docs/record-format.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ultracore.audit.canonical import NO_HASH, OtherSpelling, canonical, event_hash, unescaped
from ultracore.audit.verify.heads import Anchor, Expectation, HeadsCheck, verify_heads
from ultracore.audit.verify.reading import BreakFound, Unreadable, malformed, read_line

__all__ = [
    "Anchor",
    "BreakFound",
    "Expectation",
    "HeadsCheck",
    "RecordCheck",
    "Unreadable",
    "Verdict",
    "verify_heads",
    "verify_lines",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification. `covered` events lie at or below the last signed head of their stream."""

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
    places: dict[int, str]
    covered: int
    sequence: int = 0
    hash: str = NO_HASH


class RecordCheck:
    """Checks events one by one, streams in any interleaving, each stream in order; then `finish`."""

    def __init__(self, heads: Expectation | None = None, *, only: str | None = None) -> None:
        self._heads = heads or Expectation()
        self._only = only
        self._streams: dict[str, _Stream] = {}

    def line(self, line: bytes, number: int) -> None:
        """Check one published event, with or without `revealed`. Raises `BreakFound` or `Unreadable`."""
        spelled: OtherSpelling | None = None
        line = unescaped(line)
        try:
            event = read_line(line, "record", number)
        except OtherSpelling as exc:
            event, spelled = exc.value, exc
        stream_id, sequence, hash_ = event.get("stream_id"), event.get("sequence"), event.get("hash")
        if not isinstance(stream_id, str) or type(sequence) is not int or not isinstance(hash_, str):
            raise malformed("record", number, "it is not an event of a stream")
        if self._only not in (None, stream_id):
            return
        if spelled is not None:
            raise BreakFound(stream_id, sequence, str(spelled))
        unhashed = _unhashed(event, line[:-1])
        if unhashed is None:
            raise BreakFound(stream_id, sequence, "what is revealed beside it is not what was sealed")
        self.event(stream_id, sequence, event.get("prev_hash"), hash_, unhashed)

    def event(self, stream_id: str, sequence: int, prev_hash: object, hash_: str, unhashed: bytes) -> None:
        """Check one event's place in its chain. Raises `BreakFound`."""
        stream = self._streams.get(stream_id) or self._begin(stream_id)
        # In this order the first break is named by what was done: a gap, then another past, then an alteration.
        due = stream.sequence + 1
        if sequence != due:
            raise BreakFound(stream_id, due, f"event {sequence} stands where event {due} is due")
        if prev_hash != stream.hash:
            raise BreakFound(stream_id, sequence, "it does not follow the event before it")
        if event_hash(stream.hash, unhashed) != hash_:
            raise BreakFound(stream_id, sequence, "its content does not have its hash")
        if stream.places.get(sequence, hash_) != hash_:
            raise BreakFound(stream_id, sequence, "a signed head names another hash")
        stream.sequence, stream.hash = sequence, hash_

    def finish(self, *, complete: bool) -> Verdict:
        """Compare the ends with the heads; with `complete` also streams that are missing altogether."""
        for stream_id, (last, _) in self._heads.ends.items():
            if self._only not in (None, stream_id):
                continue
            stream = self._streams.get(stream_id)
            if stream is None and complete:
                raise BreakFound(stream_id, 1, f"the stream is missing; a signed head names its event {last}")
            if stream is not None and stream.sequence < last:
                raise BreakFound(stream_id, stream.sequence + 1, f"the stream ends; a signed head names {last}")
        streams = self._streams.values()
        events, covered = (
            sum(one.sequence for one in streams),
            sum(min(one.sequence, one.covered) for one in streams),
        )
        return Verdict(len(streams), events, self._heads.count, covered)

    def reaches_heads(self) -> bool:
        """Whether every stream that the heads name was checked up to the last event that they name."""
        ends = self._heads.ends.items()
        return all(self.end_of(name)[0] >= last for name, (last, _) in ends if self._only in (None, name))

    def end_of(self, stream_id: str) -> tuple[int, str]:
        """Sequence and hash of the last event that was checked in a stream."""
        stream = self._streams.get(stream_id)
        return (0, NO_HASH) if stream is None else (stream.sequence, stream.hash)

    def _begin(self, stream_id: str) -> _Stream:
        stream = _Stream(self._heads.places.get(stream_id, {}), self._heads.covered(stream_id))
        return self._streams.setdefault(stream_id, stream)


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


def has_its_hash(event: dict[str, Any]) -> bool:
    """Whether an event by itself, without `revealed`, has the hash that it names."""
    body = {name: value for name, value in event.items() if name != "hash"}
    try:
        return bool(event_hash(event["prev_hash"], canonical(body)) == event["hash"])
    except (KeyError, TypeError, ValueError):
        return False


def _unhashed(event: dict[str, Any], line: bytes) -> bytes | None:
    """The canonical bytes of an event without `hash` and `revealed`; `None` if the revealed part is not right.

    `line` is the canonical JSON of all of it, so a member that occurs in it once, as text, can be cut out of it.
    """
    rest: bytes | None = line
    hidden = ["hash"]
    if "revealed" in event:
        member = _revealed_member(event)
        if member is None:
            return None
        rest = _cut(line, member)
        hidden.append("revealed")
    hash_ = event["hash"]
    # Only such a value is sure to be spelled in JSON as it is; any other is left to `canonical`.
    if rest is not None and hash_.isascii() and hash_.isalnum():
        rest = _cut(rest, b'"hash":"' + hash_.encode() + b'"')
        if rest is not None:
            return rest
    return canonical({name: value for name, value in event.items() if name not in hidden})


def _cut(line: bytes, member: bytes) -> bytes | None:
    """`line` without `member` and the comma after it; `None` if there is not one place to cut it from."""
    if line.count(member) != 1:
        return None
    rest = line.replace(member + b",", b"", 1)
    return rest if len(rest) < len(line) else None


def _revealed_member(event: dict[str, Any]) -> bytes | None:
    """The canonical text of `revealed`, if salt and content are those of the envelope's commitment."""
    revealed, sealed = event["revealed"], event.get("sealed")
    if not isinstance(revealed, dict) or not isinstance(sealed, dict) or set(revealed) != {"salt", "content"}:
        return None
    content = canonical(revealed["content"])
    try:
        salt = bytes.fromhex(revealed["salt"])
    except (TypeError, ValueError):
        return None
    # `fromhex` also reads upper case and spaces, which the text that is cut out of the line does not have.
    if salt.hex() != revealed["salt"] or sha256(salt + content).hexdigest() != sealed.get("commitment"):
        return None
    return b'"revealed":{"content":' + content + b',"salt":"' + salt.hex().encode() + b'"}'
