"""The index's database, SQLite or PostgreSQL: opening, migrating, and transactions that exclude each other.

What lies here can be built again from the record, so a commit need not be on disk before it is acknowledged.
Every failure of a driver leaves here as `IndexUnavailable`.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, event, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ultracore.audit.index import tables as schema
from ultracore.audit.sealing import MasterKey
from ultracore.errors import IndexUnavailable, OperatorError

_BUSY_MILLISECONDS: Final = 5_000
_CONNECT_SECONDS: Final = 5
_QUEUE_SECONDS: Final = 5.0
_KEY_CHECK: Final = "master_key_check"
_SETUP_LOCK: Final = 0x756C_7478
"""The number under which processes that open one PostgreSQL index take turns."""
_PRAGMAS: Final = (
    f"busy_timeout={_BUSY_MILLISECONDS}",
    "synchronous=NORMAL",
    # 64 MiB, since tokens of words are random and every insert meets another page of their tree.
    "cache_size=-65536",
)

Rows = Sequence[tuple[Any, ...]]


class IndexDatabase:
    """One open database for one event loop. `close` it once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writers = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, master: MasterKey) -> IndexDatabase:
        """Open, and make or migrate if needed; a file gets the mode 0600. Safe when several processes do it.

        Raises `OperatorError` for an address of another kind or an index under another master key, and
        `IndexUnavailable` if the database does not answer.
        """
        parsed = address(url)
        if parsed.get_backend_name() == "sqlite":
            await asyncio.to_thread(_make_file, Path(str(parsed.database)))
        database = cls(_engine(parsed))
        try:
            await database._prepare(master)
        except BaseException:
            await database.close()
            raise
        return database

    async def _prepare(self, master: MasterKey) -> None:
        async with self._begin() as connection:
            await connection.run_sync(_upgrade)
            await connection.run_sync(_check_key, master.digest(_KEY_CHECK))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads one consistent state."""
        with _translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that no other of its kind runs beside, in any process; committed when the block ends."""
        async with self._writers, self._begin() as connection:
            if not self.is_sqlite:
                # A row serves as the lock: without it two consumers would give the same numbers on PostgreSQL.
                held = select(schema.facts.c.value).where(schema.facts.c.name == _KEY_CHECK).with_for_update()
                await connection.execute(held)
            yield connection

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncConnection]:
        with _translated():
            async with self._engine.connect() as connection:
                await connection.execution_options(index_writes=True)
                await connection.begin()
                if not self.is_sqlite:
                    await connection.execute(text("SET LOCAL synchronous_commit TO OFF"))
                yield connection
                await connection.commit()

    async def many(self, connection: AsyncConnection, table: Table, rows: Rows, *, new_only: bool = False) -> None:
        """Insert rows, each with a value for every column in the table's order; `new_only` skips what is there.

        The rows go to the driver as they are: building parameters from dictionaries costs more than inserting.
        """
        if not rows:
            return
        insert = self.insert(table).on_conflict_do_nothing() if new_only else self.insert(table)
        compiled = insert.compile(dialect=self._engine.dialect)
        assert compiled.positiontup == [column.name for column in table.columns]  # noqa: S101 - see above
        await connection.exec_driver_sql(str(compiled), list(rows))

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert of this database's dialect, which knows `ON CONFLICT`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    async def scrub(self, connection: AsyncConnection) -> None:
        """Overwrite in the file what this connection deletes from now on."""
        if self.is_sqlite:
            await connection.execute(text("PRAGMA secure_delete=ON"))

    async def tidy(self) -> None:
        """Let nothing that was deleted linger in a journal of SQLite's, or as a dead row of PostgreSQL's."""
        with _translated():
            async with self._engine.connect() as connection:
                if self.is_sqlite:
                    await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                else:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await connection.execute(text(f"VACUUM {schema.words.name}"))

    async def close(self) -> None:
        """Close every connection. Calling it twice is harmless."""
        await self._engine.dispose()


def sqlite_url(path: Path) -> str:
    """The address of an index in a file."""
    return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string(hide_password=False)


def address(url: str) -> URL:
    """`url` parsed, with our drivers. Raises `OperatorError` if the index cannot lie there."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unsupported() from None  # the cause may quote a password
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+aiosqlite", database=str(Path(str(parsed.database)).absolute()))
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+asyncpg")
    raise _unsupported()


def _unsupported() -> OperatorError:
    return OperatorError(
        "ULTRACORE_INDEX_DATABASE_URL must be a sqlite:///path/to/index.db or a postgresql:// address.",
        code="index.database_url",
    )


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise IndexUnavailable(f"the audit index {path} cannot be opened: {error.strerror}") from error


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        # The driver reads the address itself: SQLAlchemy would hand it `sslmode` as an unknown argument.
        given = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return create_async_engine(
            "postgresql+asyncpg://",
            pool_size=3,
            max_overflow=3,
            pool_timeout=_QUEUE_SECONDS,
            connect_args={"dsn": given, "timeout": _CONNECT_SECONDS},
        )
    engine = create_async_engine(url, pool_size=3, max_overflow=3, pool_timeout=_QUEUE_SECONDS)

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; `_begun` does
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("index_writes", False)
        # IMMEDIATE, because a transaction that reads first and writes later fails if another one has written in
        # between.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _SETUP_LOCK})
    if inspect(connection).has_table(schema.VERSION_TABLE):
        found = connection.execute(text(f"SELECT version_num FROM {schema.VERSION_TABLE}")).scalars().all()  # noqa: S608
        if found == [schema.HEAD_REVISION]:
            return
    from ultracore.audit.index.migrations import upgrade

    upgrade(connection)


def _check_key(connection: Connection, digest: str) -> None:
    """Words are found by the master key they were indexed under: another one would find nothing, silently."""
    facts = schema.facts
    known = connection.execute(select(facts.c.value).where(facts.c.name == _KEY_CHECK)).scalar()
    if known is None:
        connection.execute(facts.insert().values(name=_KEY_CHECK, value=digest))
    elif known != digest:
        raise OperatorError(
            "The audit index was built under another master key; restore that key file, or give another "
            "ULTRACORE_INDEX_DATABASE_URL and run ultracore audit index --rebuild.",
            code="index.master_key",
        )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError) as error:
        # The driver's text can quote values of the statement, so only its class is kept.
        raise IndexUnavailable(f"the audit index failed: {type(error).__name__}") from error
