"""The ledger's database: opening, migrating, and the two kinds of transaction. Only this module knows the driver.

A writer takes SQLite's one write lock at its beginning (`BEGIN IMMEDIATE`), so that what it reads is still true
when it writes. Within the process writers queue in order of arrival; between processes SQLite's busy timeout
waits.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ultracore.banking.store.tables import HEAD_REVISION
from ultracore.errors import LedgerUnavailable, OperatorError, ToolRefused

_BUSY_MILLISECONDS: Final = 2_000
_QUEUE_SECONDS: Final = 2.0
_SETUP_SECONDS: Final = 30.0
_BUSY_CODES: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def sqlite_url(path: Path) -> str:
    """The URL of a ledger in a file."""
    return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string(hide_password=False)


def _file_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise OperatorError(
            "DATABASE_URL cannot be read; leave it out or give sqlite:///path/to/ledger.db.",
            code="settings.invalid",
        ) from error
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise OperatorError(
            "DATABASE_URL must name a SQLite file (sqlite:///path/to/ledger.db) in this version, or be left out.",
            code="settings.database_unsupported",
        )
    return Path(str(parsed.database)).absolute()


def _prepare_file(path: Path) -> bool:
    """Make folder and file, set the journal mode that the file keeps. True if the schema is the newest one.

    Blocks. SQLite does not wait for its busy timeout while it switches to WAL, so two first starts retry here.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)  # SQLite gives its other files the mode of this one.
    deadline = time.monotonic() + _SETUP_SECONDS
    while True:
        connection = sqlite3.connect(path, timeout=_BUSY_MILLISECONDS / 1000)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                return False
            return (HEAD_REVISION,) in connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.OperationalError as error:
            # Extended codes keep the plain one in their lowest byte.
            if error.sqlite_errorcode & 0xFF not in _BUSY_CODES or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        finally:
            connection.close()


def _engine(path: Path, *, busy_milliseconds: int) -> AsyncEngine:
    # At DEBUG it writes out each statement with its values: what somebody typed as a user name among them.
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    engine = create_async_engine(sqlite_url(path), pool_size=5, max_overflow=5, pool_timeout=_QUEUE_SECONDS)

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # The driver begins nothing by itself; `_begun` does.
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={busy_milliseconds}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("ledger_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise ToolRefused("The text has characters that are not Unicode.", code="input.not_text") from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _unavailable(error) from error


def _unavailable(error: BaseException) -> LedgerUnavailable:
    # The driver's text can quote values of the statement, so only its class is kept.
    return LedgerUnavailable(f"the ledger's database failed: {type(error).__name__}")


def _empty_log(path: Path) -> None:
    with _translated(), closing(sqlite3.connect(path, timeout=_SETUP_SECONDS)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise LedgerUnavailable("the ledger's log is in use and was not emptied", code="ledger.busy")


class Database:
    """One open ledger. Every failure of the driver leaves here as `LedgerUnavailable`.

    Code `ledger.unavailable` means that nothing was written; `ledger.outcome_unknown` that the commit itself
    failed and only a later look can tell.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = _engine(path, busy_milliseconds=_BUSY_MILLISECONDS)
        self._writers = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open, and create or migrate if needed. Safe when several processes do it at once.

        Raises `OperatorError` for a URL that is not a SQLite file or a folder that cannot be used.
        """
        path = _file_of(url)
        try:
            current = await asyncio.to_thread(_prepare_file, path)
        except (OSError, sqlite3.Error) as error:
            raise OperatorError(
                f"The ledger {path} cannot be opened; check that its folder is writable and the file is a ledger.",
                code="ledger.not_usable",
            ) from error
        database = cls(path)
        try:
            if not current:
                await database._migrate()
        except BaseException:
            await database.close()
            raise
        return database

    async def _migrate(self) -> None:
        from ultracore.banking.store.migrations import upgrade

        async with self.setup() as connection:
            await connection.run_sync(upgrade)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads one consistent state. Raises `LedgerUnavailable`."""
        with _translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds the write lock from its first statement; committed when the block ends.

        An exception in the block rolls back. Raises `LedgerUnavailable` within about four seconds if the lock
        is not to be had.
        """
        try:
            async with asyncio.timeout(_QUEUE_SECONDS):
                await self._writers.acquire()
        except TimeoutError as error:
            raise _unavailable(error) from error
        try:
            async with self._transaction(self._engine) as connection:
                yield connection
        finally:
            self._writers.release()

    @asynccontextmanager
    async def setup(self) -> AsyncIterator[AsyncConnection]:
        """Like `write`, for migrations and seeding: waits long enough for another process to finish the same."""
        engine = _engine(self._path, busy_milliseconds=int(_SETUP_SECONDS * 1000))
        try:
            async with self._writers, self._transaction(engine) as connection:
                yield connection
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        with _translated():
            async with engine.connect() as connection:
                await connection.execution_options(ledger_writes=True)
                await connection.begin()
                yield connection
                await self._commit(connection)

    async def _commit(self, connection: AsyncConnection) -> None:
        try:
            await connection.commit()
        except (SQLAlchemyError, sqlite3.Error) as error:
            await connection.invalidate()
            raise LedgerUnavailable(
                f"the commit failed: {type(error).__name__}",
                code="ledger.outcome_unknown",
                sentence="We are checking whether this went through. Please do not repeat it.",
            ) from error

    async def overwrite_what_goes(self, connection: AsyncConnection) -> None:
        """What this connection deletes or replaces from now on is overwritten in the file."""
        await connection.exec_driver_sql("PRAGMA secure_delete=ON")

    async def scrub(self) -> None:
        """Take what was overwritten out of the write-ahead log as well. Raises `LedgerUnavailable`."""
        await asyncio.to_thread(_empty_log, self._path)

    async def ping(self) -> None:
        """Raises `LedgerUnavailable` if the ledger does not answer."""
        async with self.read() as connection:
            await connection.execute(text("SELECT version_num FROM alembic_version"))

    async def close(self) -> None:
        """Close every connection. Call once nothing uses the database any more; calling it twice is harmless."""
        await self._engine.dispose()
