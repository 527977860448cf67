"""The tables of the index. Their names begin with `index_`: they may lie in one database with others.

Times are texts as on the wire (`2026-11-23T09:30:00.000000Z`), which sort as the moments do. Numbers of streams,
keys and events are the index's own and may differ between two indexes over the same record.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

HEAD_REVISION: Final = "0001"
VERSION_TABLE: Final = "index_alembic_version"

metadata: Final = MetaData()

# SQLite takes a column as the row's own number only if its type is called INTEGER.
_Number: Final = BigInteger().with_variant(Integer(), "sqlite")

streams: Final = Table(
    "index_streams",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("stream_id", Text, nullable=False, unique=True),
    Column("tenant_id", Text, nullable=False),
    Column("is_system", Integer, nullable=False),
    Column("user_id", Text),
    Column("user_sequence", BigInteger),
    Column("customer_id", Text),
    Column("customer_sequence", BigInteger),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("agents", Text, nullable=False),  # names in order, separated by a space
    Column("denials", BigInteger, nullable=False),
    Column("alerts", BigInteger, nullable=False),
)
Index("index_streams_recent", streams.c.tenant_id, streams.c.is_system, streams.c.last_at)
_gap: Final = streams.c.events != streams.c.last_sequence
Index("index_streams_gaps", streams.c.number, sqlite_where=_gap, postgresql_where=_gap)

events: Final = Table(
    "index_events",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("event_id", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    Column("stream_number", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("timestamp", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("user_id", Text),
    Column("customer_id", Text),
    Column("agent", Text),
    Column("tool", Text),
    Column("action", Text),
    Column("result", Text),
    Column("decision", Text),
    Column("reason", Text),
    Column("resource_type", Text),
    Column("resource_id", Text),
    Column("turn_id", Text),
    Column("key_number", BigInteger),
    UniqueConstraint("stream_number", "sequence"),
)
Index("index_events_type", events.c.tenant_id, events.c.event_type, events.c.timestamp, events.c.stream_number)
for _name in ("user_id", "customer_id", "agent", "tool", "decision"):
    _given = events.c[_name].isnot(None)
    Index(
        f"index_events_{_name.removesuffix('_id')}",
        events.c.tenant_id,
        events.c[_name],
        events.c.timestamp,
        events.c.stream_number,
        sqlite_where=_given,
        postgresql_where=_given,
    )
_notable: Final = events.c.severity != "info"
Index(
    "index_events_severity",
    events.c.tenant_id,
    events.c.severity,
    events.c.timestamp,
    events.c.stream_number,
    sqlite_where=_notable,
    postgresql_where=_notable,
)

bodies: Final = Table(
    "index_bodies",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),  # the event's
    Column("published", LargeBinary, nullable=False),
)

words: Final = Table(
    "index_words",
    metadata,
    Column("token", BigInteger, primary_key=True, autoincrement=False),
    Column("stream_number", BigInteger, primary_key=True, autoincrement=False),
    Column("key_number", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
# An erasure deletes words by their key, and would read the whole table without this.
Index("index_words_key", words.c.key_number)

keys: Final = Table(
    "index_keys",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("key_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("forgotten", Integer, nullable=False),
)

progress: Final = Table(
    "index_progress",
    metadata,
    Column("source", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

alarms: Final = Table(
    "index_alarms",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("known_hash", Text, nullable=False),
    Column("other_hash", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("announced", Integer, nullable=False),
    UniqueConstraint("kind", "event_id", "other_hash"),
)

facts: Final = Table(
    "index_facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
