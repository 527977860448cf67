"""The epoch of the sealing keys: a fact in the database that changes whenever a key is destroyed.

A process that keeps unwrapped keys in memory compares it before it uses one, so that every process of every
replica drops its keys at its next look at the record after an erasure anywhere.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from ultracore.audit.database import SqlConnection

_FACT: Final = "key_epoch"


def epoch(db: SqlConnection) -> str:
    """The epoch now; empty if no key was ever destroyed."""
    row = db.execute("SELECT value FROM facts WHERE name = ?", (_FACT,)).fetchone()
    return "" if row is None else str(row[0])


def end_epoch(db: SqlConnection) -> None:
    """A key was destroyed in this transaction."""
    db.execute(
        "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_FACT, uuid4().hex),
    )
