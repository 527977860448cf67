"""The tables of portfolios, incidents and familiar surroundings, beside those of `core.py`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy.types import BigInteger

from ultracore.banking.store.tables.core import UtcDateTime, metadata

securities = Table(
    "securities",
    metadata,
    Column("symbol", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("asset_class", String(32), nullable=False),
)

prices = Table(
    "prices",
    metadata,
    Column("symbol", String(16), ForeignKey("securities.symbol"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("price_minor", BigInteger, nullable=False),
    CheckConstraint("price_minor > 0", name="price"),
    sqlite_with_rowid=False,
)
"""Closing prices in Australian cents, one a calendar day at most."""

trades = Table(
    "trades",
    metadata,
    Column("trade_id", String(64), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("symbol", String(16), ForeignKey("securities.symbol"), nullable=False),
    Column("day", Date, nullable=False),
    Column("units", Integer, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    CheckConstraint("units <> 0", name="units"),
    CheckConstraint("price_minor > 0", name="price"),
)
"""Units bought (positive) or sold (negative) through a settlement account."""

investment_profiles = Table(
    "investment_profiles",
    metadata,
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), primary_key=True),
    Column("profile", String(32), nullable=False),
    Column("chosen_on", Date, nullable=False),
)
"""Which target profile a customer has chosen for themselves."""

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(64), primary_key=True),
    Column("reference", String(32), nullable=False, unique=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), nullable=False),
    Column("reported_by", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    CheckConstraint("status IN ('open', 'withdrawn', 'closed')", name="status"),
    Index("ix_incidents_customer", "customer_id", "reported_at"),
)
"""`description` is masked before it is stored."""

incident_work = Table(
    "incident_work",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.incident_id"), primary_key=True),
    Column("assigned_to", String(64)),
    Column("outcome", String(32)),
    Column("version", Integer, nullable=False),
)
"""What the bank's people do about an incident. One that was never touched has no row, which is version 0."""

incident_links = Table(
    "incident_links",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.incident_id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("target", String(128), primary_key=True),
    CheckConstraint("kind IN ('incident', 'conversation')", name="kind"),
)
"""What an incident has to do with: another one, by its reference, or a conversation."""

surroundings = Table(
    "surroundings",
    metadata,
    Column("user_id", String(64), ForeignKey("users.user_id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("times", Integer, nullable=False),
    CheckConstraint("kind IN ('device', 'place', 'hour')", name="kind"),
    CheckConstraint("times > 0", name="times"),
)
"""The surroundings that a login has been used from: keyed digests, never the browser's words or an address."""

access_marks = Table(
    "access_marks",
    metadata,
    Column("mark_id", String(64), primary_key=True),
    Column("login_digest", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    CheckConstraint("kind IN ('denied', 'sign_in_failed')", name="kind"),
    Index("ix_access_marks_login", "login_digest", "at"),
)
"""Refusals and failed sign-ins of an hour, by the keyed digest of a login's name: people type passwords there."""
