"""The journal's rules, tried by a program that knows nothing of our services."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from tests.banking.support import raw
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.store.tables import HEAD_REVISION, metadata

ENTRY = (
    "INSERT {verb} INTO entries (entry_id, sequence, tenant_id, kind, description, posted_at, intent_event_id,"
    " idempotency_key, receipt_number) VALUES (:id, :sequence, 'tenant_1', 'transfer', 'x', '2026-11-23 00:00:00',"
    " :intent, :key, :receipt)"
)


def insert_entry(connection: sqlite3.Connection, verb: str = "", **changes: object) -> None:
    values = {"id": "e", "sequence": 10**9, "intent": "evt", "key": "k", "receipt": "r", **changes}
    connection.execute(ENTRY.format(verb=verb), values)


def insert_posting(connection: sqlite3.Connection, line: int, account: str, cents: int, entry: str = "e") -> None:
    connection.execute("INSERT INTO postings VALUES (?, ?, ?, ?, 'AUD', NULL)", (entry, line, account, cents))


SOME_POSTED = "(SELECT entry_id FROM entries WHERE posted = 1 LIMIT 1)"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET description = 'y' WHERE entry_id = SOME_POSTED",
        "UPDATE entries SET posted = 0 WHERE entry_id = SOME_POSTED",
        "UPDATE entries SET posted = 1 WHERE entry_id = SOME_POSTED",
        "UPDATE entries SET intent_event_id = 'other' WHERE entry_id = SOME_POSTED",
        "DELETE FROM entries WHERE entry_id = SOME_POSTED",
        "UPDATE postings SET amount_minor = 1 WHERE entry_id = SOME_POSTED",
        "UPDATE OR REPLACE postings SET line = 1 WHERE line = 0 AND entry_id = SOME_POSTED",
        "DELETE FROM postings WHERE entry_id = SOME_POSTED",
        "INSERT INTO postings VALUES (SOME_POSTED, 9, 'acc_1', 100, 'AUD', NULL)",
        "INSERT OR REPLACE INTO postings VALUES (SOME_POSTED, 0, 'acc_1', 100, 'AUD', NULL)",
        "DELETE FROM balances WHERE account_id = 'acc_1'",
    ],
)
def test_nothing_posted_can_be_changed_deleted_or_added_to(ledger_file: Path, statement: str) -> None:
    with raw(ledger_file) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement.replace("SOME_POSTED", SOME_POSTED))


@pytest.mark.parametrize("column", ["id", "sequence", "key", "receipt"])
def test_a_posted_entry_cannot_be_replaced_by_any_of_its_keys(ledger_file: Path, column: str) -> None:
    names = {"id": "entry_id", "sequence": "sequence", "key": "idempotency_key", "receipt": "receipt_number"}
    with raw(ledger_file) as connection:
        (value,) = connection.execute(f"SELECT {names[column]} FROM entries LIMIT 1").fetchone()  # noqa: S608
        with pytest.raises(sqlite3.IntegrityError, match="posted already"):
            insert_entry(connection, "OR REPLACE", **{column: value})


def test_a_posted_entry_cannot_be_replaced_by_its_intent(ledger_file: Path) -> None:
    with raw(ledger_file) as connection:
        query = "SELECT intent_event_id, kind FROM entries LIMIT 1"
        intent, kind = connection.execute(query).fetchone()
        with pytest.raises(sqlite3.IntegrityError, match="posted already"):
            connection.execute(
                ENTRY.replace("'transfer'", ":kind").format(verb="OR REPLACE"),
                {"id": "e", "sequence": 10**9, "intent": intent, "key": "k", "receipt": "r", "kind": kind},
            )


@pytest.mark.parametrize("lines", [[], [("acc_1", 100)], [("acc_1", 100), ("acc_2", -99)]])
def test_an_entry_is_posted_only_when_two_or_more_postings_sum_to_zero(
    ledger_file: Path, lines: list[tuple[str, int]]
) -> None:
    with raw(ledger_file) as connection:
        insert_entry(connection)
        for line, (account, cents) in enumerate(lines):
            insert_posting(connection, line, account, cents)
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_each_currency_must_sum_to_zero_by_itself(ledger_file: Path) -> None:
    with raw(ledger_file) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", 100)
        connection.execute("INSERT INTO postings VALUES ('e', 1, 'acc_2', -100, 'USD', NULL)")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_money_does_not_cross_tenants(ledger_file: Path) -> None:
    with raw(ledger_file) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", -100)
        insert_posting(connection, 1, "acc_9", 100)
        with pytest.raises(sqlite3.IntegrityError, match="tenant"):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_an_entry_cannot_be_born_posted(ledger_file: Path) -> None:
    with raw(ledger_file) as connection, pytest.raises(sqlite3.IntegrityError, match="posted by an update"):
        connection.execute(
            "INSERT INTO entries (entry_id, sequence, tenant_id, kind, description, posted_at, posted,"
            " intent_event_id, idempotency_key, receipt_number)"
            " VALUES ('e', 1000000, 'tenant_1', 'transfer', 'x', '2026-11-23 00:00:00', 1, 'evt', 'k', 'r')"
        )


@pytest.mark.parametrize("intent", [None, ""])
def test_an_entry_without_an_intent_cannot_be_written(ledger_file: Path, intent: str | None) -> None:
    with raw(ledger_file) as connection, pytest.raises(sqlite3.IntegrityError):
        insert_entry(connection, intent=intent)


def test_the_store_itself_refuses_to_overdraw_a_customer(ledger_file: Path) -> None:
    with raw(ledger_file) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", -250_001)
        insert_posting(connection, 1, "acc_2", 250_001)
        with pytest.raises(sqlite3.IntegrityError, match="floor"):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_posting_moves_the_stored_balances(ledger_file: Path) -> None:
    with raw(ledger_file) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", -250_000)
        insert_posting(connection, 1, "acc_2", 250_000)
        connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")
        query = "SELECT balance_minor FROM balances WHERE account_id IN ('acc_1', 'acc_2') ORDER BY account_id"
        assert connection.execute(query).fetchall() == [(0,), (1_250_000,)]


async def test_the_migrations_build_the_schema_that_the_queries_use(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await (await Bank.open(sqlite_url(path))).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD_REVISION
    engine.dispose()


async def test_a_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    bank = await Bank.open(sqlite_url(tmp_path / "new" / "ledger.db"))
    try:
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    finally:
        await bank.close()
    assert "ledger.db" in modes
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
