"""Rebuilds `tests/audit/vectors/`: `python -m tests.audit.vectors`. Fixed keys, times, ids: the same bytes always.

Each folder is a record with its heads, most of them tampered with in one way; `key.pem` is the public key for all.
`expected.json`: folder to [holds, arguments].
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.audit.records import swapped, without
from ultracore.audit import AuditEvent, AuditEventType, AuditSeverity
from ultracore.audit.canonical import NO_HASH, canonical, event_hash
from ultracore.audit.heads.values import HeadEntry, make_head
from ultracore.audit.sealing import SigningKey

HOME = Path(__file__).parent / "vectors"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
DATA_KEY = bytes(range(64, 96))

Lines = tuple[bytes, ...]
CONTENTS: tuple[tuple[str, AuditEventType, dict[str, Any] | None, dict[str, Any]], ...] = (
    ("conv-1", AuditEventType.SESSION_STARTED, None, {"metadata": {"greeting": "Hello", "notice": "Recorded"}}),
    ("conv-1", AuditEventType.SESSION_ROUTED, {"agent": "Accounts", "label": "accounts", "score": 0.97}, {}),
    ("conv-1", AuditEventType.USER_MESSAGE, None, {"metadata": {"text": 'my "balance"\n€ 💳 \u2028?'}}),
    ("conv-2", AuditEventType.USER_MESSAGE, None, {"metadata": {"text": "hello", "\U0001d11e": 1, "\ue000": 2}}),
    (
        "conv-1",
        AuditEventType.TOOL_DECIDED,
        {"tool": "get_account_balance", "score": 1e-7},
        {"metadata": {"n": 1e21}},
    ),
    ("conv-2", AuditEventType.TURN_FAILED, {"reason": "model.silent"}, {}),
    ("system:tenant_1:2026-11-23", AuditEventType.LOGIN, None, {"ip_address": "203.0.113.7"}),
    ("conv-1", AuditEventType.ASSISTANT_MESSAGE, {"agent": "Accounts", "kind": "answer", "retry_after": 2.0}, {}),
)


def commitment_of(salt: str, content: Mapping[str, Any]) -> str:
    """What `sealed.commitment` must be for this salt (hexadecimal digits) and content."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(content)).hexdigest()


def an_event(number: int) -> dict[str, Any]:
    """One event of the record, without its place in a chain."""
    stream, kind, clear, secret = CONTENTS[number]
    event_id = f"00000000-0000-4000-8000-{number:012d}"
    moment = NOW + timedelta(seconds=number, microseconds=number)
    wire = AuditEvent(event_id, kind, moment, "tenant_1", "customer1", severity=AuditSeverity.INFO).to_dict()
    wire |= {"stream_id": stream, "metadata": clear, "sealed": sealed(number, stream, event_id, secret)}
    if not stream.startswith("system:"):
        wire |= {"session_id": stream, "turn_id": "turn-1", "request_id": "7F3A-0001"}
    del wire["hash"], wire["prev_hash"], wire["sequence"]
    return wire


def salt(number: int) -> bytes:
    """The salt of an event's envelope."""
    return bytes([number]) * 32


def sealed(number: int, stream: str, event_id: str, content: dict[str, Any]) -> dict[str, str] | None:
    """An envelope under the vectors' own data key, with a fixed nonce."""
    if not content:
        return None
    nonce = bytes([number]) * 12
    plaintext = salt(number) + canonical(content)
    return {
        "algorithm": "AES-256-GCM",
        "key_id": "key_vectors",
        "nonce": base64.b64encode(nonce).decode(),
        "ciphertext": base64.b64encode(
            AESGCM(DATA_KEY).encrypt(nonce, plaintext, f"{stream}|{event_id}".encode())
        ).decode(),
        "commitment": commitment_of(salt(number).hex(), content),
    }


