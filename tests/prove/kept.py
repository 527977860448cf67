"""What must hold on disk and in Kafka after a process was killed and started again."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ultracore.audit.sealing import MasterKey, SigningKey, load_public_key
from ultracore.audit.store import RecordReader
from ultracore.audit.verify import verify_store

Event = dict[str, Any]
Place = tuple[str, str, int, str]
"""Event id, stream, sequence and hash."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows that an approval leaves."""

    entries: list[Event]
    proposals: dict[str, Event]
    active_holds: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a process was told is done before it died."""

    events: set[Place]
    receipts: list[tuple[str, str]]
    notices: list[tuple[str, str]]
    refused: int


def read_told(path: Path) -> Told:
    """The whole lines of a worker's file."""
    lines = [line.split(" ") for line in path.read_text().split("\n")[:-1]] if path.exists() else []
    return Told(
        {(line[1], line[2], int(line[3]), line[4]) for line in lines if line[0] == "event"},
        [(line[1], line[2]) for line in lines if line[0] == "done"],
        [(line[1], line[2]) for line in lines if line[0] == "notice"],
        sum(line[0] == "refused" for line in lines),
    )


def read_record(data: Path) -> list[Event]:
    """Every event as published, in the order in which it became durable; the chains and heads are verified."""
    reader = RecordReader(data / "audit.db", MasterKey.load(data / "master.key"))
    try:
        assert not reader.open_intents(), f"open after the restart: {reader.open_intents()}"
        public = load_public_key(SigningKey.load(signing_key_file(data)).public_pem().encode())
        verify_store(reader, public, data / "heads.jsonl")
        return [json.loads(stored.published()) for stored in reader.stored()]
    finally:
        reader.close()


def signing_key_file(data: Path) -> Path:
    """The one private key in PEM of a data directory."""
    (found,) = [path for path in data.iterdir() if path.is_file() and path.read_bytes()[:27] == PEM]
    return found


PEM = b"-----BEGIN PRIVATE KEY-----"


def read_ledger(data: Path) -> Ledger:
    """Entries and proposals that conversations made; what the demo world began with is left out."""
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        db.row_factory = sqlite3.Row
        entries = db.execute("SELECT * FROM entries WHERE intent_event_id NOT GLOB 'se*:*' ORDER BY sequence")
        proposals = db.execute("SELECT * FROM proposals").fetchall()
        (held,) = db.execute("SELECT count(*) FROM holds WHERE status = 'active'").fetchone()
        (sum_,) = db.execute("SELECT coalesce(sum(amount_minor), 0) FROM postings").fetchone()
        assert sum_ == 0, f"the books differ by {sum_}"
        wrong = db.execute(
            "SELECT account_id FROM balances b WHERE balance_minor <> (SELECT coalesce(sum(p.amount_minor), 0)"
            " FROM postings p JOIN entries e USING (entry_id) WHERE e.posted = 1 AND p.account_id = b.account_id)"
        ).fetchall()
        assert not wrong, f"balances that no postings add up to: {[tuple(row) for row in wrong]}"
        return Ledger(
            [dict(row) for row in entries], {row["proposal_id"]: dict(row) for row in proposals}, int(held)
        )


def check_acknowledged(told: Told, record: list[Event], ledger: Ledger) -> None:
    """Nothing that was acknowledged is missing, and no event is there twice."""
    kept = {(event["event_id"], event["stream_id"], event["sequence"], event["hash"]) for event in record}
    missing = told.events - kept
    assert not missing, f"acknowledged events missing: {sorted(missing)}"
    assert len({event["event_id"] for event in record}) == len(record), "an event is in the record twice"
    entries = {(entry["proposal_id"], entry["entry_id"]) for entry in ledger.entries}
    assert set(told.receipts) <= entries, f"receipts without an entry: {set(told.receipts) - entries}"


