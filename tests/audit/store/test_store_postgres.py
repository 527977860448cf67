"""The record on PostgreSQL while the server dies, stops, restarts, loses answers, or is not the one meant."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from pydantic import SecretStr

from tests.audit.cutting_proxy import CuttingProxy, Moment, cutting_proxy
from tests.audit.stores import Place, a_draft, hold_together
from tests.prove import postgres as prove_postgres
from tests.support.ports import free_port
from tests.support.postgres import PASSWORD, PostgresAddress, PostgresServer
from ultracore.audit import AuditStore
from ultracore.audit.defaults import open_reader, open_store
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.postgres import PostgresAuditStore
from ultracore.audit.store.postgres_connection import PostgresDatabase
from ultracore.cli.main import main
from ultracore.diagnosis import examine
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.settings import Settings, export_to_environment

SECONDS = 40


@pytest.fixture
def url(postgres: PostgresAddress, postgres_template: str) -> str:
    return postgres.make_database(postgres_template)


@pytest.fixture
async def record(url: str, data_dir: Path) -> AsyncIterator[Place]:
    place = Place(url, data_dir)
    yield place
    await place.close()


@pytest.fixture
async def proxy(postgres: PostgresAddress) -> AsyncIterator[CuttingProxy]:
    async with cutting_proxy(postgres.port) as opened:
        yield opened


@pytest.fixture
async def through(record: Place, proxy: CuttingProxy, postgres: PostgresAddress) -> AuditStore:
    """A store over the record that speaks through the proxy."""
    await (await record.open()).check()
    database = PostgresDatabase(record.url.replace(f":{postgres.port}/", f":{proxy.port}/"), write_seconds=2.0)
    store = PostgresAuditStore(database, MasterKey.load(record.home / "master.key"))
    record.opened.append(store)
    return store


async def patient_append(store: AuditStore, event_id: str, stream_id: str) -> tuple[str, int, str]:
    """Append the same event until it is acknowledged, as a caller does that may not lose it."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                receipt = await store.append(a_draft(event_id, stream_id))
                return receipt.stream_id, receipt.sequence, receipt.hash
            except AuditUnavailable:
                await asyncio.sleep(0.05)


# The server goes away


@pytest.mark.parametrize("moment", ["before", "after", "silent"])
async def test_a_commit_whose_answer_is_lost_is_found_again(
    through: AuditStore, record: Place, proxy: CuttingProxy, moment: Moment
) -> None:
    await through.append(a_draft("evt-first"))
    proxy.arm(moment)
    receipts = await asyncio.gather(*(through.append(a_draft(f"evt-{number}")) for number in range(30)))
    assert proxy.cuts == 1
    rows = await record.stored("conv-1")
    hold_together(rows)
    assert [(row.sequence, row.hash) for row in rows[1:]] == [(one.sequence, one.hash) for one in receipts]


async def test_an_event_of_unknown_fate_may_be_appended_again(
    through: AuditStore, record: Place, proxy: CuttingProxy
) -> None:
    await through.append(a_draft("evt-first"))
    proxy.arm("after")
    appending = asyncio.create_task(through.append(a_draft("evt-1")))
    async with asyncio.timeout(SECONDS):
        while not proxy.cuts:  # noqa: ASYNC110 - the proxy counts, it does not call
            await asyncio.sleep(0)
    proxy.refusing = True
    with pytest.raises(AuditUnavailable):
        await appending
    proxy.refusing = False
    told = await patient_append(through, "evt-1", "conv-1")
    assert [(row.stream_id, row.sequence, row.hash) for row in await record.stored("conv-1")][1:] == [told]


@pytest.mark.parametrize("moment", ["after", "silent"])
async def test_a_job_of_unknown_fate_is_not_done_twice(
    through: AuditStore, proxy: CuttingProxy, moment: Moment
) -> None:
    await through.run(lambda db: db.execute("INSERT INTO facts VALUES ('count', '0')"))
    proxy.arm(moment)
    with pytest.raises(AuditUnavailable):
        await through.run(lambda db: db.execute("UPDATE facts SET value = value || '1' WHERE name = 'count'"))
    found = await through.run(lambda db: db.execute("SELECT value FROM facts WHERE name = 'count'").fetchone())
    assert found == ("01",)