def chained(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events with sequence, previous hash and hash."""
    ends: dict[str, tuple[int, str]] = {}
    done = []
    for event in events:
        sequence, before = ends.get(event["stream_id"], (0, NO_HASH))
        placed = {**event, "sequence": sequence + 1, "prev_hash": before}
        hash_ = event_hash(before, canonical(placed))
        ends[event["stream_id"]] = (sequence + 1, hash_)
        done.append({**placed, "hash": hash_})
    return done


def lines_of(events: list[dict[str, Any]]) -> Lines:
    """The events as an export writes them, with what was sealed beside them."""
    lines = []
    for number, event in enumerate(events):
        content = CONTENTS[number][3]
        opened = {"revealed": {"salt": salt(number).hex(), "content": content}} if content else {}
        lines.append(canonical({**event, **opened}) + b"\n")
    return tuple(lines)


def heads_of(events: list[dict[str, Any]], key: SigningKey = KEY, ends: tuple[int, ...] = (4, 7)) -> Lines:
    """Head lists after the given numbers of events; what comes later is in no head."""
    lines, before, done = [], NO_HASH, 0
    for index, end in enumerate(ends, 1):
        moved = {event["stream_id"]: event for event in events[done:end]}
        entries = [HeadEntry(stream, event["sequence"], event["hash"]) for stream, event in sorted(moved.items())]
        head = make_head(key, index, before, NOW + timedelta(minutes=index), entries)
        lines.append(head.published + b"\n")
        before, done = head.hash, end
    return tuple(lines)


def rewritten() -> list[dict[str, Any]]:
    """A past that was changed, with every later hash made to fit."""
    events = [an_event(number) for number in range(len(CONTENTS))]
    events[1]["metadata"] = {**events[1]["metadata"], "agent": "Payments"}
    return chained(events)


Variant = tuple[str, bool, Lines, Lines, list[str]]


def variants() -> Iterator[Variant]:
    """Name, whether it holds, record, heads, arguments."""
    events = chained([an_event(number) for number in range(len(CONTENTS))])
    record, heads = lines_of(events), heads_of(events)
    yield from holding(record, heads)
    yield from moved(record, heads)
    yield from altered(record, heads)


def holding(record: Lines, heads: Lines) -> Iterator[Variant]:
    """Nothing can be said against these."""
    yield "untouched", True, record, heads, ["--complete"]
    yield "one-conversation", True, tuple(line for line in record if b'"stream_id":"conv-1"' in line), heads, []
    yield "newest-event-missing", True, record[:-1], heads, ["--complete"]  # no head names it: this is not proved


def moved(record: Lines, heads: Lines) -> Iterator[Variant]:
    """Lines, or whole heads, that are gone, doubled or in another place."""
    missing = tuple(line for line in record if b"conv-2" not in line)
    yield "deleted", False, without(record, 2), heads, []
    yield "inserted-twice", False, (record[0], *record), heads, []
    yield "reordered", False, swapped(record, 0, 1), heads, []
    yield "tail-cut", False, without(without(record, 7), 4), heads, []
    yield "conversation-missing", False, missing, heads, ["--complete"]
    yield "head-deleted", False, record, heads[1:], []
    yield "last-line-cut-off", False, (*record[:-1], record[-1][:-1]), heads, []
    yield "moved-to-another-conversation", False, edited(record, 0, b"conv-1", b"conv-9"), heads, []


def altered(record: Lines, heads: Lines) -> Iterator[Variant]:
    """Lines that say something else, or say it otherwise."""
    past = rewritten()
    yield "edited", False, edited(record, 0, b"Hello", b"Hallo"), heads, []
    yield "clear-part-edited", False, edited(record, 1, b"Accounts", b"Payments"), heads, []
    yield "suffix-rewritten", False, lines_of(past), heads, []
    yield "heads-by-another-key", False, lines_of(past), heads_of(past, OTHER_KEY), []
    yield "signature-written-otherwise", False, record, edited(heads, 0, b'DDw=="', b'DDx=="'), []
    yield "revealed-edited", False, edited(record, 2, b"balance", b"ballots"), heads, []
    yield "salt-edited", False, edited(record, 2, b'"salt":"02', b'"salt":"03'), heads, []
    yield "not-canonical", False, edited(record, 0, b'":', b'": '), heads, []
    yield "name-twice", False, edited(record, 0, b"{", b'{"action":null,'), heads, []
    yield "number-written-otherwise", False, edited(record, 1, b"0.97", b"0.970"), heads, []


def edited(lines: Lines, place: int, old: bytes, new: bytes) -> Lines:
    """The lines with the first `old` of one of them replaced."""
    assert old in lines[place]
    return (*lines[:place], lines[place].replace(old, new, 1), *lines[place + 1 :])


def build() -> dict[str, bytes]:
    """Every file of the folder by its relative name."""
    files: dict[str, bytes] = {"key.pem": KEY.public_pem().encode()}
    expected = {}
    for name, holds, record, heads, arguments in variants():
        files[f"{name}/record.jsonl"] = b"".join(record)
        files[f"{name}/heads.jsonl"] = b"".join(heads)
        expected[name] = [holds, arguments]
    files["expected.json"] = json.dumps(expected, indent=1).encode() + b"\n"
    return files


def main() -> None:
    """Write the folder."""
    for name, content in build().items():
        path = HOME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
