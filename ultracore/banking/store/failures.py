"""The meaning of a driver's failure: whether the same work may run again, and the error that leaves the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ultracore.errors import LedgerUnavailable, ToolRefused, UltracoreError

_BUSY_CODES: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SERIALIZATION: Final = ("40001", "40P01")
"""Serialization failure and deadlock: the server has rolled back and says that trying again is worth it."""
_LOCK_TIMEOUT: Final = "55P03"
_UNIQUE: Final = "23505"
_GONE: Final = ("57P01", "57P02", "57P03", "53300", "25P03")
"""The server shuts down, has crashed, starts, has no connection left, or has ended an idle transaction."""
_CONNECTION_CLASS: Final = "08"
# asyncpg's own error for a connection that the server ended at the moment at which a statement was sent over it.
_CONFUSED: Final = "InternalClientError"
_NOT_TEXT: Final = "22021"
_TOO_LONG: Final = "22001"
_TRIES_OF_A_DOUBLE: Final = 3

DRIVER_ERRORS: Final = (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OSError)
"""The failures of a statement, a commit or a new connection. `OSError` has the time-outs among it."""


def is_busy(error: BaseException) -> bool:
    """True if another writer of the file was in the way."""
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", None)
    # Extended codes keep the plain one in their lowest byte.
    return code is not None and code & 0xFF in _BUSY_CODES


def says_again(error: BaseException) -> bool:
    """True if the database has answered that the transaction came to nothing and can be tried anew."""
    return is_busy(error) or _state(error) in _SERIALIZATION


def is_lost(error: BaseException) -> bool:
    """True if the connection broke or could not be made, as it is while a server restarts."""
    state = _state(error)
    if state is not None:
        return state in _GONE or state.startswith(_CONNECTION_CLASS)
    return any(
        getattr(each, "connection_invalidated", False)
        or isinstance(each, ConnectionError | ConnectionResetError)
        or type(each).__name__ == _CONFUSED
        for each in _causes(error)
    )


def may_run_again(error: BaseException, tries: int) -> bool:
    """True if nothing was kept, and the same work can succeed a moment later. Not for what a commit raised."""
    state = _state(error)
    # Two writers of the same key at one moment: the second time, the loser finds what the winner has written.
    double = state == _UNIQUE and tries < _TRIES_OF_A_DOUBLE
    return says_again(error) or state == _LOCK_TIMEOUT or double or is_lost(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what is behind it: SQLAlchemy's, the adapter's, the driver's."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def _state(error: BaseException) -> str | None:
    """PostgreSQL's five letters for what is wrong; `None` if the server has not answered."""
    states = (getattr(each, "sqlstate", None) for each in _causes(error))
    return next((str(state) for state in states if state), None)


def unavailable(error: BaseException) -> LedgerUnavailable:
    """Nothing was written. The driver's text can quote values of the statement, so only its class is kept."""
    return LedgerUnavailable(f"the ledger's database failed: {type(error).__name__}")


def outcome_unknown(error: BaseException) -> LedgerUnavailable:
    """The commit itself failed: only a later look can tell whether it happened."""
    return LedgerUnavailable(
        f"the commit failed: {type(error).__name__}",
        code="ledger.outcome_unknown",
        sentence="We are checking whether this went through. Please do not repeat it.",
    )


def not_kept(error: BaseException) -> UltracoreError:
    """The error for the caller: the ledger's, or that of the text which was to be stored."""
    if _state(error) == _NOT_TEXT or any(isinstance(each, UnicodeEncodeError) for each in _causes(error)):
        return ToolRefused("The text has characters that cannot be stored.", code="input.not_text")
    if _state(error) == _TOO_LONG:
        return ToolRefused("The text is longer than can be stored.", code="input.too_long")
    return unavailable(error)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's failures leave as `LedgerUnavailable`; a text that cannot be stored as `ToolRefused`."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise not_kept(error) from error
