"""A record of its own for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.audit.commands import Run
from tests.audit.stores import Place
from tests.support.postgres import PostgresAddress
from ultracore.audit import AuditTrail
from ultracore.audit.sealing import MasterKey, SigningKey
from ultracore.audit.store.postgres import postgres_database
from ultracore.audit.store.postgres_schema import prepare_database
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.cli.main import main
from ultracore.settings import Settings, export_to_environment


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.load(tmp_path / "master.key")


@pytest.fixture
def signing(tmp_path: Path) -> SigningKey:
    return SigningKey.load(tmp_path / "audit-signing.pem")


@pytest.fixture
def record_path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
async def store(record_path: Path, master: MasterKey) -> AsyncIterator[SqliteAuditStore]:
    opened = await SqliteAuditStore.open(record_path, master)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresAddress, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the record's tables and nothing in them, to copy from."""
    url = postgres.make_database()
    prepare_database(postgres_database(url))
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, data_dir: Path) -> AsyncIterator[Place]:
    """An empty record on each kind of database."""
    if request.param == "sqlite":
        url = f"sqlite:///{data_dir}/audit.db"
    else:
        server: PostgresAddress = request.getfixturevalue("postgres")
        template: str = request.getfixturevalue("postgres_template")
        url = await asyncio.to_thread(server.make_database, template)
    opened = Place(url, data_dir)
    yield opened
    await opened.close()


@pytest.fixture
def trail(store: SqliteAuditStore) -> AuditTrail:
    return AuditTrail(store=store)


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Settings of a data directory of the test's own, for commands too."""
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    export_to_environment("ULTRACORE_REDIS_CALL_SECONDS", "5")  # A busy core is no outage.
    return Settings()


@pytest.fixture
def run(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """`ultracore audit` in this process, on that data directory."""

    def call(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = main(["audit", *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call
