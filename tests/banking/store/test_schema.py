"""The journal's rules, tried by a program that knows nothing of our services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from tests.banking.ledgers import REFUSED, Ledger, RawConnection, raw
from tests.support.postgres import PostgresAddress
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.store import Database, migrations
from ultracore.banking.store.tables import HEAD_REVISION, metadata
from ultracore.principal import Role

ENTRY = (
    "INSERT {verb} INTO entries (entry_id, sequence, tenant_id, kind, description, posted_at, intent_event_id,"
    " idempotency_key, receipt_number) VALUES (?, ?, 'tenant_1', ?, 'x', '2026-11-23 00:00:00', ?, ?, ?)"
)


def insert_entry(connection: RawConnection, verb: str = "", **changes: object) -> None:
    values = {"id": "e", "sequence": 10**9, "kind": "transfer", "intent": "evt", "key": "k", "receipt": "r"}
    connection.execute(ENTRY.format(verb=verb), [*{**values, **changes}.values()])


def insert_posting(connection: RawConnection, line: int, account: str, cents: int, entry: str = "e") -> None:
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
        "DELETE FROM postings WHERE entry_id = SOME_POSTED",
        "INSERT INTO postings VALUES (SOME_POSTED, 9, 'acc_1', 100, 'AUD', NULL)",
        "DELETE FROM balances WHERE account_id = 'acc_1'",
    ],
)
def test_nothing_posted_can_be_changed_deleted_or_added_to(ledger: Ledger, statement: str) -> None:
    with raw(ledger) as connection, pytest.raises(REFUSED):
        connection.execute(statement.replace("SOME_POSTED", SOME_POSTED))


@pytest.mark.parametrize("lines", [[], [("acc_1", 100)], [("acc_1", 100), ("acc_2", -99)]])
def test_an_entry_is_posted_only_when_two_or_more_postings_sum_to_zero(
    ledger: Ledger, lines: list[tuple[str, int]]
) -> None:
    with raw(ledger) as connection:
        insert_entry(connection)
        for line, (account, cents) in enumerate(lines):
            insert_posting(connection, line, account, cents)
        with pytest.raises(REFUSED):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_each_currency_must_sum_to_zero_by_itself(ledger: Ledger) -> None:
    with raw(ledger) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", 100)
        connection.execute("INSERT INTO postings VALUES ('e', 1, 'acc_2', -100, 'USD', NULL)")
        with pytest.raises(REFUSED):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_money_does_not_cross_tenants(ledger: Ledger) -> None:
    with raw(ledger) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", -100)
        insert_posting(connection, 1, "acc_9", 100)
        with pytest.raises(REFUSED, match="tenant"):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_an_entry_cannot_be_born_posted(ledger: Ledger) -> None:
    with raw(ledger) as connection, pytest.raises(REFUSED, match="posted by an update"):
        connection.execute(
            "INSERT INTO entries (entry_id, sequence, tenant_id, kind, description, posted_at, posted,"
            " intent_event_id, idempotency_key, receipt_number)"
            " VALUES ('e', 1000000, 'tenant_1', 'transfer', 'x', '2026-11-23 00:00:00', 1, 'evt', 'k', 'r')"
        )


@pytest.mark.parametrize("intent", [None, ""])
def test_an_entry_without_an_intent_cannot_be_written(ledger: Ledger, intent: str | None) -> None:
    with raw(ledger) as connection, pytest.raises(REFUSED):
        insert_entry(connection, intent=intent)


def test_the_store_itself_refuses_to_overdraw_a_customer(ledger: Ledger) -> None:
    with raw(ledger) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", -250_001)
        insert_posting(connection, 1, "acc_2", 250_001)
        with pytest.raises(REFUSED, match="floor"):
            connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")


def test_posting_moves_the_stored_balances(ledger: Ledger) -> None:
    with raw(ledger) as connection:
        insert_entry(connection)
        insert_posting(connection, 0, "acc_1", -250_000)
        insert_posting(connection, 1, "acc_2", 250_000)
        connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")
        query = "SELECT balance_minor FROM balances WHERE account_id IN ('acc_1', 'acc_2') ORDER BY account_id"
        assert connection.execute(query).fetchall() == [(0,), (1_250_000,)]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a ledger."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "ledger.db")
        return
    server: PostgresAddress = request.getfixturevalue("postgres")
    url = server.make_database()
    yield url
    server.drop_database(url)


async def test_the_migrations_build_the_schema_that_the_queries_use(empty_url: str) -> None:
    await (await Bank.open(empty_url)).close()
    engine = create_async_engine(empty_url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == ([], HEAD_REVISION)
    await engine.dispose()


def _differences(connection: Connection) -> tuple[object, str | None]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, metadata), context.get_current_revision()


async def test_a_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    bank = await Bank.open(sqlite_url(tmp_path / "new" / "ledger.db"))
    try:
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    finally:
        await bank.close()
    assert "ledger.db" in modes
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


async def test_roles_of_an_older_ledger_hold_for_good(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "old.db")
    database = await Database.open(url)
    async with database.setup() as connection:
        await connection.run_sync(_older, "0006")
        await connection.execute(text("INSERT INTO tenants VALUES ('tenant_1', 'A bank')"))
        await connection.execute(
            text(
                "INSERT INTO users (user_id, tenant_id, display_name, roles, password_hash, status, origin)"
                " VALUES ('t', 'tenant_1', 'T', 'teller,lender', 'x', 'active', 'old')"
            )
        )
    await database.close()
    bank = await Bank.open(url)
    user = await bank.users.get("t")
    await bank.close()
    assert user is not None and user.roles == {Role.TELLER, Role.LENDER} and user.epoch == 0


def _older(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("recursive_version_locations", "true")
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
