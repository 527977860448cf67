"""How SQLite and PostgreSQL differ, a test for each row of the table in `docs/ledger.md`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.banking.ledgers import REFUSED, Ledger, raw
from tests.banking.support import Desk, change_rows
from tests.support.postgres import PostgresAddress
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.ledger import operator_view
from ultracore.banking.store import NextNumber, postgres, total
from ultracore.banking.store.tables import customers, entries, postings
from ultracore.banking.subject import forget_words
from ultracore.errors import LedgerUnavailable, ToolRefused
from ultracore.vacuum import rewrite_table

postgres_only = pytest.mark.parametrize("ledger", ["postgres"], indirect=True)
NAMES = ("Zoe", "adam", "Ärmel", "Adam", "10", "9")


@pytest.fixture(params=["sqlite", "postgres"])
async def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bank]:
    """An empty ledger; PostgreSQL's in a database whose locale sorts as people do and lowers every letter."""
    if request.param == "sqlite":
        bank = await Bank.open(sqlite_url(tmp_path / "ledger.db"))
        yield bank
        await bank.close()
        return
    server: PostgresAddress = request.getfixturevalue("postgres")
    url = server.make_database("template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-AU'")
    bank = await Bank.open(url)
    yield bank
    await bank.close()
    server.drop_database(url)


async def named(bank: Bank, *names: str) -> None:
    await change_rows(bank.database, "INSERT INTO tenants VALUES ('t', 'T')")
    for name in names:
        row = f"('{name}', 't', '{name}', 'person', '2020-01-01', 'verified', 'low')"
        await change_rows(bank.database, f"INSERT INTO customers VALUES {row}")  # noqa: S608 - names of this file


async def test_a_conversation_has_a_proposal_again_when_the_last_one_has_ended(desk: Desk) -> None:
    for _ in range(2):
        proposal = await desk.open("10")
        await desk.bank.proposals.decline(proposal.proposal_id, "login-1", "conv-1")
    assert (await desk.open("10")).proposal_id


@postgres_only
@pytest.mark.parametrize("table", ["entries", "postings", "balances", "tenants"])
def test_no_table_of_the_journal_can_be_emptied(ledger: Ledger, table: str) -> None:
    with raw(ledger) as connection, pytest.raises(REFUSED, match="never be emptied"):
        connection.execute(f"TRUNCATE {table} CASCADE")


@postgres_only
async def test_a_trigger_that_was_switched_off_is_missed(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("ALTER TABLE entries DISABLE TRIGGER entries_never_emptied")
    problems = (await operator_view.check(bank.database)).problems
    assert [(problem.code, problem.subject) for problem in problems] == [
        ("trigger.missing", "entries_never_emptied")
    ]


async def test_a_sum_is_a_whole_number(bank: Bank) -> None:
    async with bank.database.read() as connection:
        found = (await connection.execute(select(total(postings.c.amount_minor)))).scalar_one()
        nothing = (
            await connection.execute(select(total(postings.c.amount_minor)).where(text("1 = 0")))
        ).scalar_one()
    assert (type(found), type(nothing), nothing) == (int, int, 0)


async def test_text_is_in_the_order_of_its_bytes_whatever_the_locale(elsewhere: Bank) -> None:
    await named(elsewhere, *NAMES)
    async with elsewhere.database.read() as connection:
        found = (await connection.execute(select(customers.c.name).order_by(customers.c.name))).scalars().all()
    assert list(found) == sorted(NAMES)


@postgres_only
def test_every_text_of_the_ledger_is_in_the_order_of_its_bytes(ledger: Ledger) -> None:
    with raw(ledger) as connection:
        others = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'"
            " AND table_name <> 'alembic_version'"
        ).fetchall()
    assert others == []


async def test_a_name_is_found_in_any_case_of_ascii_letters_alone(elsewhere: Bank) -> None:
    await named(elsewhere, "Zoe Ärmel")
    for asked, found in (("ZOE Ärmel", 1), ("zoe Ärmel", 1), ("Zoe ärmel", 0)):
        assert len(await elsewhere.customers.named("t", [asked])) == found


async def test_the_banks_own_accounts_come_last_where_no_customer_is_named(bank: Bank) -> None:
    owners = [item.account.customer_id for item in await operator_view.all_accounts(bank.database)]
    first_without = owners.index(None)
    assert set(owners[first_without:]) == {None}
    assert None not in owners[:first_without]


async def test_a_text_that_is_too_long_is_refused_by_postgres_and_kept_by_sqlite(
    bank: Bank, ledger: Ledger
) -> None:
    longer = "UPDATE accounts SET currency = 'AUDX' WHERE account_id = 'acc_1'"
    if ledger.file is not None:
        await change_rows(bank.database, longer)
        return
    with pytest.raises(ToolRefused) as refusal:
        await change_rows(bank.database, longer)
    assert refusal.value.code == "input.too_long"


