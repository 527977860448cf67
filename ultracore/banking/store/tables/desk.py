"""The supervisors' desk: cases that need a person, and the people who talk in a conversation themselves.

No words of anybody lie here: ids, codes and times only. The conversation is read from the record.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text
from sqlalchemy.types import BigInteger

from ultracore.banking.store.tables.core import UtcDateTime, metadata

_open = text("status = 'open'")

desk_cases = Table(
    "desk_cases",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("conversation_id", String(128), nullable=False),
    Column("user_id", String(128)),
    Column("customer_id", String(64)),
    Column("rule", String(64), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("wish_at", UtcDateTime),
    Column("assigned_to", String(64)),
    Column("snoozed_until", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String(64)),
    Column("outcome", String(32)),
    Column("version", Integer, nullable=False),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
    CheckConstraint("(status = 'closed') = (closed_by IS NOT NULL)", name="closed"),
    Index(
        "uq_desk_cases_open",
        "tenant_id",
        "conversation_id",
        unique=True,
        sqlite_where=_open,
        postgresql_where=_open,
    ),
    Index("ix_desk_cases_first", "tenant_id", "status", "urgency", "due_at"),
)
"""At most one open case a conversation; `rule` and `urgency` are those of its most urgent hit."""

desk_hits = Table(
    "desk_hits",
    metadata,
    Column("event_id", String(128), primary_key=True),
    Column("rule", String(64), primary_key=True),
    Column("case_id", String(64), ForeignKey("desk_cases.case_id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
)
"""The events because of which a case is there, each once."""

desk_claims = Table(
    "desk_claims",
    metadata,
    Column("conversation_id", String(128), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("held_by", String(64)),
    Column("display_name", String(200), nullable=False),
    Column("active_at", UtcDateTime, nullable=False),
)
"""Who talks in a conversation in Anya's place. `number` grows with every claim."""

desk_parts = Table(
    "desk_parts",
    metadata,
    Column("conversation_id", String(128), primary_key=True),
    Column("user_id", String(64), primary_key=True),
    Column("customer_id", String(64)),
    Column("since", UtcDateTime, nullable=False),
)
"""Who has ever talked in a conversation, and with which customer: they do not check what is asked for after it."""

desk_progress = Table(
    "desk_progress",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""How far the record was read for cases."""

desk_searches = Table(
    "desk_searches",
    metadata,
    Column("search_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("name", String(80), nullable=False),
    Column("filters", String(1000), nullable=False),
    Column("shared", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("shared IN (0, 1)", name="shared"),
    UniqueConstraint("tenant_id", "user_id", "name", name="uq_desk_searches_name"),
)
"""Filters of `/desk/conversations` that staff keep. Words, reasons and whom they look for are never among them."""
