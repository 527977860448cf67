"""A bank with its demo world and a record, and a provider on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.banking.conftest import clock, ledger, ledger_file, seeded_database, seeded_file
from tests.banking.ledgers import Ledger, in_file
from tests.banking.support import MovableClock
from tests.oidc.desk import Desk, opened
from tests.oidc.provider_server import Provider, running_provider

__all__ = ["clock", "ledger", "ledger_file", "seeded_database", "seeded_file"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as made:
        yield made


@pytest.fixture
async def desk(ledger_file: Path, clock: MovableClock, tmp_path: Path, provider: Provider) -> AsyncIterator[Desk]:
    """On SQLite."""
    async with opened(in_file(ledger_file), clock, tmp_path, provider) as made:
        yield made


@pytest.fixture
async def each_desk(
    ledger: Ledger, clock: MovableClock, tmp_path: Path, provider: Provider
) -> AsyncIterator[Desk]:
    """On SQLite, and on PostgreSQL."""
    async with opened(ledger, clock, tmp_path, provider) as made:
        yield made
