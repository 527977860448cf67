"""A bank with its demo world and a record, for what administrators do with logins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.banking.conftest import clock, ledger, ledger_file, seeded_database, seeded_file
from tests.banking.ledgers import Ledger, in_file
from tests.banking.support import MovableClock
from tests.identity.house import House, opened

__all__ = ["clock", "ledger", "ledger_file", "seeded_database", "seeded_file"]


@pytest.fixture
async def house(ledger_file: Path, clock: MovableClock, tmp_path: Path) -> AsyncIterator[House]:
    """On SQLite."""
    async with opened(in_file(ledger_file), clock, tmp_path) as made:
        yield made


@pytest.fixture
async def each_house(ledger: Ledger, clock: MovableClock, tmp_path: Path) -> AsyncIterator[House]:
    """On SQLite, and on PostgreSQL."""
    async with opened(ledger, clock, tmp_path) as made:
        yield made
