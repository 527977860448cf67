"""The exceptions of asyncpg, as the errors that a record's database promises."""

from __future__ import annotations

from typing import Final

import asyncpg  # type: ignore[import-untyped]

from ultracore.audit.database import Conflict, DatabaseError, TryAgain

# A stream without events has no head row to lock, so two processes may both write its first one.
_SAME_PLACE: Final = "events_stream_id_sequence_key"
_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    OSError,
    EOFError,
)


def translated(exc: Exception) -> Exception:
    """An exception of asyncpg as one of `RecordDatabase.errors`; any other exception as it is."""
    said = _said(exc)
    # Before the rest: asyncpg's own complaint about a value is one about its interface too.
    if isinstance(exc, ValueError) and not isinstance(exc, OSError):
        return Conflict(f"a value does not fit: {type(exc).__name__}")
    if isinstance(exc, asyncpg.UniqueViolationError) and exc.constraint_name == _SAME_PLACE:
        return TryAgain("another process began the same stream at the same time")
    if isinstance(exc, asyncpg.IntegrityConstraintViolationError | asyncpg.DataError):
        return Conflict(said)
    if isinstance(exc, _LOST):
        return TryAgain(said)
    return DatabaseError(said) if isinstance(exc, asyncpg.PostgresError) else exc


def _said(exc: Exception) -> str:
    # The first line only: the others are PostgreSQL's details, which quote the row.
    lines = str(getattr(exc, "message", None) or exc).splitlines()
    return lines[0] if lines else type(exc).__name__
