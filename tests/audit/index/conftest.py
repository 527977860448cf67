"""An index of its own for each test, on SQLite and on PostgreSQL, over a record of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresAddress
from ultracore.audit import AuditStore
from ultracore.audit.index import AuditIndex
from ultracore.audit.index.database import sqlite_url
from ultracore.audit.index.store_source import StoreKeys
from ultracore.audit.sealing import MasterKey


@pytest.fixture(scope="session")
def index_database(postgres: PostgresAddress) -> str:
    """One PostgreSQL database for the tests of the index."""
    return postgres.make_database()


@pytest.fixture(params=["sqlite", "postgres"])
def index_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "index.db")
    server: PostgresAddress = request.getfixturevalue("postgres")
    url: str = request.getfixturevalue("index_database")
    server.execute("DROP SCHEMA public CASCADE", url)  # quicker than a database for each test
    server.execute("CREATE SCHEMA public", url)
    return url


@pytest.fixture
async def index(index_url: str, master: MasterKey, store: AuditStore) -> AsyncIterator[AuditIndex]:
    """The index over the record's keys."""
    opened = await AuditIndex.open(index_url, master, StoreKeys(store))
    yield opened
    await opened.close()
