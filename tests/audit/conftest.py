"""A record of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ultracore.audit.keys import MasterKey, SigningKey
from ultracore.audit.sqlite_store import SqliteAuditStore
from ultracore.audit.trail import AuditTrail


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


@pytest.fixture
def trail(store: SqliteAuditStore) -> AuditTrail:
    return AuditTrail(store=store)
