"""Leases in SQL: one process at a time does a job, and one that lost its turn finds out before it writes.

Times are the machine's wall clock. A lease that reaches further into the future than any lease may (the clock was
set back) counts as expired.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ultracore.audit.database import SqlConnection
from ultracore.errors import AuditUnavailable


class LeaseLost(AuditUnavailable):
    """Another process holds the lease, or this one's has run out."""

    default_code = "audit.lease_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    """A turn at a job. `token` grows with every change of owner."""

    name: str
    owner: str
    token: int
    seconds: float


def acquire(db: SqlConnection, name: str, owner: str, seconds: float) -> Lease | None:
    """Take the lease, or prolong the owner's own; `None` while another owner's runs. Inside a transaction."""
    now = time.time()
    row = db.execute("SELECT owner, token, expires_at FROM leases WHERE name = ?", (name,)).fetchone()
    token = 1 if row is None else row[1] + (row[0] != owner)
    if row is not None and row[0] != owner and now < row[2] <= now + 10 * seconds:
        return None
    db.execute(
        "INSERT INTO leases VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at",
        (name, owner, token, now + seconds),
    )
    return Lease(name, owner, token, seconds)


def check(db: SqlConnection, lease: Lease) -> None:
    """Raises `LeaseLost` unless the lease is still this owner's. Inside the transaction that it protects."""
    row = db.execute("SELECT owner, token FROM leases WHERE name = ?", (lease.name,)).fetchone()
    # The token as well: this process may have lost the lease since and taken it again.
    if row is None or (row[0], row[1]) != (lease.owner, lease.token):
        raise LeaseLost(f"the lease {lease.name} went to another process")


def release(db: SqlConnection, lease: Lease) -> None:
    """Let the next one in at once. Does nothing if the lease is already another's."""
    db.execute(
        "UPDATE leases SET expires_at = 0 WHERE name = ? AND owner = ? AND token = ?",
        (lease.name, lease.owner, lease.token),
    )
