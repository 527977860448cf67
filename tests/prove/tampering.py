"""Ways to tamper with an exported record and its heads, for somebody who has everything.

The signing key is used in one of them only, which nobody but the owner can do.

Each takes a `Forgery` and changes it in place.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.audit.vectors import commitment_of
from ultracore.audit import read_time
from ultracore.audit.canonical import NO_HASH, canonical, event_hash, head_hash, read_json
from ultracore.audit.heads.values import HeadEntry, make_head
from ultracore.audit.sealing import SigningKey

Event = dict[str, Any]


@dataclass(slots=True)
class Forgery:
    """Lines that are tampered with; `chance` decides where."""

    record: list[bytes]
    heads: list[bytes]
    chance: random.Random
    owner: SigningKey

    def events(self) -> list[Event]:
        """The record's events, read."""
        return [read_json(line) for line in self.record]

    def write(self, events: list[Event], *, rehash: bool) -> None:
        """Lay the events in as lines; with `rehash` every place and hash is made to fit again."""
        ends: dict[str, tuple[int, str]] = {}
        for event in events if rehash else ():
            sequence, before = ends.get(event["stream_id"], (0, NO_HASH))
            event |= {"sequence": sequence + 1, "prev_hash": before}
            body = {name: value for name, value in event.items() if name not in ("hash", "revealed")}
            event["hash"] = event_hash(before, canonical(body))
            ends[event["stream_id"]] = (sequence + 1, event["hash"])
        self.record = [canonical(event) + b"\n" for event in events]

    def pick(self, *, last: bool = True) -> int:
        """The number of a line; without `last` one that is not the last of its stream."""
        streams = [event["stream_id"] for event in self.events()]
        places = [place for place, stream in enumerate(streams) if last or stream in streams[place + 1 :]]
        return self.chance.choice(places)

    def pair(self) -> tuple[int, int]:
        """The numbers of two lines of different streams."""
        streams = [event["stream_id"] for event in self.events()]
        first = self.chance.randrange(len(streams))
        return first, self.chance.choice(
            [place for place, stream in enumerate(streams) if stream != streams[first]]
        )


Way = Callable[[Forgery], None]
SimpleWay = Callable[[list[bytes], random.Random], None]


