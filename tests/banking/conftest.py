"""A bank with the demo world in a file of its own for each test, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.banking.support import Desk, MovableClock
from tests.support.shared_run import SharedRun
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.demo.seeding import seed_demo_world

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def _make(path: Path) -> None:
    bank = await Bank.open(sqlite_url(path))
    await seed_demo_world(bank.database, "demo", START)
    await bank.close()


@pytest.fixture(scope="session")
def seeded_file(shared_run: SharedRun) -> Path:
    return shared_run.once("seeded.db", lambda path: asyncio.run(_make(path)))


@pytest.fixture
def ledger_file(seeded_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(seeded_file, tmp_path / "ledger.db"))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
async def bank(ledger_file: Path, clock: MovableClock) -> AsyncIterator[Bank]:
    opened = await Bank.open(sqlite_url(ledger_file), clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def desk(bank: Bank) -> Desk:
    return Desk(bank)
