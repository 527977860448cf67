"""The tables of the widget: codes that were used, and which login session continues a host's."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from ultracore.banking.store.tables.core import UtcDateTime, metadata

widget_codes = Table(
    "widget_codes",
    metadata,
    Column("code_digest", String(64), primary_key=True),
    Column("kept_until", UtcDateTime, nullable=False, index=True),
)
"""Launch codes that are spent, as keyed digests; kept until their time is long over."""

widget_sessions = Table(
    "widget_sessions",
    metadata,
    Column("session_digest", String(64), primary_key=True),
    Column("login_id", String(64)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("kept_until", UtcDateTime, nullable=False, index=True),
)
"""A host's login session, as a keyed digest, and the login session of ours that continues it."""