async def test_ended_sessions_are_opened_again_and_nobody_notices(
    record: Place, postgres: PostgresAddress
) -> None:
    store = await record.open()
    await store.append(a_draft("evt-1"))
    assert len(await store.events("conv-1")) == 1
    ended = postgres.execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
        "WHERE application_name = 'ultracore-audit' AND datname = current_database()",
        record.url,
    )
    assert len(ended) >= 2  # the one that writes, the one that reads
    assert len(await store.events("conv-1")) == 1
    assert (await store.append(a_draft("evt-2"))).sequence == 2


@pytest.mark.usefixtures("postgres")  # which says why where this machine has none
async def test_killed_and_restarted_servers_and_writers_lose_nothing_that_was_acknowledged() -> None:
    assert "0 lost, 0 doubled" in await prove_postgres.run(runs=2, seed=20261123)


async def test_a_server_that_does_not_answer_is_waited_for_and_then_refused(
    postgres_server: PostgresServer, data_dir: Path
) -> None:
    database = PostgresDatabase(
        postgres_server.make_database(), connect_seconds=1.0, write_seconds=1.0, read_seconds=1.0
    )
    master = MasterKey.load(data_dir / "master.key")
    await (await PostgresAuditStore.open(database.url, master)).close()
    store = await PostgresAuditStore(database, master).admit()
    await store.append(a_draft("evt-1"))
    postgres_server.pause()
    try:
        async with asyncio.timeout(SECONDS):
            with pytest.raises(AuditUnavailable):
                await store.append(a_draft("evt-2"))
            with pytest.raises(AuditUnavailable):
                await store.events("conv-1")
    finally:
        postgres_server.resume()
    await patient_append(store, "evt-2", "conv-1")
    await patient_append(store, "evt-3", "conv-1")
    assert [event.event_id for event in await store.events("conv-1")] == ["evt-1", "evt-2", "evt-3"]
    await store.close()


async def test_a_stream_that_somebody_holds_is_waited_for_and_then_refused(record: Place) -> None:
    await (await record.open()).append(a_draft("evt-1"))
    database = PostgresDatabase(record.url, lock_seconds=0.3)
    store = PostgresAuditStore(database, MasterKey.load(record.home / "master.key"))
    record.opened.append(store)
    blocker = await asyncpg.connect(record.url)
    async with blocker.transaction():
        await blocker.execute("SELECT 1 FROM streams WHERE stream_id = 'conv-1' FOR UPDATE")
        with pytest.raises(AuditUnavailable, match="lock timeout"):
            await asyncio.wait_for(store.append(a_draft("evt-2")), SECONDS)
        await store.append(a_draft("evt-other", "conv-2"))
    await blocker.close()
    assert (await store.append(a_draft("evt-2"))).sequence == 2


async def test_a_process_that_stops_inside_a_transaction_does_not_hold_up_the_others(record: Place) -> None:
    store = await record.open()
    await store.append(a_draft("evt-1"))
    frozen = PostgresDatabase(record.url, idle_seconds=1.5).connect()
    try:
        frozen.begin_append()
        frozen.lock_heads(["conv-1"])
        frozen.hold_positions()
        assert (await asyncio.wait_for(store.append(a_draft("evt-2")), SECONDS)).sequence == 2
    finally:
        frozen.close()


# Opening


async def test_stores_that_open_an_empty_database_at_once_make_it_once(
    postgres: PostgresAddress, data_dir: Path
) -> None:
    place = Place(postgres.make_database(), data_dir)
    stores = await asyncio.gather(*(place.open() for _ in range(4)))
    await asyncio.gather(*(store.append(a_draft(f"evt-{n}")) for n, store in enumerate(stores)))
    hold_together(await place.stored("conv-1"))
    await place.close()


async def test_an_address_written_for_sqlalchemy_is_the_same_place(record: Place) -> None:
    await (await record.open()).append(a_draft("evt-1"))
    same = Place(record.url.replace("postgresql://", "postgresql+asyncpg://"), record.home)
    record.opened.append(store := await same.open())
    assert (await store.append(a_draft("evt-2"))).sequence == 2


