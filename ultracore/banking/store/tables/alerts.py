"""Alerts: what rules over the record found, each once, and how far each has been told."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table

from ultracore.banking.store.tables.core import UtcDateTime, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(64), primary_key=True),
    # No key to the tenants: what happens to the whole installation is of the tenant `none`.
    Column("tenant_id", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("occasion", String(300), nullable=False),
    Column("says", String(120), nullable=False),
    Column("event_id", String(128)),
    Column("events", Integer, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("recorded", Integer, nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    CheckConstraint("delivery IN ('waiting', 'sent', 'given_up', 'none')", name="delivery"),
    # What makes an alert one: two readers of the record, or a second reading, find the same occasion.
    Index("uq_alerts_occasion", "rule", "occasion", unique=True),
    Index("ix_alerts_newest", "tenant_id", "raised_at"),
    Index("ix_alerts_next_at", "delivery", "next_at"),
)
"""`occasion` is the event, or the group and the time in which so many of them are one alert; it names no user."""
