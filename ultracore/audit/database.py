"""The interface to a record's database: connections, rows, transactions, and their failures.

The SQL that is sent is the common subset of SQLite and PostgreSQL: `?` placeholders, `ON CONFLICT`, conditions
that are booleans, a `LIMIT` that is not negative. What differs has a method of its own on the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

NO_LIMIT: Final = 2**62
"""For `LIMIT ?` when all rows are wanted."""

Row = tuple[Any, ...]


class Rows(Protocol):
    """The answer to a statement. A row is a tuple."""

    @property
    def rowcount(self) -> int:
        """Rows that an INSERT, UPDATE or DELETE touched."""

    def fetchone(self) -> Any:
        """The next row as a tuple; `None` after the last."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class SqlConnection(Protocol):
    """One connection, used by one thread at a time. Outside of a transaction each statement commits by itself."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, failed or not."""

    @property
    def body(self) -> str:
        """The SQL expression for the column `body` as bytes, also if it was altered into another type."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows:
        """Run one statement that answers no rows, once for each tuple of parameters, in order."""

    def pages(self, sql: str, parameters: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """The rows of a query, at most `size` in memory at a time."""

    def begin_append(self) -> None:
        """Open a transaction that will add events."""

    def begin_job(self) -> None:
        """Open a transaction that takes turns with every other one opened so, in this process and in others."""

    def begin_snapshot(self) -> None:
        """Open a transaction in which everything read is as it stood at one moment."""

    def lock_heads(self, streams: Iterable[str]) -> Mapping[str, tuple[int, str]]:
        """Sequence and hash of the last event of those streams that have one; the others are not in the answer.

        Inside `begin_append`; until it ends no other transaction adds to any of these streams.
        """

    def hold_positions(self) -> None:
        """From here to the end of the transaction no other one adds events.

        So events become visible in the order of their positions, and a reader that goes on from the last one
        it saw misses none.
        """

    def close(self) -> None:
        """Let go of the database. A transaction that is open is undone."""


class RecordDatabase(Protocol):
    """SQLite or PostgreSQL, as it holds a record."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The exceptions that connections raise."""

    @property
    def conflicts(self) -> tuple[type[Exception], ...]:
        """Those of `errors` which say that a row that must be new was there already, or that a rule forbids it."""

    def connect(self, *, read_only: bool = False) -> SqlConnection:
        """A new connection. Raises one of `errors`."""

    def scrub(self) -> None:
        """Leave nothing in the database's files of what was overwritten before. Raises one of `errors`."""


class DatabaseError(Exception):
    """A database that is not SQLite could not do what was asked. The message is fit for operators."""


class Conflict(DatabaseError):
    """A row that must be new was there already, does not fit its table, or may not be changed."""


class TryAgain(DatabaseError):
    """Nothing of the transaction is in the database; the same may succeed on a new connection."""


class CommitUnknown(TryAgain):
    """The connection was lost while the commit was under way: all of the transaction is in, or nothing of it."""


@contextmanager
def transaction(db: SqlConnection, begin: Callable[[], None]) -> Iterator[None]:
    """Commit what is done inside; undo it if something is raised."""
    try:
        begin()
        yield
        db.execute("COMMIT")
    # Interrupts too: a transaction left open would keep its locks.
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
