"""A small seeded run of `make prove ARGS=ledger`."""

from __future__ import annotations

import pytest

from tests.prove import ledger as proof
from tests.support.postgres import PostgresUnavailable, binaries


async def test_transfers_over_a_server_that_fails_are_neither_doubled_nor_lost() -> None:
    try:
        binaries()
    except PostgresUnavailable as reason:
        pytest.skip(str(reason))
    assert "0 doubled, 0 lost" in await proof.run(runs=1, seed=20261123)
