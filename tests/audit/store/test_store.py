"""What the record on SQLite leaves in its files. What every store promises is in `test_store_contract.py`."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from tests.audit.stores import a_draft
from ultracore.audit.canonical import NO_HASH, canonical, event_hash, strict_object
from ultracore.audit.store.sqlite import SqliteAuditStore

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def bodies(path: Path, stream_id: str = "conv-1") -> list[tuple[int, str, bytes]]:
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT sequence, hash, body FROM events WHERE stream_id = ? ORDER BY sequence", (stream_id,)
        ).fetchall()
    db.close()
    return rows


def raw_files(path: Path) -> list[bytes]:
    return [path.read_bytes(), path.with_name("audit.db-wal").read_bytes()]


async def test_an_event_is_on_disk_when_append_returns(store: SqliteAuditStore, record_path: Path) -> None:
    receipt = await store.append(a_draft("evt-1"))
    assert (receipt.stream_id, receipt.sequence) == ("conv-1", 1)
    assert [(sequence, hash_) for sequence, hash_, _ in bodies(record_path)] == [(1, receipt.hash)]


async def test_a_stream_is_a_gapless_chain_from_one(store: SqliteAuditStore, record_path: Path) -> None:
    await asyncio.gather(*(store.append(a_draft(f"evt-{number}")) for number in range(300)))
    before = NO_HASH
    for due, (sequence, hash_, body) in enumerate(bodies(record_path), 1):
        wire = strict_object(body)
        assert (sequence, wire["sequence"], wire["prev_hash"]) == (due, due, before)
        assert canonical(wire) == body
        assert event_hash(before, body) == hash_
        before = hash_
    assert due == 300


async def test_content_is_sealed_and_opened_again_for_readers(store: SqliteAuditStore, record_path: Path) -> None:
    await store.append(a_draft("evt-1", text="a very private sentence"))
    [event] = await store.events("conv-1")
    assert event.metadata == {"text": "a very private sentence"}
    assert b"private" not in bodies(record_path)[0][2]
    assert not any(b"private" in content for content in raw_files(record_path))
