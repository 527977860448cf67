"""`OR REPLACE` takes rows out of SQLite's tables and fires no trigger of deletions. PostgreSQL has none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.banking.ledgers import raw
from tests.banking.store.test_schema import SOME_POSTED, insert_entry


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE OR REPLACE postings SET line = 1 WHERE line = 0 AND entry_id = SOME_POSTED",
        "INSERT OR REPLACE INTO postings VALUES (SOME_POSTED, 0, 'acc_1', 100, 'AUD', NULL)",
    ],
)
def test_nothing_posted_can_be_replaced(ledger_file: Path, statement: str) -> None:
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
            insert_entry(connection, "OR REPLACE", intent=intent, kind=kind)
