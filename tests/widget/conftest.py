"""A bank's database for each test, on each kind of server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresAddress
from tests.support.shared_run import SharedRun
from ultracore.banking import sqlite_url
from ultracore.banking.store import Database


@pytest.fixture(scope="session")
def empty_ledger(shared_run: SharedRun, postgres: PostgresAddress) -> str:
    """The name of a PostgreSQL database with the newest schema, to be copied."""

    def write(path: Path) -> None:
        url = postgres.make_database()
        asyncio.run(_make(url))
        path.write_text(url.rpartition("/")[2])

    return shared_run.once("empty-ledger", write).read_text()


async def _make(url: str) -> None:
    await (await Database.open(url)).close()


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty ledger lies, or is to be made."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "ledger.db")
        return
    server: PostgresAddress = request.getfixturevalue("postgres")
    url = server.make_database(request.getfixturevalue("empty_ledger"))
    yield url
    server.drop_database(url)


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """An empty ledger."""
    opened = await Database.open(address)
    yield opened
    await opened.close()