async def test_a_nul_is_no_fault_of_the_ledger(bank: Bank, ledger: Ledger) -> None:
    reporting = bank.security.incidents.report("tenant_1", "cust_1", "customer1", "a\0b")
    if ledger.file is not None:
        assert (await reporting).description == "a\0b"
        return
    with pytest.raises(ToolRefused) as refusal:
        await reporting
    assert refusal.value.code == "input.not_text"


async def test_a_login_with_a_nul_is_nobodys(bank: Bank) -> None:
    assert await bank.users.authenticate("customer1\0", "demo") is None


async def test_what_is_sealed_lies_as_it_was_written(desk: Desk, ledger: Ledger) -> None:
    """A database that knows JSON would order the keys, drop the doubles and the spaces."""
    proposal = await desk.open("10")
    with raw(ledger) as connection:
        connection.execute('UPDATE proposals SET terms = \'{"b": 1,  "a": 1, "a": 2}\'')
        (kept,) = connection.execute("SELECT terms FROM proposals").fetchone()
    assert kept == '{"b": 1,  "a": 1, "a": 2}'
    assert await desk.bank.proposals.objection(proposal.proposal_id) == "proposal.altered"


@postgres_only
async def test_words_that_are_forgotten_are_in_no_file_of_a_table(bank: Bank, ledger: Ledger) -> None:
    assert ledger.server is not None
    await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "a word: zanzibar")
    ledger.server.execute("CHECKPOINT", ledger.url)
    assert b"zanzibar" in table_bytes(ledger, "incidents")
    await forget_words(bank.database, "tenant_1", "cust_1")
    ledger.server.execute("CHECKPOINT", ledger.url)
    assert b"zanzibar" not in table_bytes(ledger, "incidents")


@postgres_only
async def test_a_row_that_a_transaction_still_sees_is_waited_for(bank: Bank, ledger: Ledger) -> None:
    await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "a word: zanzibar")
    with raw(ledger) as other:
        other.execute("SELECT pg_current_xact_id()::text")  # it counts from now on as under way
        forgetting = asyncio.create_task(forget_words(bank.database, "tenant_1", "cust_1"))
        await asyncio.wait([forgetting], timeout=1)
        assert not forgetting.done()
    await forgetting
    assert ledger.server is not None
    ledger.server.execute("CHECKPOINT", ledger.url)
    assert b"zanzibar" not in table_bytes(ledger, "incidents")


@postgres_only
async def test_an_erasure_says_when_a_row_is_seen_for_too_long(
    bank: Bank, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "rewrite_table", partial(rewrite_table, seconds=0.2))
    await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "a word: zanzibar")
    with raw(ledger) as other:
        other.execute("SELECT pg_current_xact_id()::text")  # it counts from now on as under way
        with pytest.raises(LedgerUnavailable) as error:
            await forget_words(bank.database, "tenant_1", "cust_1")
    assert error.value.code == "erasure.rows_still_seen"


def table_bytes(ledger: Ledger, table: str) -> bytes:
    with raw(ledger) as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone()
        (name,) = connection.execute(f"SELECT pg_relation_filepath('{table}')").fetchone()
    return Path(str(data), str(name)).read_bytes()


async def test_numbers_of_entries_go_up_and_a_failure_may_use_one_up(desk: Desk) -> None:
    async def fails(connection: AsyncConnection) -> None:
        await connection.execute(select(NextNumber()))
        raise ToolRefused("no", code="test.no")

    numbers = []
    for place in range(3):
        proposal = await desk.claim(await desk.open("1", conversation=f"conv-{place}"))
        with pytest.raises(ToolRefused):
            await desk.bank.database.write(fails)
        await desk.bank.proposals.settle(proposal.proposal_id, f"evt-{place}")
        latest = select(entries.c.sequence).where(entries.c.proposal_id == proposal.proposal_id)
        async with desk.bank.database.read() as connection:
            numbers.append((await connection.execute(latest)).scalar_one())
    assert numbers == sorted(set(numbers))


@postgres_only
async def test_writers_of_different_customers_do_not_wait_for_each_other(bank: Bank, ledger: Ledger) -> None:
    """On SQLite the second would wait for the first, and this test for ever."""
    first_writes, second_done = asyncio.Event(), asyncio.Event()

    async def first(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE accounts SET name = 'a' WHERE account_id = 'acc_1'"))
        first_writes.set()
        await second_done.wait()

    slow = asyncio.ensure_future(bank.database.write(first))
    await first_writes.wait()
    await change_rows(bank.database, "UPDATE accounts SET name = 'b' WHERE account_id = 'acc_3'")
    second_done.set()
    await slow
