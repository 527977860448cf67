"""A write is a function that runs again until it is kept, and never again once it may have been kept."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.banking.ledgers import Ledger
from tests.banking.support import Desk
from ultracore.banking import Bank
from ultracore.errors import LedgerUnavailable, ToolRefused

RENAMED = "UPDATE accounts SET name = name || '+' WHERE account_id = 'acc_1'"


async def name(bank: Bank) -> str:
    return (await bank.accounts.get("tenant_1", "cust_1", "acc_1")).account.name


async def test_what_the_work_returns_is_given_back_once_it_is_kept(bank: Bank) -> None:
    async def work(connection: AsyncConnection) -> str:
        await connection.execute(text(RENAMED))
        return "kept"

    assert await bank.database.write(work) == "kept"
    assert await name(bank) == "Everyday+"


async def test_a_refusal_of_the_work_leaves_nothing(bank: Bank) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text(RENAMED))
        raise ToolRefused("no", code="test.no")

    with pytest.raises(ToolRefused, match="no"):
        await bank.database.write(work)
    assert await name(bank) == "Everyday"


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
async def test_a_writer_outlasts_another_that_stays_longer_than_the_busy_timeout(
    bank: Bank, desk: Desk, ledger: Ledger
) -> None:
    assert ledger.file is not None
    blocker = sqlite3.connect(ledger.file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    opening = asyncio.ensure_future(desk.open("50"))
    await asyncio.sleep(2.5)  # The busy timeout is two seconds.
    blocker.close()
    assert (await opening).proposal_id


async def test_a_commit_that_fails_is_not_tried_again(bank: Bank) -> None:
    runs = 0
    statements = (
        "CREATE TABLE late (tenant_id VARCHAR(64) REFERENCES tenants (tenant_id) DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO late VALUES ('nobody')",
    )

    async def work(connection: AsyncConnection) -> None:
        nonlocal runs
        runs += 1
        for statement in statements:
            await connection.execute(text(statement))

    with pytest.raises(LedgerUnavailable) as error:
        await bank.database.write(work)
    assert (error.value.code, runs) == ("ledger.outcome_unknown", 1)
