"""PostgreSQL that fails: rolled back, restarted, cut off at the one moment that matters, spoken to by TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.audit.cutting_proxy import CuttingProxy, Moment, cutting_proxy
from tests.banking.ledgers import Ledger, raw
from tests.banking.support import Desk, MovableClock
from tests.support.deadlines import gives_up
from tests.support.postgres import PostgresAddress
from ultracore.banking import Bank, ProposalStatus
from ultracore.banking.ledger import operator_view
from ultracore.errors import LedgerUnavailable, OperatorError

pytestmark = pytest.mark.parametrize("ledger", ["postgres"], indirect=True)
FAILING = "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{}'; END $$"
LATE = """
CREATE SEQUENCE commits;
CREATE FUNCTION fail_late() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN IF nextval(''commits'') < 3 THEN
  RAISE EXCEPTION ''again'' USING ERRCODE = ''40001''; END IF; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER fail_late AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION fail_late();
"""
"""The first two commits are refused; a sequence goes on when its transaction is rolled back."""


def renaming(account: str = "acc_1") -> str:
    return f"UPDATE accounts SET name = name || '+' WHERE account_id = '{account}'"  # noqa: S608 - ids of this file


async def name(bank: Bank, account: str = "acc_1") -> str:
    return (await bank.accounts.get("tenant_1", "cust_1", account)).account.name


@pytest.fixture
async def proxy(postgres: PostgresAddress) -> AsyncIterator[CuttingProxy]:
    async with cutting_proxy(postgres.port) as opened:
        yield opened


@pytest.fixture
async def through(ledger: Ledger, proxy: CuttingProxy, clock: MovableClock) -> AsyncIterator[Bank]:
    """The bank by way of the proxy."""
    assert ledger.server is not None
    opened = await Bank.open(ledger.url.replace(f":{ledger.server.port}/", f":{proxy.port}/"), clock=clock)
    yield opened
    await opened.close()


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
async def test_what_the_server_rolled_back_runs_again(bank: Bank, state: str) -> None:
    runs = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal runs
        runs += 1
        await connection.execute(text(renaming()))
        if runs < 3:
            await connection.execute(text(FAILING.format(state)))

    await bank.database.write(work)
    assert (runs, await name(bank)) == (3, "Everyday+")


async def test_a_commit_that_is_refused_as_not_serializable_runs_again(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.script(LATE)
    runs = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal runs
        runs += 1
        await connection.execute(text(renaming()))

    await bank.database.write(work)
    assert (runs, await name(bank)) == (3, "Everyday+")


async def test_a_server_that_says_again_for_ever_is_unavailable_in_the_end(bank: Bank) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text(FAILING.format("40001")))

    async with gives_up(within=15):
        with pytest.raises(LedgerUnavailable) as error:
            await bank.database.write(work)
    assert error.value.code == "ledger.unavailable"


async def test_two_writers_in_a_ring_both_come_through(bank: Bank) -> None:
    meeting = asyncio.Barrier(2)

    async def write(first: str, second: str) -> None:
        met = False

        async def work(connection: AsyncConnection) -> None:
            nonlocal met
            await connection.execute(text(renaming(first)))
            if not met:
                met = True
                await meeting.wait()
            await connection.execute(text(renaming(second)))

        await bank.database.write(work)

    await asyncio.gather(write("acc_1", "acc_2"), write("acc_2", "acc_1"))
    assert (await name(bank), await name(bank, "acc_2")) == ("Everyday++", "Savings++")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_connection_that_is_lost_at_the_commit_leaves_it_unknown_until_the_ledger_is_asked(
    through: Bank, bank: Bank, proxy: CuttingProxy, moment: Moment
) -> None:
    desk = Desk(through)
    proposal = await desk.claim(await desk.open("50"))
    proxy.arm(moment)
    with pytest.raises(LedgerUnavailable) as error:
        await through.proposals.settle(proposal.proposal_id, "evt")
    assert error.value.code == "ledger.outcome_unknown"
    done = await bank.proposals.outcome_of("evt")
    assert (done is not None) is (moment == "after")
    receipt = await through.proposals.settle(proposal.proposal_id, "evt")
    assert done in (None, receipt)
    assert await desk.figures() == ("2450.00", "2450.00")
    assert (await operator_view.check(bank.database)).balanced


async def test_a_claim_whose_answer_was_lost_is_found_claimed(
    through: Bank, bank: Bank, proxy: CuttingProxy
) -> None:
    desk = Desk(through)
    proposal = await desk.open("50")
    proxy.arm("after")
    with pytest.raises(LedgerUnavailable, match="commit"):
        await desk.claim(proposal)
    found = await bank.proposals.get(proposal.proposal_id)
    assert found is not None
    assert found.status is ProposalStatus.CLAIMED


async def test_a_connection_that_is_lost_before_the_commit_is_made_anew(bank: Bank, ledger: Ledger) -> None:
    runs = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal runs
        runs += 1
        await connection.execute(text(renaming()))
        if runs == 1:
            assert ledger.server is not None
            own = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            ledger.server.execute(f"SELECT pg_terminate_backend({own}, 60000)")
            await connection.execute(text("SELECT 1"))

    await bank.database.write(work)
    assert (runs, await name(bank)) == (2, "Everyday+")


async def test_connections_that_the_server_ended_while_they_were_idle_are_replaced(
    bank: Bank, desk: Desk, ledger: Ledger
) -> None:
    await asyncio.gather(*(name(bank) for _ in range(5)))
    assert ledger.server is not None
    ending = (
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'ultracore-ledger'"
    )
    await asyncio.to_thread(ledger.server.execute, ending, ledger.url)
    assert await desk.figures() == ("2500.00", "2500.00")
    assert (await desk.claim(await desk.open("50"))).status is ProposalStatus.CLAIMED


async def test_a_writer_that_is_not_to_be_waited_for_is_unavailable_within_its_deadline(
    bank: Bank, desk: Desk, ledger: Ledger
) -> None:
    proposal = await desk.open("50")
    with raw(ledger) as blocker:
        blocker.execute("SELECT 1 FROM proposals WHERE proposal_id = ? FOR UPDATE", (proposal.proposal_id,))
        async with gives_up(within=15):
            with pytest.raises(LedgerUnavailable) as error:
                await desk.claim(proposal)
    assert error.value.code == "ledger.unavailable"
    assert (await desk.claim(proposal)).status is ProposalStatus.CLAIMED


async def test_a_wrong_password_is_said_without_quoting_it(postgres: PostgresAddress, ledger: Ledger) -> None:
    with pytest.raises(OperatorError, match="DATABASE_URL") as error:
        await Bank.open(postgres.url(password="s3cretpw"))
    assert "s3cretpw" not in str(error.value)


async def test_a_server_that_is_not_there_is_unavailable(free_port: int, ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable):
        await Bank.open(f"postgresql://anya:x@127.0.0.1:{free_port}/bank")
