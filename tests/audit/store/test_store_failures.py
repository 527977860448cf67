"""Bad events, full disks, read-only directories, clock steps."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.audit.store.test_store import bodies
from tests.audit.stores import a_draft
from tests.support.small_disk import SmallDisk, small_disk, unprivileged
from ultracore.audit import AuditEvent, AuditEventType, AuditSeverity, AuditTrail, Draft, Receipt, Subject
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.store.sqlite_schema import HEAD_REVISION, connect, prepare_database, revision_of
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


HOLD = """import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("BEGIN IMMEDIATE")
print(flush=True)
input()
"""


async def test_a_process_that_holds_the_record_is_waited_for_and_its_end_lets_us_go_on(
    store: SqliteAuditStore, record_path: Path
) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, str(record_path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    await holder.stdout.readline()
    appending = [asyncio.create_task(store.append(a_draft(f"evt-{number}"))) for number in range(5)]
    done, _ = await asyncio.wait(appending, timeout=0.2)
    assert not done
    assert await store.events("conv-1") == []  # readers do not wait
    holder.kill()
    await holder.wait()
    receipts = await asyncio.wait_for(asyncio.gather(*appending), SECONDS)
    assert [receipt.sequence for receipt in receipts] == [1, 2, 3, 4, 5]


async def test_a_directory_that_cannot_be_written_is_a_clear_error(master: MasterKey) -> None:
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(Path("/proc/audit.db"), master)  # not even root writes there


async def test_a_path_that_is_no_database_is_a_clear_error(tmp_path: Path, master: MasterKey) -> None:
    (tmp_path / "audit.db").write_text("not a database, but long enough to be read as one " * 40)
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(tmp_path / "audit.db", master)
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(tmp_path / "master.key" / "audit.db", master)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk") as opened:
        yield opened


async def test_a_real_full_disk_refuses_corrupts_nothing_and_goes_on(disk: SmallDisk, master: MasterKey) -> None:
    path = disk.path / "audit.db"
    store = await SqliteAuditStore.open(path, master)
    told = [await store.append(a_draft("evt-1"))]
    for round_ in range(3):
        disk.fill()
        answers = await asyncio.gather(
            *(store.append(a_draft(f"full-{round_}-{number}", text="y" * 20_000)) for number in range(60)),
            return_exceptions=True,
        )
        told += [answer for answer in answers if isinstance(answer, Receipt)]
        assert {type(answer) for answer in answers} <= {Receipt, AuditUnavailable}
        assert isinstance(answers[-1], AuditUnavailable)
        disk.free()
        told.append(await store.append(a_draft(f"free-{round_}")))
    await store.close()
    assert [(row[0], row[1]) for row in bodies(path)] == [(one.sequence, one.hash) for one in told]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_full_disk_is_a_clear_error_at_the_start_and_the_start_works_later(
    disk: SmallDisk, master: MasterKey
) -> None:
    disk.fill()
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(disk.path / "audit.db", master)
    disk.free()
    store = await SqliteAuditStore.open(disk.path / "audit.db", master)
    assert (await store.append(a_draft("evt-1"))).sequence == 1
    await store.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may enter, so that only its own mode decides."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o777)
        yield path
        path.chmod(0o777)


@pytest.mark.parametrize("read_only", ["folder", "file"])
async def test_what_may_only_be_read_is_refused_and_serves_again_once_it_is_not(
    open_folder: Path, master: MasterKey, read_only: str
) -> None:
    path = open_folder / "audit.db"
    with unprivileged():
        store = await SqliteAuditStore.open(path, master)
        await store.append(a_draft("evt-1"))
        await store.close()
    closed = {"folder": (open_folder, 0o555), "file": (path, 0o444)}[read_only]
    set_mode(*closed)
    with unprivileged(), pytest.raises(AuditUnavailable, match="cannot be opened"):
        await SqliteAuditStore.open(path, master)
    set_mode(closed[0], 0o777)
    with unprivileged():
        store = await SqliteAuditStore.open(path, master)
        assert (await store.append(a_draft("evt-2"))).sequence == 2
        await store.close()


async def test_a_folder_that_becomes_read_only_loses_nothing_of_an_open_record(
    open_folder: Path, master: MasterKey
) -> None:
    with unprivileged():
        store = await SqliteAuditStore.open(open_folder / "audit.db", master)
        told = [await store.append(a_draft("evt-1"))]
    set_mode(open_folder, 0o555)
    with unprivileged():
        answers = await asyncio.gather(
            *(store.append(a_draft(f"evt-{n}")) for n in range(2, 9)), return_exceptions=True
        )
        told += [answer for answer in answers if isinstance(answer, Receipt)]
        assert {type(answer) for answer in answers} <= {Receipt, AuditUnavailable}
    set_mode(open_folder, 0o777)
    with unprivileged():
        told.append(await store.append(a_draft("evt-after")))
        await store.close()
    assert [(row[0], row[1]) for row in bodies(open_folder / "audit.db")] == [
        (one.sequence, one.hash) for one in told
    ]


def set_mode(path: Path, mode: int) -> None:
    path.chmod(mode)


async def test_a_deleted_file_refuses_until_it_is_back(store: SqliteAuditStore, record_path: Path) -> None:
    await store.append(a_draft("evt-1"))
    elsewhere = record_path.with_name("elsewhere")
    for _ in range(2):
        move_record(record_path, elsewhere)
        for _ in range(2):
            with pytest.raises(AuditUnavailable):
                await store.append(a_draft("evt-2"))
            with pytest.raises(AuditUnavailable):
                await store.check()
        assert names_in(record_path.parent).isdisjoint({"audit.db", "audit.db-wal"})  # nobody made an empty one
        move_record(elsewhere, record_path)
        await store.append(a_draft("evt-2"))
    assert [event.event_id for event in await store.events("conv-1")] == ["evt-1", "evt-2"]
    assert [sequence for sequence, _, _ in bodies(record_path)] == [1, 2]


async def test_a_replaced_file_is_refused_until_the_restart(
    store: SqliteAuditStore, record_path: Path, master: MasterKey
) -> None:
    await store.append(a_draft("evt-1"))
    other = await SqliteAuditStore.open(record_path.with_name("other"), master)
    await other.append(a_draft("evt-of-the-other"))
    await other.close()
    move_record(record_path, record_path.with_name("elsewhere"))
    move_record(record_path.with_name("other"), record_path)
    for _ in range(2):
        with pytest.raises(AuditUnavailable, match="replaced"):
            await store.append(a_draft("evt-2"))
    restarted = await SqliteAuditStore.open(record_path, master)
    await restarted.append(a_draft("evt-3"))
    assert [event.event_id for event in await restarted.events("conv-1")] == ["evt-of-the-other", "evt-3"]
    await restarted.close()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def move_record(source: Path, target: Path) -> None:
    """The database with its write-ahead log, as an operator moves it."""
    for end in ("-wal", "-shm", ""):
        if source.with_name(source.name + end).exists():
            source.with_name(source.name + end).rename(target.with_name(target.name + end))


async def test_a_clock_that_steps_changes_no_order_and_listings_know_the_latest_time(
    store: SqliteAuditStore,
) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    steps = [0, 3, -48, 24 * 365, -1, 1]
    for number, hours in enumerate(steps):
        await store.append(at(f"evt-{number}", noon + timedelta(hours=hours)))
    await asyncio.gather(
        store.append(at("new-0", noon, "conv-2")), store.append(at("new-1", noon - timedelta(days=1), "conv-2"))
    )
    events = await store.events("conv-1")
    assert [event.event_id for event in events] == [f"evt-{number}" for number in range(6)]
    assert [event.timestamp for event in events] == [noon + timedelta(hours=hours) for hours in steps]
    first, second = await store.streams()
    assert (first.stream_id, first.first_at, first.last_at) == ("conv-1", noon, noon + timedelta(days=365))
    assert (second.stream_id, second.first_at, second.last_at) == ("conv-2", noon, noon)
    assert len(await store.streams(since=noon + timedelta(days=300))) == 1


def at(event_id: str, moment: datetime, stream_id: str = "conv-1") -> Draft:
    event = AuditEvent(event_id, AuditEventType.LOGIN, moment, "tenant_1", stream_id=stream_id)
    return Draft(event, Subject.of_tenant("tenant_1"))


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

    folder = Path(__file__).parents[3] / "ultracore" / "audit" / "store" / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD_REVISION
    prepare_database(tmp_path / "audit.db")
    db = connect(tmp_path / "audit.db")
    assert revision_of(db) == HEAD_REVISION
    db.close()
