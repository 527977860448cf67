"""Erasures with their steps, and legal holds."""

from __future__ import annotations

from ultracore.audit.store.migrations.portable import execute

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE erasures (
        erasure_id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('requested', 'confirmed', 'begun', 'destroyed', 'done', 'expired')),
        key_ids TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        requested_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        confirmed_by TEXT,
        ended_at TEXT
    )""",
    # Two requests at the same moment must not both begin.
    "CREATE UNIQUE INDEX erasures_unfinished ON erasures (kind, tenant_id, subject_id) "
    "WHERE state NOT IN ('done', 'expired')",
    """CREATE TABLE erasure_steps (
        erasure_id TEXT NOT NULL REFERENCES erasures (erasure_id),
        step TEXT NOT NULL,
        things INTEGER NOT NULL,
        done_at TEXT,
        failure TEXT,
        PRIMARY KEY (erasure_id, step)
    )""",
    """CREATE TABLE legal_holds (
        hold_id TEXT PRIMARY KEY,
        tenant_id TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        placed_by TEXT NOT NULL,
        placed_at TEXT NOT NULL,
        released_by TEXT,
        released_at TEXT
    )""",
    "CREATE UNIQUE INDEX legal_holds_standing ON legal_holds (tenant_id, customer_id) WHERE released_at IS NULL",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in _STATEMENTS:
        execute(statement)
