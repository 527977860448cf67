"""Connections to the audit database on SQLite, and its schema brought to the revision that this code needs."""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Final

from ultracore.audit.database import Row
from ultracore.audit.store.schema import HEAD_REVISION, migrate, require_known
from ultracore.errors import AuditUnavailable

__all__ = [
    "HEAD_REVISION",
    "SqliteConnection",
    "SqliteDatabase",
    "connect",
    "prepare_database",
    "require_known_schema",
    "revision_of",
]

_BUSY_SECONDS: Final = 5.0
Identity = tuple[int, int]
_ONE_ROW: Final = re.compile(r"VALUES (\(\?(?:, \?)*\))")
_LEAST_ROWS: Final = 2
_MOST_ROWS: Final = 64
# One row with all of them: each row that is fetched gives the interpreter away as well.
_HEADS: Final = (
    "SELECT json_group_array(json_array(stream_id, sequence, hash)) FROM streams "
    "WHERE stream_id IN (SELECT value FROM json_each(?))"
)


class SqliteConnection(sqlite3.Connection):
    """See `Connection`. One writer at a time holds the whole database, so nothing else needs a lock."""

    body: ClassVar[str] = "CAST(body AS BLOB)"
    path: Path = Path()
    identity: Identity | None = None
    """Which file this is, of a connection that writes."""

    def pages(self, sql: str, parameters: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """See `Connection.pages`."""
        cursor = self.execute(sql, parameters)
        while rows := cursor.fetchmany(size):
            yield rows

    def begin_append(self) -> None:
        """See `Connection.begin_append`. What is written into a file that has lost its name is lost."""
        if self.identity is not None and self.identity != _identity_of(self.path):
            raise sqlite3.OperationalError("its file was moved, deleted or replaced")
        self.execute("BEGIN IMMEDIATE")

    def begin_job(self) -> None:
        """See `Connection.begin_job`."""
        self.begin_append()

    def begin_snapshot(self) -> None:
        """See `Connection.begin_snapshot`."""
        self.execute("BEGIN")

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """See `Connection.executemany`. Rows to insert go into a few statements of many rows.

        At each statement's end the thread must get the interpreter back from the event loop's thread.
        """
        rows = list(parameters)
        place = _ONE_ROW.search(sql)
        if place is None or len(rows) < _LEAST_ROWS:
            return super().executemany(sql, rows)
        done = 0
        while done < len(rows):
            # Powers of two: sqlite3 keeps prepared statements by their text, so there should be few texts.
            count = min(_MOST_ROWS, 1 << (len(rows) - done).bit_length() - 1)
            several = f"{sql[: place.start()]}VALUES {', '.join([place[1]] * count)}{sql[place.end() :]}"
            cursor = self.execute(several, list(chain.from_iterable(rows[done : done + count])))
            done += count
        return cursor

    def lock_heads(self, streams: Iterable[str]) -> dict[str, tuple[int, str]]:
        """See `Connection.lock_heads`."""
        row = self.execute(_HEADS, (json.dumps(list(streams)),)).fetchone()
        return {stream: (sequence, hash_) for stream, sequence, hash_ in json.loads(row[0])}

    def hold_positions(self) -> None:
        """See `Connection.hold_positions`."""


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """See `Database`. It is one file: another one that takes its name later is refused."""

    path: Path
    first: list[Identity] = field(default_factory=list, repr=False, compare=False)
    errors: ClassVar[tuple[type[Exception], ...]] = (sqlite3.Error,)
    conflicts: ClassVar[tuple[type[Exception], ...]] = (sqlite3.IntegrityError,)

    def connect(self, *, read_only: bool = False) -> SqliteConnection:
        """See `Database.connect`."""
        db = connect(self.path, read_only=read_only)
        if db.identity is not None and self.first[:1] != [db.identity]:
            if self.first:
                db.close()
                raise sqlite3.OperationalError("its file was replaced by another one; restart the app to use it")
            self.first.append(db.identity)
        return db

    def scrub(self) -> None:
        """See `Database.scrub`: the write-ahead log goes into the file, which overwrites what was replaced."""
        with closing(connect(self.path)) as db:
            busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("the write-ahead log is in use")


def connect(path: Path, *, read_only: bool = False) -> SqliteConnection:
    """A connection in autocommit mode; a writing one makes a commit durable before it returns."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",  # made by `prepare_database` alone
        uri=True,
        timeout=_BUSY_SECONDS,
        # sqlite3 would begin transactions by itself, and not IMMEDIATE ones.
        isolation_level=None,
        # Not checked, because a reader's connection serves one thread after another.
        check_same_thread=False,
        factory=SqliteConnection,
    )
    try:
        if read_only:
            # Not `mode=ro`: also a reader of a write-ahead log may have to write the file with its shared memory.
            db.execute("PRAGMA query_only = ON")
            return db
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        # A key that is destroyed is overwritten in the file, not merely unlinked from its row.
        db.execute("PRAGMA secure_delete = ON")
        db.path, db.identity = path, _identity_of(path)
    except BaseException:
        db.close()
        raise
    return db


def _identity_of(path: Path) -> Identity:
    """Device and inode. Raises `sqlite3.OperationalError` if there is no such file."""
    try:
        found = os.stat(path)
    except OSError as exc:
        raise sqlite3.OperationalError(f"its file is gone: {exc.strerror}") from exc
    return found.st_dev, found.st_ino


def prepare_database(path: Path) -> None:
    """Make the database (mode 0600) or bring it to `HEAD_REVISION`. Raises `AuditUnavailable`.

    Raises `OperatorError` if a newer version of the program has written it. Safe when several processes start at
    once. Alembic is imported only if there is something to do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(path):
            # SQLite would create the file with the mode that the umask leaves.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(connect(path)) as db:
                revision = revision_of(db)
                require_known(revision)
                if revision != HEAD_REVISION:
                    _migrate(db)
    except (OSError, sqlite3.Error) as exc:
        raise AuditUnavailable(f"the audit store {path} cannot be opened: {exc}") from exc


def require_known_schema(path: Path) -> None:
    """Raise `OperatorError` if a newer version of the program has written the record, before it is read."""
    try:
        with closing(connect(path, read_only=True)) as db:
            require_known(revision_of(db))
    except sqlite3.Error as exc:
        raise AuditUnavailable(f"the audit store {path} cannot be opened: {exc}") from exc


def revision_of(db: sqlite3.Connection) -> str | None:
    """The schema revision, or `None` in an empty database."""
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_alembic_version'").fetchone()
    if known is None:
        return None
    row = db.execute("SELECT version_num FROM audit_alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    # A file of its own: closing any descriptor of the database would drop SQLite's own locks on it.
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(db: sqlite3.Connection) -> None:
    from sqlalchemy import StaticPool, create_engine

    engine = create_engine("sqlite://", creator=lambda: db, poolclass=StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        migrate(connection)