def flip_bit(lines: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    line = bytearray(lines[place])
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    lines[place] = bytes(line)


def change_character(lines: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    at = chance.randrange(len(lines[place]))
    lines[place] = lines[place][:at] + bytes([chance.randrange(32, 127)]) + lines[place][at + 1 :]


def delete_line(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def delete_bytes(lines: list[bytes], chance: random.Random) -> None:
    text, length = b"".join(lines), chance.choice([1, 2, 50, 2000])
    at = chance.randrange(len(text))
    lines[:] = (text[:at] + text[at + length :]).splitlines(keepends=True)


def insert_bytes(lines: list[bytes], chance: random.Random) -> None:
    text = b"".join(lines)
    at = chance.randrange(len(text) + 1)
    more = chance.choice([b" ", b"\n", b"\r", b"\0", b"0", b'"', b"\xff", b'{"a":1}\n'])
    lines[:] = (text[:at] + more + text[at:]).splitlines(keepends=True)


def double_line(lines: list[bytes], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def exchange_lines(lines: list[bytes], chance: random.Random) -> None:
    first, second = chance.sample(range(len(lines)), 2)
    lines[first], lines[second] = lines[second], lines[first]


def cut_tail(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines)) :]


def cut_off(lines: list[bytes], chance: random.Random) -> None:
    text = b"".join(lines)
    lines[:] = text[: chance.randrange(len(text))].splitlines(keepends=True)


def write_otherwise(lines: list[bytes], chance: random.Random) -> None:
    """The same values in other bytes."""
    place = chance.randrange(len(lines))
    line = lines[place].decode()
    value = json.loads(line)
    name = next(iter(value))
    lines[place] = chance.choice(
        [
            _anywhere(line, '":', '": ', chance),
            _anywhere(line, ',"', ', "', chance),
            line.replace("\n", "\r\n"),
            " " + line,
            line[:-2] + ',"hash":""}\n',
            line.replace("{", f'{{"{name}":{json.dumps(value[name])},', 1),
            line.replace(line[2], f"\\u{ord(line[2]):04x}", 1),
            json.dumps(dict(reversed(value.items())), ensure_ascii=False, separators=(",", ":")) + "\n",
        ]
    ).encode()


def _anywhere(line: str, old: str, new: str, chance: random.Random) -> str:
    """`line` with one of its `old` replaced."""
    parts = line.split(old)
    at = chance.randrange(1, len(parts))
    return old.join(parts[:at]) + new + old.join(parts[at:])


SIMPLE: Final[tuple[SimpleWay, ...]] = (
    flip_bit,
    change_character,
    delete_line,
    delete_bytes,
    insert_bytes,
    double_line,
    exchange_lines,
    cut_tail,
    cut_off,
    write_otherwise,
)


def changed_sequence(forgery: Forgery, *, rehash: bool) -> None:
    events = forgery.events()
    event = events[forgery.pick()]
    if rehash:  # numbered anew, as if one more had been there
        events.insert(events.index(event), {**event, "event_id": "00000000-0000-4000-8000-000000000000"})
    else:
        event["sequence"] += forgery.chance.choice([-1, 1, 2**40])
    forgery.write(events, rehash=rehash)


def swapped_conversations(forgery: Forgery, *, rehash: bool) -> None:
    """Two events in each other's conversation."""
    events = forgery.events()
    first, second = (events[place] for place in forgery.pair())
    names = ["stream_id", "session_id"] if rehash else ["stream_id", "session_id", "sequence", "prev_hash"]
    for name in names:
        first[name], second[name] = second[name], first[name]
    forgery.write(events, rehash=rehash)


def inserted(forgery: Forgery, *, rehash: bool) -> None:
    """An event that nobody wrote, before another one of its conversation."""
    events, place = forgery.events(), forgery.pick()
    events.insert(
        place, {**events[place], "event_id": "00000000-0000-4000-8000-000000000000", "result": "approved"}
    )
    forgery.write(events, rehash=rehash)


def deleted(forgery: Forgery, *, rehash: bool) -> None:
    events = forgery.events()
    del events[forgery.pick(last=not rehash)]
    forgery.write(events, rehash=rehash)


def rewritten(forgery: Forgery, *, rehash: bool) -> None:
    """What an event says in clear."""
    events = forgery.events()
    event = events[forgery.pick()]
    name = forgery.chance.choice(
        ["result", "action", "tenant_id", "user_id", "timestamp", "event_type", "severity"]
    )
    event[name] = "forged"
    forgery.write(events, rehash=rehash)


def altered_envelope(forgery: Forgery, *, rehash: bool) -> None:
    events = forgery.events()
    sealed = [event for event in events if event["sealed"]]
    first, second = forgery.chance.sample(sealed, 2)
    name = forgery.chance.choice(["nonce", "ciphertext", "commitment"])
    first["sealed"][name] = second["sealed"][name]
    forgery.write(events, rehash=rehash)


def removed_envelope(forgery: Forgery, *, rehash: bool) -> None:
    events = forgery.events()
    event = forgery.chance.choice([event for event in events if event["sealed"]])
    event["sealed"] = None
    event.pop("revealed", None)
    forgery.write(events, rehash=rehash)


def altered_revealed(forgery: Forgery, *, rehash: bool) -> None:
    """Another content beside the envelope; with `rehash` under a commitment that fits it."""
    events = forgery.events()
    shown = [event for event in events if event.get("revealed")]
    event = forgery.chance.choice(shown or [event for event in events if event["sealed"]])
    revealed = event.setdefault("revealed", {"salt": "00" * 32, "content": {}})
    revealed["content"] = {**revealed["content"], "text": "forged"}
    if rehash:
        event["sealed"]["commitment"] = commitment_of(revealed["salt"], revealed["content"])
    forgery.write(events, rehash=rehash)


def vanished(forgery: Forgery, *, rehash: bool) -> None:
    """A whole conversation."""
    events = forgery.events()
    gone = forgery.chance.choice(events)["stream_id"]
    forgery.write([event for event in events if event["stream_id"] != gone], rehash=rehash)


THOUGHTFUL: Final = (
    changed_sequence,
    swapped_conversations,
    inserted,
    deleted,
    rewritten,
    altered_envelope,
    removed_envelope,
    altered_revealed,
    vanished,
)


def other_spelling_of_revealed(forgery: Forgery) -> None:
    """`revealed` with a salt in capitals, with a member more, of another event, or as nothing."""
    events = forgery.events()
    sealed = [event for event in events if event["sealed"]]
    event, other = forgery.chance.sample(sealed, 2)
    true = event.get("revealed") or {"salt": "ab" * 32, "content": {}}
    event["revealed"] = forgery.chance.choice(
        [
            {**true, "salt": true["salt"].upper()},
            {**true, "salt": " " + true["salt"]},
            {**true, "more": 1},
            {"salt": true["salt"]},
            other.get("revealed") or {},
            None,
            [],
        ]
    )
    forgery.write(events, rehash=False)


def heads_cut_along(forgery: Forgery) -> None:
    """A past that was rewritten, and the heads ended before it: nothing in them speaks against it."""
    forgery.chance.choice([rewritten, deleted, vanished, altered_envelope])(forgery, rehash=True)
    del forgery.heads[_first_head_against(forgery) :]


def _first_head_against(forgery: Forgery) -> int:
    known = {(event["stream_id"], event["sequence"]): event["hash"] for event in forgery.events()}
    for place, line in enumerate(forgery.heads):
        for entry in read_json(line)["entries"]:
            if known.get((entry["stream_id"], entry["sequence"])) != entry["hash"]:
                return place
    return len(forgery.heads)


def heads_signed_anew(forgery: Forgery) -> None:
    """A past that was rewritten, under heads that fit it and are signed by another key, which may deny it."""
    forgery.chance.choice([rewritten, deleted, altered_envelope])(forgery, rehash=True)
    stranger = SigningKey(Ed25519PrivateKey.generate())
    if forgery.chance.random() < 0.5:
        stranger.key_id = forgery.owner.key_id
    _sign_heads(forgery, stranger)


def heads_signed_by_the_owner(forgery: Forgery) -> None:
    """A past that was rewritten by whoever has the signing key: all of it fits, but not what others remember."""
    forgery.chance.choice([rewritten, deleted, altered_envelope, vanished])(forgery, rehash=True)
    _sign_heads(forgery, forgery.owner)


def _sign_heads(forgery: Forgery, key: SigningKey) -> None:
    """As many lists as there were, at the same times."""
    ends = {event["stream_id"]: event for event in forgery.events()}
    entries = [HeadEntry(stream, event["sequence"], event["hash"]) for stream, event in sorted(ends.items())]
    before, made = NO_HASH, list[bytes]()
    for index, line in enumerate(forgery.heads, 1):
        head = make_head(key, index, before, read_time(read_json(line)["time"]), entries)
        made.append(head.published + b"\n")
        before = head.hash
    forgery.heads = made


def heads_with_their_own_hashes(forgery: Forgery) -> None:
    """Heads whose entries were changed and hashed anew, with the signatures that were there."""
    before, made = NO_HASH, list[bytes]()
    changed = forgery.chance.randrange(len(forgery.heads))
    for place, line in enumerate(forgery.heads):
        head = read_json(line)
        if place == changed:
            entry = forgery.chance.choice(head["entries"])
            entry["hash"] = "ab" * 32
        body = {name: value for name, value in head.items() if name not in ("hash", "signature")}
        body["prev_hash"] = before
        before = head_hash(before, canonical(body))
        made.append(canonical({**body, "hash": before, "signature": head["signature"]}) + b"\n")
    forgery.heads = made


SPECIAL: Final = (
    other_spelling_of_revealed,
    heads_cut_along,
    heads_signed_anew,
    heads_signed_by_the_owner,
    heads_with_their_own_hashes,
)
NOT_BY_THE_KEY_ALONE: Final = frozenset(
    {
        *(f"heads: {way.__name__}" for way in (delete_line, delete_bytes, cut_tail, cut_off)),
        heads_cut_along.__name__,
        heads_signed_by_the_owner.__name__,
    }
)
"""Ways that may end the heads early, or that the key's owner uses: they take somebody who remembers."""


def ways() -> dict[str, Way]:
    """All of them by name."""
    found: dict[str, Way] = {}
    for simple in SIMPLE:
        found[f"record: {simple.__name__}"] = _on_record(simple)
        found[f"heads: {simple.__name__}"] = _on_heads(simple)
    for thoughtful in THOUGHTFUL:
        found[thoughtful.__name__] = partial(thoughtful, rehash=False)
        found[f"{thoughtful.__name__}, hashed anew"] = partial(thoughtful, rehash=True)
    return found | {special.__name__: special for special in SPECIAL}


def _on_record(way: SimpleWay) -> Way:
    return lambda forgery: way(forgery.record, forgery.chance)


def _on_heads(way: SimpleWay) -> Way:
    return lambda forgery: way(forgery.heads, forgery.chance)
