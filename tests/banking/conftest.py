"""A bank with the demo world in a file of its own for each test, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger, in_file
from tests.banking.support import Desk, MovableClock
from tests.support.postgres import PostgresAddress
from tests.support.shared_run import SharedRun
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.demo.seeding import seed_demo_world

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def _make(url: str) -> None:
    bank = await Bank.open(url)
    await seed_demo_world(bank.database, "demo", START)
    await bank.close()


@pytest.fixture(scope="session")
def seeded_file(shared_run: SharedRun) -> Path:
    return shared_run.once("seeded.db", lambda path: asyncio.run(_make(sqlite_url(path))))


@pytest.fixture
def ledger_file(seeded_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(seeded_file, tmp_path / "ledger.db"))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture(scope="session")
def seeded_database(shared_run: SharedRun, postgres: PostgresAddress) -> str:
    """The name of a PostgreSQL database with the demo world, to be copied."""

    def make(path: Path) -> None:
        url = postgres.make_database()
        asyncio.run(_make(url))
        path.write_text(url.rpartition("/")[2])

    return shared_run.once("seeded-database", make).read_text()


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """A ledger of its own with the demo world, on each kind of database."""
    if request.param == "sqlite":
        yield in_file(request.getfixturevalue("ledger_file"))
        return
    server: PostgresAddress = request.getfixturevalue("postgres")
    url = server.make_database(request.getfixturevalue("seeded_database"))
    yield Ledger(url, server=server)
    server.drop_database(url)


@pytest.fixture
async def bank(ledger: Ledger, clock: MovableClock) -> AsyncIterator[Bank]:
    opened = await Bank.open(ledger.url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def desk(bank: Bank) -> Desk:
    return Desk(bank)