def check_effects(record: list[Event], ledger: Ledger) -> None:
    """Each effect has one intent that was there before, each intent one outcome that says what the ledger says."""
    intents = {event["event_id"]: event for event in record if _is_intent(event)}
    for entry in ledger.entries:
        intent = intents.get(entry["intent_event_id"])
        assert intent is not None, f"an effect without an intent: {entry}"
        assert intent["metadata"]["proposal"] == entry["proposal_id"], f"another proposal's intent: {entry}"
        assert _before(intent["timestamp"], entry["posted_at"]), f"an intent after its effect: {entry}"
    for name in ("proposal_id", "intent_event_id", "idempotency_key"):
        twice = [value for value, times in Counter(entry[name] for entry in ledger.entries).items() if times > 1]
        assert not twice, f"doubled effects by {name}: {twice}"
    done = {number for number, row in ledger.proposals.items() if row["status"] == "done"}
    assert done == {entry["proposal_id"] for entry in ledger.entries}, "proposals and entries disagree"
    claimed = [number for number, row in ledger.proposals.items() if row["status"] == "claimed"]
    assert not claimed and not ledger.active_holds, f"left claimed: {claimed}; holds: {ledger.active_holds}"
    _check_outcomes(intents, record, {entry["intent_event_id"] for entry in ledger.entries})


def _check_outcomes(intents: dict[str, Event], record: list[Event], effective: set[str]) -> None:
    closings: dict[str, list[str]] = defaultdict(list)
    for event in record:
        if event["event_type"] in ("tool_executed", "outcome_resolved") and event["result"] != "unknown":
            closings[event["metadata"]["intent"]].append(event["result"])
    for number, intent in intents.items():
        if intent["metadata"].get("proposal"):
            wanted = ["success" if number in effective else "failure"]
            assert closings[number] == wanted, f"outcomes of {number}: {closings[number]}, the ledger: {wanted}"


def check_published(values: Iterable[bytes], record: list[Event]) -> int:
    """Kafka without its duplicates is the record, in each stream's order. How many duplicates there were."""
    first: dict[tuple[str, str], Event] = {}
    messages = 0
    for value in values:
        event = json.loads(value)
        messages += 1
        first.setdefault((event["event_id"], event["hash"]), event)
    wanted = {(event["event_id"], event["hash"]): event for event in record}
    assert len({number for number, _ in first}) == len(first), "one event id with two hashes"
    missing = wanted.keys() - first.keys()
    assert not missing, f"{len(missing)} events are not in Kafka: {sorted(missing)[:3]}"
    assert first == wanted, f"{len(first.keys() - wanted.keys())} events in Kafka are not in the record"
    streams: dict[str, list[int]] = defaultdict(list)
    for event in first.values():
        streams[event["stream_id"]].append(event["sequence"])
    unordered = [stream for stream, found in streams.items() if found != sorted(found)]
    assert not unordered, f"streams out of order in Kafka: {unordered}"
    return messages - len(first)


def check_told_later(record: list[Event], ledger: Ledger, told: Told) -> int:
    """Whose outcome was resolved after the crash was told in the next session. How many outcomes that were."""
    owners = resolved_by_user(record, ledger)
    heard = Counter(user for user, _ in told.notices)
    untold = {user: times for user, times in owners.items() if heard[user] < times}
    assert not untold, f"not told of resolved outcomes: {untold}, heard: {told.notices}"
    return owners.total()


def resolved_by_user(record: list[Event], ledger: Ledger) -> Counter[str]:
    """How many effects of each user were resolved after a crash; a read that was cut short is nobody's worry."""
    resolved = (event["metadata"].get("proposal") for event in record if event["event_type"] == "outcome_resolved")
    return Counter(ledger.proposals[number]["user_id"] for number in resolved if number is not None)


def _is_intent(event: Event) -> bool:
    return (event["event_type"], event["result"]) == ("tool_decided", "allowed")


def _before(intent: str, posted: str) -> bool:
    """`2026-11-23T21:00:00.000000Z` against SQLite's `2026-11-23 21:00:00.000000`."""
    return intent.rstrip("Z").replace("T", " ") <= posted
