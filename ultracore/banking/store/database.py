"""The ledger's database: opening, migrating, and the two kinds of transaction.

A read sees one consistent state. A write is a function that can run again: what it needs of ids and times is made
before it, and nothing outside the database happens in it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ultracore.banking.store.failures import (
    DRIVER_ERRORS,
    is_lost,
    may_run_again,
    not_kept,
    outcome_unknown,
    says_again,
    translated,
    unavailable,
)
from ultracore.banking.store.sqlite import SqliteBackend
from ultracore.errors import OperatorError

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

_WRITE_SECONDS: Final = 4.0
"""How long a writer waits for its turn, and how long after its first try a failed one is begun anew."""
_READ_SECONDS: Final = 2.0
"""How long a reader waits for a server that restarts."""
_MOST_TRIES: Final = 20
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.5
_POSTGRES: Final = ("postgresql", "postgres", "postgresql+asyncpg")
_ADDRESSES: Final = (
    "DATABASE_URL must be sqlite:///path/to/ledger.db or postgresql://user:password@host:port/database, or be left"
    " out."
)


class Backend(Protocol):
    """The operations that SQLite and PostgreSQL do in ways of their own."""

    one_writer: ClassVar[bool]
    """True if the database takes one writer at a time, so that the writers of a process had better queue."""
    reading: ClassVar[Mapping[str, Any]]
    writing: ClassVar[Mapping[str, Any]]
    """The options of a connection that reads, and of one that writes."""

    async def prepare(self) -> bool:
        """Make what can be made of a new database. True if its schema is the newest one.

        Raises `OperatorError` if the address, the login or the place cannot be used.
        """
        ...

    def engine(self, *, patient: bool = False) -> AsyncEngine:
        """Connections; `patient` ones wait for as long as another process may take to migrate or seed."""
        ...

    async def lock_setup(self, connection: AsyncConnection) -> None:
        """Wait until no other process migrates or seeds, and keep others out until the transaction ends."""
        ...

    async def overwrite_what_goes(self, connection: AsyncConnection) -> None:
        """Leave no copy in the database's files of what this connection deletes or replaces from now on."""
        ...

    async def scrub(self) -> None:
        """Remove the copies that were left all the same. Raises `LedgerUnavailable`."""
        ...


def backend_of(url: str) -> Backend:
    """The database that `url` names. Raises `OperatorError` for another kind, without quoting a password."""
    scheme, _, rest = url.partition("://")
    if scheme in _POSTGRES:
        # Imported here: a ledger in a file needs no driver of PostgreSQL.
        from ultracore.banking.store.postgres import PostgresBackend

        return PostgresBackend(f"postgresql://{rest}")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise OperatorError(_ADDRESSES, code="settings.invalid") from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise OperatorError(_ADDRESSES, code="settings.database_unsupported")
    return SqliteBackend(Path(str(parsed.database)).absolute())


class Database:
    """One open ledger. Every failure of the driver leaves here as `LedgerUnavailable`.

    Code `ledger.unavailable` means that nothing was written; `ledger.outcome_unknown` that the commit itself
    failed and only a later look can tell.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._engine = backend.engine()
        # SQLite's busy timeout only polls and may pass a writer over, so the writers of one process queue here.
        self._writers = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, *, migrate: bool = True) -> Database:
        """Open, and create or migrate if needed. Safe when several processes do it at once.

        Raises `OperatorError` for a URL of another kind, a place that cannot be used, and without `migrate` for a
        ledger of another revision.
        """
        backend = backend_of(url)
        current = await backend.prepare()
        if not current and not migrate:
            raise OperatorError(
                "There is no ledger of this version's schema; correct the address, or run ultracore bank migrate.",
                code="ledger.not_current",
            )
        database = cls(backend)
        try:
            if not current:
                await database._migrate()
        except BaseException:
            await database.close()
            raise
        return database

    async def _migrate(self) -> None:
        # Imported here: alembic takes a while to load, and there is seldom something to do.
        from ultracore.banking.store.migrations import upgrade

        async with self.setup() as connection:
            await connection.run_sync(upgrade)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads one consistent state. Raises `LedgerUnavailable`."""
        with translated():
            connection = await self._connected()
            try:
                await connection.execution_options(**self._backend.reading)
                yield connection
            finally:
                await connection.close()

    async def _connected(self) -> AsyncConnection:
        """A connection from the pool; a server that restarts is waited for."""
        last_start = time.monotonic() + _READ_SECONDS
        for tries in count(1):
            try:
                return await self._engine.connect()
            except DRIVER_ERRORS as error:
                if time.monotonic() > last_start or not is_lost(error):
                    raise
            await asyncio.sleep(_pause(tries))
        raise AssertionError("the loop above ends by itself")

    async def write(self, work: Work[T]) -> T:
        """Run `work`; its result, once everything that it wrote is committed. An exception of `work` rolls back.

        `work` is run again, on a new transaction, if another writer was in the way: nothing of the try before is
        kept. A commit that failed is not tried again. Raises `LedgerUnavailable` within about six seconds.
        """
        async with self._turn():
            return await self._until_kept(work)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if not self._backend.one_writer:
            yield
            return
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await self._writers.acquire()
        except TimeoutError as error:
            raise unavailable(error) from error
        try:
            yield
        finally:
            self._writers.release()

    async def _until_kept(self, work: Work[T]) -> T:
        last_start = time.monotonic() + _WRITE_SECONDS
        for tries in count(1):
            try:
                async with self._transaction(self._engine) as connection:
                    result = await work(connection)
                return result
            except DRIVER_ERRORS as error:
                if tries >= _MOST_TRIES or time.monotonic() > last_start or not may_run_again(error, tries):
                    raise not_kept(error) from error
            await asyncio.sleep(_pause(tries))
        raise AssertionError("the loop above ends by itself")

    @asynccontextmanager
    async def setup(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for migrations and seeding, one at a time in all processes; committed when the block ends.

        It waits long enough for another process to finish the same.
        """
        engine = self._backend.engine(patient=True)
        try:
            async with self._writers:
                with translated():
                    async with self._transaction(engine) as connection:
                        await self._backend.lock_setup(connection)
                        yield connection
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with engine.connect() as connection:
            await connection.execution_options(**self._backend.writing)
            await connection.begin()
            yield connection
            await _commit(connection)

    async def overwrite_what_goes(self, connection: AsyncConnection) -> None:
        """Leave no copy in the database's files of what this connection deletes or replaces from now on."""
        await self._backend.overwrite_what_goes(connection)

    async def scrub(self) -> None:
        """Remove the copies that were left all the same. Raises `LedgerUnavailable`."""
        await self._backend.scrub()

    async def ping(self) -> None:
        """Raises `LedgerUnavailable` if the ledger does not answer."""
        async with self.read() as connection:
            await connection.execute(text("SELECT version_num FROM alembic_version"))

    async def close(self) -> None:
        """Close every connection. Call once nothing uses the database any more; calling it twice is harmless."""
        await self._engine.dispose()


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except DRIVER_ERRORS as error:
        # A refusal that says "again" is an answer: the transaction came to nothing. After any other failure, a
        # lost connection above all, it may have been kept.
        if says_again(error):
            raise
        await connection.invalidate()
        raise outcome_unknown(error) from error


def _pause(tries: int) -> float:
    """Longer each time, and never the same for two that were in each other's way."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**tries)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