async def test_nothing_is_read_where_no_record_was_made(postgres: PostgresAddress, data_dir: Path) -> None:
    empty = Place(postgres.make_database(), data_dir)
    with pytest.raises(AuditUnavailable, match="There is no record"):
        await empty.ask(lambda reader: reader.streams())


def wrong_addresses(right: str) -> dict[str, tuple[str, str]]:
    """What is wrong with it: the address, and what the sentence must say."""
    secret, base, database = "s3cret%2Fword", right.rpartition("@")[2].rpartition("/")[0], right.rpartition("/")[2]
    return {
        "password": (f"postgresql://anya:{secret}@{base}/{database}", "password authentication failed"),
        "user": (f"postgresql://nobody:{secret}@{base}/{database}", "password authentication failed"),
        "database": (f"{right.rpartition('/')[0]}/unknown", 'database "unknown" does not exist'),
        "port": (f"postgresql://anya:s3cret/word@{base}/{database}", "write postgresql://user:password@host"),
        "brackets": (f"postgresql://anya:s3cret@[::1/{database}", "write postgresql://user:password@host"),
        "query": (f"{right}?sslmode=s3cret", "write postgresql://user:password@host"),
        "nobody there": (f"postgresql://anya:{secret}@127.0.0.1:{free_port()}/{database}", "cannot be opened"),
        "unknown host": (f"postgresql://anya:{secret}@no.such.host.invalid/{database}", "cannot be opened"),
    }


@pytest.mark.parametrize("wrong", list(wrong_addresses("@/")))
async def test_a_wrong_address_is_one_sentence_without_the_password(
    url: str, data_dir: Path, wrong: str, capfd: pytest.CaptureFixture[str]
) -> None:
    address, words = wrong_addresses(url)[wrong]
    settings = Settings(data_dir=data_dir, audit_database_url=SecretStr(address))
    said = []
    for attempt in (open_store, lambda given: asyncio.to_thread(read_streams, given)):
        with pytest.raises((OperatorError, AuditUnavailable)) as refused:
            await attempt(settings)
        said.append(str(refused.value))
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    export_to_environment("ULTRACORE_AUDIT_DATABASE_URL", address)
    # The settings see a slash in a password before anything is opened.
    unencoded = wrong == "port"
    assert await asyncio.to_thread(main, ["audit", "sessions"]) == (1 if unencoded else 2)
    said.append(capfd.readouterr().err.strip())
    assert ("/ as %2F" if unencoded else words) in said[-1]
    for sentence in said:
        assert words in sentence or sentence is said[-1]
        assert "\n" not in sentence
        assert not any(secret in sentence for secret in ("s3cret", PASSWORD, "%20demo"))


def read_streams(settings: Settings) -> None:
    with open_reader(settings) as reader:
        reader.streams()


async def test_a_server_without_fsync_is_refused(postgres_server: PostgresServer, data_dir: Path) -> None:
    place = Place(postgres_server.make_database(), data_dir)
    await asyncio.to_thread(postgres_server.stop)
    await asyncio.to_thread(postgres_server.start, fsync="off")
    with pytest.raises(OperatorError, match="fsync"):
        await place.open()


async def test_the_servers_own_wish_for_speed_does_not_reach_us(record: Place, postgres: PostgresAddress) -> None:
    name = record.url.rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = await Place(f"{record.url}?synchronous_commit=off", record.home).open()
    record.opened.append(store)
    found = await store.run(lambda db: db.execute("SELECT current_setting('synchronous_commit')").fetchone())
    assert found == ("on",)


async def test_doctor_finds_it_well(record: Place) -> None:
    assert (await examine(record.settings))["audit"] == "ok"


async def test_clearing_erased_keys_takes_the_time_that_it_takes(record: Place) -> None:
    await (await record.open()).append(a_draft("evt-1"))
    hurried = PostgresDatabase(record.url, write_seconds=0.001)
    with pytest.raises(hurried.errors):
        await asyncio.to_thread(_vacuum, hurried)
    await asyncio.to_thread(hurried.scrub)


def _vacuum(database: PostgresDatabase) -> None:
    with contextlib.closing(database.connect()) as db:
        db.rewrite_table("sealing_keys")
