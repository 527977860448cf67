"""A PostgreSQL of the test's own: restarted under the bank, spoken to by TLS, one that would lose what it says."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.banking.conftest import START
from tests.banking.support import Desk, MovableClock
from tests.support.certificates import Authority
from tests.support.deadlines import PATIENCE
from tests.support.postgres import PostgresServer
from ultracore.banking import Bank, EntryReceipt
from ultracore.banking.demo.seeding import seed_demo_world
from ultracore.banking.ledger import operator_view
from ultracore.errors import LedgerUnavailable, OperatorError


def served(path: Path) -> Path:
    """A copy that the server, who is somebody else than we, may read and nobody besides."""
    if os.geteuid() == 0:
        shutil.chown(path, "postgres")
        for folder in (path.parent, *path.parent.parents):
            if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):  # noqa: S108
                folder.chmod(0o711)
    path.chmod(0o600)
    return path


@pytest.fixture
async def desk(postgres_server: PostgresServer, clock: MovableClock) -> AsyncIterator[Desk]:
    bank = await Bank.open(postgres_server.url(), clock=clock)
    await seed_demo_world(bank.database, "demo", START)
    yield Desk(bank)
    await bank.close()


async def test_payments_go_on_over_a_restart_of_the_server(desk: Desk, postgres_server: PostgresServer) -> None:
    proposal = await desk.claim(await desk.open("50"))
    await asyncio.to_thread(postgres_server.stop)
    starting = asyncio.create_task(asyncio.to_thread(postgres_server.start))
    settling = asyncio.create_task(settled(desk, proposal.proposal_id))
    await starting
    assert isinstance(await settling, EntryReceipt)
    assert await desk.figures() == ("2450.00", "2450.00")
    assert (await operator_view.check(desk.bank.database)).balanced


async def settled(desk: Desk, proposal_id: str) -> object:
    """The receipt. On a slow machine the server is back after the patience of one call."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await desk.bank.proposals.settle(proposal_id, "evt")
            except LedgerUnavailable as error:
                assert error.code == "ledger.unavailable"


async def test_tls_is_by_the_address(postgres_server: PostgresServer, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "own"), Authority(tmp_path / "other")
    certificate, key = (served(path) for path in authority.issue("server"))
    await asyncio.to_thread(postgres_server.stop)
    await asyncio.to_thread(postgres_server.start, ssl="on", ssl_cert_file=str(certificate), ssl_key_file=str(key))
    address = f"{postgres_server.url()}?sslmode=verify-full&sslrootcert="
    bank = await Bank.open(f"{address}{authority.certificate}")
    await bank.ping()
    links = (
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'ultracore%'"
    )
    assert set(postgres_server.execute(links)) == {(True,)}
    await bank.close()
    with pytest.raises(OperatorError):
        await Bank.open(f"{address}{other.certificate}")


async def test_a_server_that_may_lose_what_it_acknowledges_is_refused(postgres_server: PostgresServer) -> None:
    await asyncio.to_thread(postgres_server.stop)
    await asyncio.to_thread(postgres_server.start, fsync="off")
    with pytest.raises(OperatorError, match="fsync"):
        await Bank.open(postgres_server.url())
