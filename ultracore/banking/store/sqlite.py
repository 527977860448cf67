"""The ledger in a SQLite file: one writer at a time in any number of processes."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ultracore.banking.store.failures import is_busy, translated
from ultracore.banking.store.tables import HEAD_REVISION
from ultracore.errors import LedgerUnavailable, OperatorError

_BUSY_MILLISECONDS: Final = 2_000
_POOL_SECONDS: Final = 2.0
_SETUP_SECONDS: Final = 30.0


def sqlite_url(path: Path) -> str:
    """The URL of a ledger in a file."""
    return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string(hide_password=False)


class SqliteBackend:
    """See `Backend`. A writer takes the file's one write lock at its beginning (`BEGIN IMMEDIATE`).

    So what it reads is still true when it writes; between processes SQLite's busy timeout waits.
    """

    one_writer: ClassVar[bool] = True
    reading: ClassVar[Mapping[str, Any]] = {}
    writing: ClassVar[Mapping[str, Any]] = {"ledger_writes": True}

    def __init__(self, path: Path) -> None:
        self._path = path

    async def prepare(self) -> bool:
        """See `Backend.prepare`."""
        try:
            return await asyncio.to_thread(_prepare_file, self._path)
        except (OSError, sqlite3.Error) as error:
            raise OperatorError(
                f"The ledger {self._path} cannot be opened; check that its folder is writable and the file is a "
                "ledger.",
                code="ledger.not_usable",
            ) from error

    def engine(self, *, patient: bool = False) -> AsyncEngine:
        """See `Backend.engine`."""
        return _engine(self._path, busy_milliseconds=int(_SETUP_SECONDS * 1000) if patient else _BUSY_MILLISECONDS)

    async def lock_setup(self, connection: AsyncConnection) -> None:
        """See `Backend.lock_setup`: the write lock is enough."""

    async def overwrite_what_goes(self, connection: AsyncConnection) -> None:
        """See `Backend.overwrite_what_goes`."""
        await connection.exec_driver_sql("PRAGMA secure_delete=ON")

    async def scrub(self) -> None:
        """See `Backend.scrub`: takes what was overwritten out of the write-ahead log as well."""
        await asyncio.to_thread(_empty_log, self._path)


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
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        finally:
            connection.close()


def _engine(path: Path, *, busy_milliseconds: int) -> AsyncEngine:
    # At DEBUG it writes out each statement with its values, and with them the text that was typed as a user name.
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    engine = create_async_engine(sqlite_url(path), pool_size=5, max_overflow=5, pool_timeout=_POOL_SECONDS)

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # The driver begins nothing by itself; `_begun` does.
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={busy_milliseconds}",
            # A payment that was confirmed must survive a power cut.
            "synchronous=FULL",
            # SQLite checks foreign keys only on connections that ask for it.
            "foreign_keys=ON",
            # Without it `INSERT OR REPLACE` takes a posted row out and fires no trigger that would refuse that.
            "recursive_triggers=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("ledger_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _empty_log(path: Path) -> None:
    with translated(), closing(sqlite3.connect(path, timeout=_SETUP_SECONDS)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise LedgerUnavailable("the ledger's log is in use and was not emptied", code="ledger.busy")
