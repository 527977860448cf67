"""Streams, events with their bodies, words, keys, progress, alarms and facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and their indexes."""
    _streams()
    _events()
    _words_and_keys()
    _progress_and_alarms()


def _number() -> sa.types.TypeEngine[int]:
    """SQLite takes a column as the row's own number only if its type is called INTEGER."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str = "number") -> sa.Column[int]:
    return sa.Column(name, _number(), primary_key=True, autoincrement=False)


def _texts(*names: str, nullable: bool) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _streams() -> None:
    op.create_table(
        "index_streams",
        _key(),
        sa.Column("stream_id", sa.Text(), nullable=False, unique=True),
        *_texts("tenant_id", nullable=False),
        sa.Column("is_system", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("user_sequence", sa.BigInteger()),
        sa.Column("customer_id", sa.Text()),
        sa.Column("customer_sequence", sa.BigInteger()),
        *_texts("first_at", "last_at", nullable=False),
        *_counts("events", "last_sequence"),
        *_texts("last_hash", "agents", nullable=False),
        *_counts("denials", "alerts"),
    )
    op.create_index("index_streams_recent", "index_streams", ["tenant_id", "is_system", "last_at"])
    gap = sa.text("events != last_sequence")
    op.create_index("index_streams_gaps", "index_streams", ["number"], sqlite_where=gap, postgresql_where=gap)


def _events() -> None:
    op.create_table(
        "index_events",
        _key(),
        sa.Column("event_id", sa.Text(), nullable=False, unique=True),
        *_texts("hash", nullable=False),
        *_counts("stream_number", "sequence"),
        *_texts("tenant_id", "timestamp", "event_type", "severity", nullable=False),
        *_texts(
            "user_id", "customer_id", "agent", "tool", "action", "result", "decision", "reason", nullable=True
        ),
        *_texts("resource_type", "resource_id", "turn_id", nullable=True),
        sa.Column("key_number", sa.BigInteger()),
        sa.UniqueConstraint("stream_number", "sequence"),
    )
    _search_index("type", "event_type", None)
    for name in ("user_id", "customer_id", "agent", "tool", "decision"):
        _search_index(name.removesuffix("_id"), name, f"{name} IS NOT NULL")
    _search_index("severity", "severity", "severity != 'info'")
    op.create_table("index_bodies", _key(), sa.Column("published", sa.LargeBinary(), nullable=False))


def _search_index(name: str, column: str, condition: str | None) -> None:
    where = None if condition is None else sa.text(condition)
    op.create_index(
        f"index_events_{name}",
        "index_events",
        ["tenant_id", column, "timestamp", "stream_number"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _words_and_keys() -> None:
    op.create_table(
        "index_words",
        *(
            sa.Column(name, sa.BigInteger(), primary_key=True, autoincrement=False)
            for name in ("token", "stream_number", "key_number")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("index_words_key", "index_words", ["key_number"])
    op.create_table(
        "index_keys",
        _key(),
        sa.Column("key_id", sa.Text(), nullable=False, unique=True),
        *_texts("kind", "tenant_id", "subject_id", nullable=False),
        sa.Column("forgotten", sa.Integer(), nullable=False),
    )


def _progress_and_alarms() -> None:
    op.create_table(
        "index_progress",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("place", sa.Text(), primary_key=True),
        *_counts("position"),
    )
    op.create_table(
        "index_alarms",
        _key(),
        *_texts("kind", "tenant_id", "stream_id", nullable=False),
        *_counts("sequence"),
        *_texts("event_id", "known_hash", "other_hash", "seen_at", nullable=False),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.UniqueConstraint("kind", "event_id", "other_hash"),
    )
    op.create_table(
        "index_facts",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
