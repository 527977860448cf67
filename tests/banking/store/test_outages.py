"""What the bank says when its database is locked, gone, or fails in the one moment that matters."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger, drop_trigger, raw
from tests.banking.support import Desk
from tests.support.deadlines import gives_up
from ultracore.banking import Bank, ProposalStatus, sqlite_url
from ultracore.banking.ledger import operator_view as reports
from ultracore.errors import LedgerUnavailable, OperatorError, ToolRefused

BOMB = """
CREATE TABLE bomb (tenant_id VARCHAR(64) REFERENCES tenants (tenant_id) DEFERRABLE INITIALLY DEFERRED);
CREATE TRIGGER bomb AFTER UPDATE OF posted ON entries BEGIN INSERT INTO bomb VALUES ('nobody'); END;
"""
POSTGRES_BOMB = """
CREATE TABLE bomb (tenant_id VARCHAR(64) REFERENCES tenants (tenant_id) DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION bomb() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO bomb VALUES (''nobody''); RETURN NULL; END';
CREATE TRIGGER bomb AFTER UPDATE OF posted ON entries FOR EACH ROW EXECUTE FUNCTION bomb();
"""


def arm(ledger: Ledger) -> None:
    """Make every statement succeed and the commit itself fail."""
    with raw(ledger) as connection:
        connection.script(BOMB if ledger.file else POSTGRES_BOMB)


async def test_a_commit_that_fails_leaves_the_outcome_unknown_and_the_funds_held(
    desk: Desk, bank: Bank, ledger: Ledger
) -> None:
    proposal = await desk.claim(await desk.open("50"))
    arm(ledger)
    with pytest.raises(LedgerUnavailable) as error:
        await bank.proposals.settle(proposal.proposal_id, "evt")
    assert error.value.code == "ledger.outcome_unknown"
    assert await desk.figures() == ("2500.00", "2450.00")
    with pytest.raises(ToolRefused) as refusal:
        await desk.terms("50")
    assert refusal.value.code == "transfer.outcome_unknown"


async def test_after_an_unknown_outcome_the_ledger_is_asked_and_the_effect_can_still_follow_once(
    desk: Desk, bank: Bank, ledger: Ledger
) -> None:
    proposal = await desk.claim(await desk.open("50"))
    arm(ledger)
    with pytest.raises(LedgerUnavailable):
        await bank.proposals.settle(proposal.proposal_id, "evt")
    with raw(ledger) as connection:
        connection.execute(drop_trigger(ledger, "bomb", "entries"))
    assert await bank.proposals.outcome_of("evt") is None
    await bank.proposals.settle(proposal.proposal_id, "evt")
    assert await desk.figures() == ("2450.00", "2450.00")
    assert (await reports.check(bank.database)).balanced


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
async def test_a_locked_database_is_unavailable_within_its_deadline_and_works_afterwards(
    desk: Desk, bank: Bank, ledger: Ledger
) -> None:
    proposal = await desk.open("50")
    assert ledger.file is not None
    blocker = sqlite3.connect(ledger.file, isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        async with gives_up(within=15):
            attempts = [desk.claim(proposal) for _ in range(3)]
            ended = await asyncio.gather(*attempts, return_exceptions=True)
        assert [getattr(error, "code", error) for error in ended] == ["ledger.unavailable"] * 3
        assert await desk.figures() == ("2500.00", "2500.00")
    finally:
        blocker.close()
    assert (await desk.claim(proposal)).status is ProposalStatus.CLAIMED


async def test_a_database_that_lost_its_tables_is_unavailable(desk: Desk, bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("ALTER TABLE balances RENAME TO elsewhere")
    with pytest.raises(LedgerUnavailable) as error:
        await desk.figures()
    assert error.value.code == "ledger.unavailable"
    assert "SELECT" not in str(error.value)


async def test_readiness_follows_the_database(bank: Bank, ledger: Ledger) -> None:
    await bank.ping()
    with raw(ledger) as connection:
        connection.execute("DROP TABLE alembic_version")
    with pytest.raises(LedgerUnavailable):
        await bank.ping()


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "postgresql://host:none/db", "sqlite://", "sqlite:///:memory:", "no url at all"]
)
async def test_an_address_that_is_no_database_of_ours_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(OperatorError, match="DATABASE_URL") as error:
        await Bank.open(url)
    assert "\n" not in str(error.value)


async def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(OperatorError, match="cannot be opened"):
        await Bank.open(sqlite_url(path))


async def test_a_folder_in_place_of_the_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be opened"):
        async with gives_up(within=10):
            await Bank.open(sqlite_url(tmp_path))


async def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await (await Bank.open(sqlite_url(path))).close()
    with raw(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(OperatorError, match="newer version"):
        await Bank.open(sqlite_url(path))


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot be opened"):
        await Bank.open(sqlite_url(tmp_path / "file" / "ledger.db"))


async def test_a_cancelled_writer_gives_the_lock_back(desk: Desk, bank: Bank) -> None:
    opened = [await desk.open("10", conversation=f"conv-{number}") for number in range(6)]
    for delay, proposal in enumerate(opened[:5]):
        task = asyncio.ensure_future(desk.claim(proposal))
        for _ in range(delay * 3):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    for proposal in await bank.proposals.claimed():
        await bank.proposals.release(proposal.proposal_id, "failed", "test.over")
    assert (await desk.claim(opened[5])).status is ProposalStatus.CLAIMED
