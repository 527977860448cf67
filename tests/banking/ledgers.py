"""The databases that one contract suite runs over: a SQLite file, and a database on the test run's PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.support.postgres import PostgresAddress
from ultracore.audit.database import Conflict, DatabaseError
from ultracore.audit.store.postgres_connection import PostgresDatabase
from ultracore.banking import sqlite_url

REFUSED: Final = (sqlite3.IntegrityError, Conflict, DatabaseError)
"""What the databases raise if a rule of the schema refuses a statement."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where a ledger of its own lies, with the demo world in it."""

    url: str
    file: Path | None = None
    server: PostgresAddress | None = None


def in_file(path: Path) -> Ledger:
    """A ledger in a file."""
    return Ledger(sqlite_url(path), file=path)


class RawConnection:
    """The database as any other program sees it; `?` stands for a value."""

    def __init__(self, ledger: Ledger) -> None:
        if ledger.file is not None:
            self._link: Any = sqlite3.connect(ledger.file, timeout=5)
        else:
            self._link = PostgresDatabase(ledger.url, write_seconds=60, idle_seconds=300).connect()
            self._link.begin_append()
        self._failed = False

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """One statement; its rows."""
        try:
            return self._link.execute(sql, parameters)
        except Exception:
            self._failed = True
            raise

    def script(self, sql: str) -> None:
        """Statements that each end with a semicolon at the end of a line."""
        for statement in filter(str.strip, sql.split(";\n")):
            self.execute(statement)

    def end(self) -> None:
        """Commit, or roll back after a statement that failed."""
        if self._link.in_transaction:
            self._link.execute("ROLLBACK" if self._failed else "COMMIT")

    def close(self) -> None:
        """Hang up; what was not committed is gone."""
        self._link.close()


@contextmanager
def raw(ledger: Ledger | Path) -> Iterator[RawConnection]:
    """A connection without any setting of ours, committed at the end."""
    connection = RawConnection(in_file(ledger) if isinstance(ledger, Path) else ledger)
    try:
        yield connection
        connection.end()
    finally:
        connection.close()


def stored_time(ledger: Ledger, at: datetime) -> datetime | str:
    """A time as the database's own driver takes it: SQLite has no type for one."""
    return f"{at:%Y-%m-%d %H:%M:%S.%f}" if ledger.file is not None else at


def drop_trigger(ledger: Ledger, name: str, table: str) -> str:
    """The statement of somebody who wants to alter what is posted."""
    return f"DROP TRIGGER {name}" if ledger.file is not None else f"DROP TRIGGER {name} ON {table}"
