"""Bad events, full disks, read-only directories, clock steps."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.audit.test_store import a_draft, bodies
from ultracore.audit import AuditEvent, AuditEventType, AuditSeverity, AuditTrail, Draft, Subject
from ultracore.audit.keys import MasterKey
from ultracore.audit.sqlite_schema import HEAD_REVISION, connect, prepare_database, revision_of
from ultracore.audit.sqlite_store import SqliteAuditStore
from ultracore.errors import AuditUnavailable, OperatorError

SECONDS = 20


class Strange:
    def __repr__(self) -> str:
        return "a strange thing"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"x": Strange()}, "event.wrong_type"),
        ({"x": "\ud800"}, "event.not_text"),
        ({"\udfff": 1}, "event.not_text"),
        ({"x": ["y" * 30_000] * 60}, "event.too_large"),
        ({Strange(): 1}, "event.wrong_type"),
    ],
)
async def test_a_broken_event_fails_alone_and_leaves_an_error_event(
    trail: AuditTrail, metadata: dict[Any, Any], reason: str
) -> None:
    broken = trail.log_event("user_message", "tenant_1", "x", session_id="conv-1", metadata=metadata)  # type: ignore[arg-type]
    fine = trail.log_event(AuditEventType.USER_MESSAGE, "tenant_1", "x", session_id="conv-1")
    answers = await asyncio.gather(broken, fine, return_exceptions=True)
    assert isinstance(answers[0], AuditUnavailable)
    assert answers[0].code == "audit.event_rejected"
    store = await trail.store()
    error, kept = await store.events("conv-1")
    assert (error.event_type, error.severity) == (AuditEventType.AUDIT_EVENT_REJECTED, AuditSeverity.ERROR)
    assert error.metadata is not None
    assert (error.metadata["reason"], error.metadata["rejected_type"]) == (reason, "user_message")
    assert len(error.metadata["digest"]) == 64
    assert kept.event_type is AuditEventType.USER_MESSAGE


async def test_wrong_field_types_are_a_broken_event(trail: AuditTrail) -> None:
    with pytest.raises(AuditUnavailable, match="wrong_type"):
        await trail.log_event(AuditEventType.LOGIN, "tenant_1", 12, user_id=["a"])  # type: ignore[arg-type]
    await trail.log_login("tenant_1", "user_1", success=True)


async def test_a_long_text_is_cut_and_the_digest_of_the_whole_kept(trail: AuditTrail) -> None:
    text = "word " * 20_000
    event = await trail.log_event(AuditEventType.USER_MESSAGE, "tenant_1", "x", metadata={"text": text})
    assert event.metadata is not None
    kept = event.metadata["text"]
    assert len(kept) < 33_000
    assert trail.digest(text) in kept


async def test_ids_of_another_shape_are_sealed_and_can_still_be_told_apart(trail: AuditTrail) -> None:
    event = await trail.log_event(
        AuditEventType.LOGIN_FAILED,
        "Bank & Söhne",
        "x",
        user_id="mary@example.com",
        session_id="a b",
        turn_id="a|b",
    )
    store = await trail.store()
    [info] = await store.streams()
    assert info.stream_id.startswith("digest_")
    assert info.tenant_id.startswith("digest_")
    [read] = await store.events(info.stream_id)
    assert (read.user_id, read.session_id, read.turn_id) == ("mary@example.com", "a b", "a|b")
    assert event.user_id == "mary@example.com"


async def test_a_full_disk_refuses_and_corrupts_nothing(store: SqliteAuditStore, record_path: Path) -> None:
    await store.append(a_draft("evt-1"))
    pages = await store.run(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await store.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 8}"))
    kept = 0
    with pytest.raises(AuditUnavailable, match="full"):
        for number in range(100):
            await store.append(a_draft(f"big-{number}", text="y" * 20_000))
            kept += 1
    # The connection was given up with the error, and a new one knows of no limit: there is room again.
    await store.append(a_draft("evt-after"))
    sequences = [sequence for sequence, _, _ in bodies(record_path)]
    assert sequences == list(range(1, kept + 3))
    with sqlite3.connect(record_path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


async def test_a_locked_database_refuses_within_its_deadline(store: SqliteAuditStore, record_path: Path) -> None:
    blocker = connect(record_path)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(AuditUnavailable, match="locked"):
        await asyncio.wait_for(store.append(a_draft("evt-1")), SECONDS)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert (await store.append(a_draft("evt-2"))).sequence == 1


async def test_a_directory_that_cannot_be_written_is_a_clear_error(master: MasterKey) -> None:
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(Path("/proc/audit.db"), master)  # not even root writes there


async def test_a_path_that_is_no_database_is_a_clear_error(tmp_path: Path, master: MasterKey) -> None:
    (tmp_path / "audit.db").write_text("not a database, but long enough to be read as one " * 40)
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(tmp_path / "audit.db", master)
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(tmp_path / "master.key" / "audit.db", master)


async def test_a_clock_that_steps_back_changes_no_order(store: SqliteAuditStore) -> None:
    for number in range(3):
        moment = datetime(2026, 11, 23, tzinfo=UTC) - timedelta(days=number)
        event = AuditEvent(f"evt-{number}", AuditEventType.LOGIN, moment, "tenant_1", stream_id="conv-1")
        await store.append(Draft(event, Subject.of_tenant("tenant_1")))
    assert [event.event_id for event in await store.events("conv-1")] == ["evt-0", "evt-1", "evt-2"]


def test_the_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    MasterKey.load(tmp_path / "master.key")
    prepare_database(tmp_path / "audit.db")
    for name in ("master.key", "audit.db"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_missing_or_foreign_key_file_is_refused_where_it_may_not_be_made(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="missing"):
        MasterKey.load(tmp_path / "master.key", create=False)
    (tmp_path / "master.key").write_text("hello")
    with pytest.raises(OperatorError, match="32 bytes"):
        MasterKey.load(tmp_path / "master.key")


def test_the_schema_is_at_the_head_that_the_code_names(tmp_path: Path) -> None:
    from alembic.script import ScriptDirectory

    folder = Path(__file__).parents[2] / "ultracore" / "audit" / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD_REVISION
    prepare_database(tmp_path / "audit.db")
    db = connect(tmp_path / "audit.db")
    assert revision_of(db) == HEAD_REVISION
    db.close()
