"""The audit database's schema on PostgreSQL, brought to the revision that this code needs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]

from ultracore.audit.database import DatabaseError
from ultracore.audit.store.postgres_connection import SCHEMA_LOCK, OwnLoop, PostgresDatabase, lock_statement
from ultracore.audit.store.postgres_errors import translated
from ultracore.audit.store.schema import HEAD_REVISION, migrate, require_known
from ultracore.errors import AuditUnavailable, OperatorError

# Longer than other statements get, because an index over a large record takes time, and so may another process.
_MIGRATION_SECONDS: Final = 120.0
_NOT_AN_ADDRESS: Final = (
    "ULTRACORE_AUDIT_DATABASE_URL cannot be used; write postgresql://user:password@host:port/database, with %xx "
    "for special characters."
)
_REFUSED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)


def prepare_database(database: PostgresDatabase) -> None:
    """Make the tables or bring them to `HEAD_REVISION`; safe when several processes start at once.

    Raises `OperatorError` if the address, the login or the server's settings are wrong, `AuditUnavailable`
    if the server does not answer.
    """
    _run(database, _prepare)


def require_record(database: PostgresDatabase) -> None:
    """Raises `AuditUnavailable` if there are no tables yet, and as `prepare_database` does."""
    _run(database, _require_tables)


def _run(database: PostgresDatabase, work: Callable[[PostgresDatabase], Coroutine[Any, Any, None]]) -> None:
    loop = OwnLoop()
    try:
        loop.wait(work(database))
    except _REFUSED as exc:
        raise OperatorError(
            f"PostgreSQL refuses the audit database {database.place}: {translated(exc)}; please correct "
            "ULTRACORE_AUDIT_DATABASE_URL.",
            code="audit.database_url",
        ) from exc
    except (asyncpg.ClientConfigurationError, ValueError, OverflowError):  # the last: a port that is none
        # Without the cause, which quotes the address.
        raise OperatorError(_NOT_AN_ADDRESS, code="audit.database_url") from None
    except Exception as exc:
        reason = translated(exc)
        if not isinstance(reason, DatabaseError):
            raise
        raise AuditUnavailable(f"the audit store {database.place} cannot be opened: {reason}") from exc
    finally:
        loop.close()


async def _prepare(database: PostgresDatabase) -> None:
    link = await database.link()
    try:
        await _require_durable(link)
        revision = await revision_of(link)
    finally:
        await link.close()
    require_known(revision)
    if revision != HEAD_REVISION:
        await _migrate(database)


async def _require_tables(database: PostgresDatabase) -> None:
    link = await database.link(read_only=True)
    try:
        revision = await revision_of(link)
    finally:
        await link.close()
    if revision is None:
        raise AuditUnavailable(
            f"There is no record in {database.place} yet: start the app once (make run), or correct "
            "ULTRACORE_AUDIT_DATABASE_URL."
        )
    require_known(revision)


async def _require_durable(link: Any) -> None:
    if await link.fetchval("SHOW fsync") != "on":
        raise OperatorError(
            "PostgreSQL runs with fsync=off, so that a record could be lost; please switch it on.",
            code="audit.not_durable",
        )


async def revision_of(link: Any) -> str | None:
    """The schema revision, or `None` in an empty database."""
    if await link.fetchval("SELECT to_regclass('audit_alembic_version')") is None:
        return None
    found = await link.fetchval("SELECT version_num FROM audit_alembic_version")
    return None if found is None else str(found)


async def _migrate(database: PostgresDatabase) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    patient = replace(database, write_seconds=_MIGRATION_SECONDS, lock_seconds=_MIGRATION_SECONDS)

    async def connect() -> Any:
        return await patient.link()

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # One at a time, so that of several processes that start at once the second finds the work done.
            await connection.exec_driver_sql(lock_statement(SCHEMA_LOCK))
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()
