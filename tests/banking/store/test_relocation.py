"""A ledger moves to another database whole or not at all; whoever comes first brings its schema up to date."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.support import Desk, MovableClock, change_rows
from tests.support.deadlines import PATIENCE, gives_up
from tests.support.postgres import PostgresAddress
from tests.support.processes import wait_until
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.ledger import operator_view
from ultracore.banking.store import copy_ledger
from ultracore.errors import LedgerUnavailable, OperatorError

to_postgres = pytest.mark.parametrize("target", ["postgres"], indirect=True)


@dataclass(frozen=True)
class Empty:
    """Where a ledger can be copied to."""

    url: str
    server: PostgresAddress | None = None


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Empty]:
    if request.param == "sqlite":
        yield Empty(sqlite_url(tmp_path / "target.db"))
        return
    server: PostgresAddress = request.getfixturevalue("postgres")
    url = server.make_database()
    yield Empty(url, server)
    server.drop_database(url)


async def lived(bank: Bank) -> None:
    """What a day leaves: a payment, a claimed one, an open one, a report."""
    desk = Desk(bank)
    paid = await desk.claim(await desk.open("50", conversation="conv-1"))
    await bank.proposals.settle(paid.proposal_id, "evt-1")
    await desk.claim(await desk.open("60", conversation="conv-2"))
    await desk.open("70", conversation="conv-3")
    await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "Ärger 😀")


async def test_a_copy_has_every_row_and_goes_on(
    bank: Bank, ledger: Ledger, target: Empty, clock: MovableClock
) -> None:
    await lived(bank)
    before = await operator_view.check(bank.database)
    copied = await copy_ledger(ledger.url, target.url)
    assert {"entries", "postings", "balances", "proposals", "holds"} <= {
        each.table for each in copied if each.rows
    }
    other = await Bank.open(target.url, clock=clock)
    assert await operator_view.check(other.database) == before
    (claimed,) = await other.proposals.claimed()
    await other.proposals.settle(claimed.proposal_id, "evt-2")
    assert await Desk(other).figures() == ("2390.00", "2390.00")
    await other.close()


@to_postgres
async def test_a_target_with_rows_is_refused_and_keeps_them(bank: Bank, ledger: Ledger, target: Empty) -> None:
    await copy_ledger(ledger.url, target.url)
    with pytest.raises(OperatorError, match="not empty"):
        await copy_ledger(ledger.url, target.url)
    with pytest.raises(OperatorError, match="same ledger"):
        await copy_ledger(ledger.url, ledger.url)


@to_postgres
async def test_books_that_do_not_hold_are_not_copied(bank: Bank, ledger: Ledger, target: Empty) -> None:
    await change_rows(bank.database, "UPDATE balances SET balance_minor = 7 WHERE account_id = 'acc_1'")
    with pytest.raises(OperatorError, match="of balances is not the same"):
        await copy_ledger(ledger.url, target.url)
    other = await Bank.open(target.url)
    assert await operator_view.all_accounts(other.database) == []
    await other.close()


async def test_a_source_that_is_no_ledger_is_refused(tmp_path: Path, target: Empty) -> None:
    with pytest.raises(OperatorError, match="bank migrate"):
        await copy_ledger(sqlite_url(tmp_path / "nothing.db"), target.url)


@pytest.mark.parametrize("ledger", ["postgres"], indirect=True)
@to_postgres
async def test_after_a_kill_in_the_middle_writers_go_on_and_the_copy_can_begin_again(
    bank: Bank, desk: Desk, ledger: Ledger, target: Empty
) -> None:
    await (await Bank.open(target.url)).close()
    with raw(Ledger(target.url)) as blocker:
        blocker.execute("LOCK TABLE cards IN SHARE MODE")
        with copy_in_a_process(ledger.url, target.url):
            await asyncio.to_thread(
                wait_until, lambda: waits(target), seconds=PATIENCE, what="the middle of the copy"
            )
            async with gives_up(within=20):
                with pytest.raises(LedgerUnavailable):
                    await desk.open("50")
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await desk.open("50")
                break
            except LedgerUnavailable:
                continue  # The server is still noticing that the process is gone.
    assert len(await copy_ledger(ledger.url, target.url)) > 20


@contextmanager
def copy_in_a_process(source: str, target: str) -> Iterator[None]:
    """A copy that is killed when the block ends."""
    command = [str(Path(sys.executable).with_name("ultracore")), "bank", "copy", "--from", source, "--to", target]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def waits(target: Empty) -> bool:
    """Whether somebody waits to write a card. The server has other databases, and locks that last a moment."""
    assert target.server is not None
    waiting = """
        SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE NOT granted AND datname = current_database() AND relation = 'cards'::regclass
    """
    return bool(target.server.execute(waiting, target.url))


async def test_of_three_that_start_at_once_on_nothing_all_find_the_schema(target: Empty) -> None:
    banks = await asyncio.gather(*(Bank.open(target.url) for _ in range(3)))
    for bank in banks:
        await bank.ping()
        await bank.close()
