"""The ledger in a PostgreSQL database: any number of writers, in any number of processes, each with row locks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from ultracore.banking.store.failures import unavailable
from ultracore.banking.store.tables import HEAD_REVISION
from ultracore.errors import LedgerUnavailable, OperatorError
from ultracore.vacuum import RowsStillSeen, rewrite_table

_POOL_SIZE: Final = 10
_POOL_OVERFLOW: Final = 10
_POOL_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 3.0
_SETUP_SECONDS: Final = 600.0
_RESTS_SINCE: Final = "rests_since"
_RESTED_SECONDS: Final = 5.0
_ASKING_SECONDS: Final = 2.0
_SETUP_LOCK: Final = int.from_bytes(b"ULTR", "big")
_SETUP_NUMBER: Final = 11
"""With `_SETUP_LOCK` the advisory lock under which processes migrate and seed in turn. The record has others."""
_PATIENT: Final = {"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}
_BOUNDED: Final = {
    "statement_timeout": "9000",
    "lock_timeout": "2000",
    # A process that stopped inside a transaction keeps its locks no longer than this.
    "idle_in_transaction_session_timeout": "10000",
}
_COMMAND_SECONDS: Final = 10.0
"""The client waits a second longer than it asks the server to, so that a network without answers is noticed."""
_ERASED_FROM: Final = ("proposals", "incidents", "surroundings")
_REFUSED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
_NOT_AN_ADDRESS: Final = (
    "DATABASE_URL cannot be used; write postgresql://user:password@host:port/database, with %xx for special "
    "characters."
)


class PostgresBackend:
    """See `Backend`. `url` is never shown: it may hold a password."""

    one_writer: ClassVar[bool] = False
    # A read sees one state from its first statement on, and can write nothing.
    reading: ClassVar[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    # Each statement sees what was committed before it. What must not change meanwhile is locked (see `locks.py`).
    writing: ClassVar[Mapping[str, Any]] = {"isolation_level": "READ COMMITTED"}

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def place(self) -> str:
        """Database and host, for operators."""
        parts = urlsplit(self._url)
        return f"{parts.path.lstrip('/') or 'the default database'} on {parts.hostname or 'the local socket'}"

    async def prepare(self) -> bool:
        """See `Backend.prepare`. Raises `LedgerUnavailable` if the server does not answer."""
        try:
            link = await self._connect(patient=False)
        except _REFUSED as error:
            raise OperatorError(
                f"PostgreSQL refuses the ledger {self.place}: {error}; please correct DATABASE_URL.",
                code="ledger.not_usable",
            ) from error
        except (asyncpg.ClientConfigurationError, ValueError, OverflowError):  # the last: a port that is none
            # Without the cause, which quotes the address.
            raise OperatorError(_NOT_AN_ADDRESS, code="settings.invalid") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise unavailable(error) from error
        try:
            await _require_fit(link)
            return await _revision(link) == HEAD_REVISION
        finally:
            await link.close()

    def engine(self, *, patient: bool = False) -> AsyncEngine:
        """See `Backend.engine`."""
        # The address goes to asyncpg as it is, which reads what PostgreSQL's programs do: sslmode, several hosts.
        connect = partial(self._connect, patient=patient)
        if patient:
            return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=_POOL_SECONDS,
        )
        event.listen(engine.sync_engine, "checkin", _note_rest)
        event.listen(engine.sync_engine, "checkout", _refuse_ended)
        return engine

    async def lock_setup(self, connection: AsyncConnection) -> None:
        """See `Backend.lock_setup`."""
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_SETUP_LOCK}, {_SETUP_NUMBER})"))

    async def overwrite_what_goes(self, connection: AsyncConnection) -> None:
        """See `Backend.overwrite_what_goes`: PostgreSQL never overwrites; `scrub` does it all."""

    async def scrub(self) -> None:
        """See `Backend.scrub`: the tables are written anew, without the rows that were replaced.

        Writers of these tables wait meanwhile. The server's write-ahead log keeps what was there until its
        segments are recycled, and an archive of it or a backup for as long as the operator keeps that.
        """
        try:
            link = await self._connect(patient=True)
            try:
                for table in _ERASED_FROM:
                    await rewrite_table(link, table)
            finally:
                await link.close()
        except RowsStillSeen as error:
            raise LedgerUnavailable(str(error), code="erasure.rows_still_seen") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise unavailable(error) from error

    async def _connect(self, *, patient: bool) -> Any:
        return await asyncpg.connect(
            self._url,
            timeout=_CONNECT_SECONDS,
            command_timeout=_SETUP_SECONDS if patient else _COMMAND_SECONDS,
            server_settings={
                "application_name": "ultracore-ledger",
                "synchronous_commit": "on",
                **(_PATIENT if patient else _BOUNDED),
            },
        )


def _note_rest(_connection: Any, record: Any) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


def _refuse_ended(connection: Any, record: Any, _proxy: object) -> None:
    """Have a connection that has ended, as by a restart of the server, replaced before it is used.

    Most ends are known here, since the server says goodbye. One that has rested is asked: a firewall in between
    may have forgotten it.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server has ended this connection")
    if time.monotonic() - record.info.get(_RESTS_SINCE, time.monotonic()) > _RESTED_SECONDS:
        try:
            connection.run_async(lambda link: link.execute("SELECT 1", timeout=_ASKING_SECONDS))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise DisconnectionError("the server does not answer on this connection") from error


async def _require_fit(link: Any) -> None:
    if await link.fetchval("SHOW fsync") != "on":
        raise OperatorError(
            "PostgreSQL runs with fsync=off, so that a payment could be lost; please switch it on.",
            code="ledger.not_durable",
        )
    if await link.fetchval("SHOW server_encoding") != "UTF8":
        raise OperatorError("The ledger's database must have the encoding UTF8.", code="ledger.not_usable")


async def _revision(link: Any) -> str | None:
    """The schema revision, or `None` in a database without a ledger."""
    if await link.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    found = await link.fetchval("SELECT version_num FROM alembic_version")
    return None if found is None else str(found)
