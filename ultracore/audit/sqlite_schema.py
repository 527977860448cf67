"""Connections to the audit database, and its schema brought to the revision that this code needs."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ultracore.errors import AuditUnavailable

HEAD_REVISION: Final = "0001"
_BUSY_SECONDS: Final = 5.0


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode; a writing one makes a commit durable before it returns."""
    mode = "rw" if read_only or path.exists() else "rwc"
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    if read_only:
        db.execute("PRAGMA query_only = ON")
        return db
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def prepare_database(path: Path) -> None:
    """Make the database (mode 0600) or bring it to `HEAD_REVISION`. Raises `AuditUnavailable`.

    Safe where several processes start at once. Alembic is imported only where there is something to do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(connect(path)) as db:
                if revision_of(db) != HEAD_REVISION:
                    _migrate(db)
    except (OSError, sqlite3.Error) as exc:
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
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(db: sqlite3.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import StaticPool, create_engine

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine("sqlite://", creator=lambda: db, poolclass=StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
