"""The meaning of a driver's failure: whether the same work may run again, and the error that leaves the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ultracore.errors import LedgerUnavailable, ToolRefused, UltracoreError

_BUSY_CODES: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

DRIVER_ERRORS: Final = (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError)
"""The failures of a statement, a commit or a new connection."""


def is_busy(error: BaseException) -> bool:
    """True if another writer of the file was in the way."""
    code = getattr(_of_driver(error), "sqlite_errorcode", None)
    # Extended codes keep the plain one in their lowest byte.
    return code is not None and code & 0xFF in _BUSY_CODES


def says_again(error: BaseException) -> bool:
    """True if the database has answered that the transaction came to nothing and can be tried anew."""
    return is_busy(error)


def may_run_again(error: BaseException, tries: int) -> bool:
    """True if nothing was kept, and the same work can succeed a moment later."""
    return says_again(error)


def _of_driver(error: BaseException) -> BaseException:
    """The driver's own error, if SQLAlchemy has wrapped it."""
    return getattr(error, "orig", None) or error


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
    if isinstance(error, UnicodeEncodeError):
        return ToolRefused("The text has characters that are not Unicode.", code="input.not_text")
    return unavailable(error)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's failures leave as `LedgerUnavailable`; a text that cannot be stored as `ToolRefused`."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise not_kept(error) from error
