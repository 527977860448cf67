"""The record: streams, events, sealing keys, head lists, open intents, leases, relay positions."""

from __future__ import annotations

from ultracore.audit.store.migrations.portable import append_only, execute

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE streams (
        stream_id TEXT PRIMARY KEY,
        tenant_id TEXT NOT NULL,
        user_id TEXT,
        customer_id TEXT,
        is_system INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        hash TEXT NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        head_sequence INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    # The sealer asks for moved streams every few seconds; only those are in this index.
    "CREATE INDEX streams_moved ON streams (stream_id) WHERE sequence > head_sequence",
    # AUTOINCREMENT: a position is never given twice, since relay and index go on after the last one that they saw.
    """CREATE TABLE events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        stream_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        tenant_id TEXT NOT NULL,
        user_id TEXT,
        event_type TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        hash TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (stream_id, sequence)
    )""",
    "CREATE INDEX events_tenant ON events (tenant_id)",
    """CREATE TABLE sealing_keys (
        key_id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        wrapped BLOB,
        created_at TEXT NOT NULL,
        destroyed_at TEXT
    )""",
    # Only among living keys: a customer who comes back after an erasure gets a new one beside the destroyed one.
    "CREATE UNIQUE INDEX sealing_keys_subject ON sealing_keys (kind, tenant_id, subject_id) "
    "WHERE destroyed_at IS NULL",
    """CREATE TABLE heads (
        position INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        body BLOB NOT NULL
    )""",
    """CREATE TABLE open_intents (
        event_id TEXT PRIMARY KEY,
        stream_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        tenant_id TEXT NOT NULL,
        turn_id TEXT,
        request_id TEXT,
        tool TEXT,
        proposal TEXT,
        time TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE leases (
        name TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        token INTEGER NOT NULL,
        expires_at REAL NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE relay_positions (topic TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


def upgrade() -> None:
    """Make the tables, and the triggers that keep what is recorded as it is."""
    for statement in _TABLES:
        execute(statement)
    for table in ("events", "heads"):
        append_only(table)
