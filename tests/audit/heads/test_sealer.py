from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.people import eventually
from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.canonical import NO_HASH, strict_object
from ultracore.audit.database import SqlConnection
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.verify import verify_heads
from ultracore.errors import AuditUnavailable


@pytest.fixture
def heads_file(tmp_path: Path) -> HeadsFile:
    return HeadsFile(tmp_path / "elsewhere" / "heads.jsonl")


@pytest.fixture
def sealer(store: SqliteAuditStore, signing: SigningKey, heads_file: HeadsFile) -> HeadSealer:
    return HeadSealer(store, signing, heads_file, interval=0.05)


async def say(trail: AuditTrail, stream: str) -> None:
    await trail.log_event(AuditEventType.USER_MESSAGE, "tenant_1", "x", session_id=stream)


async def test_a_head_list_names_the_streams_that_moved(trail: AuditTrail, sealer: HeadSealer) -> None:
    for stream in ("conv-b", "conv-a", "conv-b"):
        await say(trail, stream)
    [first] = await sealer.seal_now()
    body = strict_object(first.published)
    assert (body["index"], body["prev_hash"]) == (1, NO_HASH)
    assert [(entry["stream_id"], entry["sequence"]) for entry in body["entries"]] == [("conv-a", 1), ("conv-b", 2)]
    assert await sealer.seal_now() == []
    await say(trail, "conv-a")
    [second] = await sealer.seal_now()
    body = strict_object(second.published)
    assert (body["index"], body["prev_hash"]) == (2, first.hash)
    assert [(entry["stream_id"], entry["sequence"]) for entry in body["entries"]] == [("conv-a", 2)]


async def test_the_file_is_the_table_and_its_signatures_hold(
    trail: AuditTrail, sealer: HeadSealer, signing: SigningKey, heads_file: HeadsFile, store: SqliteAuditStore
) -> None:
    for number in range(3):
        await say(trail, f"conv-{number}")
        await sealer.seal_now()
    lines = heads_file.path.read_bytes().splitlines(keepends=True)
    assert lines == [head.published + b"\n" for head in await store.heads()]
    known = verify_heads(lines, load_public_key(signing.public_pem().encode()))
    assert known.count == 3


async def test_a_started_sealer_seals_by_itself_and_once_more_when_it_stops(
    trail: AuditTrail, sealer: HeadSealer, store: SqliteAuditStore
) -> None:
    sealer.start()
    await say(trail, "conv-a")
    await eventually(store.heads)
    await say(trail, "conv-b")
    await sealer.stop()
    assert "conv-b" in (await store.heads())[-1].published.decode()


async def test_one_of_two_sealers_works_until_it_lets_go(
    trail: AuditTrail, store: SqliteAuditStore, signing: SigningKey, sealer: HeadSealer, tmp_path: Path
) -> None:
    other = HeadSealer(store, signing, HeadsFile(tmp_path / "other.jsonl"))
    await say(trail, "conv-a")
    assert len(await sealer.seal_now()) == 1
    await say(trail, "conv-a")
    assert await other.seal_now() == []
    await sealer.stop()
    await say(trail, "conv-a")
    [head] = await other.seal_now()
    assert head.index == 3
    assert len((tmp_path / "other.jsonl").read_bytes().splitlines()) == 3


async def test_an_expired_lease_is_taken_over(
    trail: AuditTrail, store: SqliteAuditStore, signing: SigningKey, sealer: HeadSealer, tmp_path: Path
) -> None:
    await sealer.seal_now()

    def expire(db: SqlConnection) -> None:
        db.execute("UPDATE leases SET expires_at = 1")

    await store.run(expire)
    await say(trail, "conv-a")
    other = HeadSealer(store, signing, HeadsFile(tmp_path / "other.jsonl"))
    assert len(await other.seal_now()) == 1
    await say(trail, "conv-a")
    assert await sealer.seal_now() == []


async def test_a_line_that_a_crash_cut_is_mended(
    trail: AuditTrail, sealer: HeadSealer, heads_file: HeadsFile
) -> None:
    await say(trail, "conv-a")
    await sealer.seal_now()
    await say(trail, "conv-a")
    await sealer.seal_now()
    whole = heads_file.path.read_bytes()
    heads_file.path.write_bytes(whole[:-40])
    await sealer.seal_now()
    assert heads_file.path.read_bytes() == whole


async def test_a_heads_file_that_cannot_be_written_is_said(
    trail: AuditTrail, store: SqliteAuditStore, signing: SigningKey
) -> None:
    await say(trail, "conv-a")
    sealer = HeadSealer(store, signing, HeadsFile(Path("/proc/heads.jsonl")))
    with pytest.raises(AuditUnavailable, match="heads"):
        await sealer.seal_now()
    assert len(await store.heads()) == 1
