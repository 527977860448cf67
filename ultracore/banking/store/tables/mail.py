"""The tables of letters: the mail addresses of logins, and what waits to be sent."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from ultracore.banking.store.tables.core import UtcDateTime, metadata

mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("address_id", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False),
    Column("address", String(254), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime),
    Index("ix_mail_addresses_user_id", "user_id"),
)
"""The address of a login, and for a month those that it had before: they hear of what is done to the login."""

mail_queue = Table(
    "mail_queue",
    metadata,
    Column("mail_id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    # As somebody has typed it for a link, so without a key: it may be no login. Deleted with the row.
    Column("user_id", String(128), nullable=False),
    Column("address", String(254)),
    Column("ip_address", String(64)),
    Column("made_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
)
"""Letters that wait. A row is deleted once its letter was sent, or will never be."""
