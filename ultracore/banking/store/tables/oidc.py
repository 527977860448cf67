"""The tables of sign-ins by a provider: whose accounts sign which login in, its sessions, and what is used up."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from ultracore.banking.store.tables.core import UtcDateTime, metadata

provider_accounts = Table(
    "provider_accounts",
    metadata,
    Column("issuer", String(200), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False),
    Column("made_by", String(128), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_provider_accounts_user_id", "user_id"),
)
"""Which login an account at a provider signs in: by issuer and subject, which never change."""

provider_sessions = Table(
    "provider_sessions",
    metadata,
    Column("login_id", String(64), primary_key=True),
    Column("session_digest", String(64)),
    Column("provider", String(64), nullable=False),
    Column("kept_until", UtcDateTime, nullable=False, index=True),
    Index("ix_provider_sessions_session_digest", "session_digest"),
)
"""Login sessions that a provider has begun, with a keyed digest of its own session."""

provider_marks = Table(
    "provider_marks",
    metadata,
    Column("mark_digest", String(64), primary_key=True),
    Column("kept_until", UtcDateTime, nullable=False, index=True),
)
"""What counts once or is over, as keyed digests: sign-ins, notices of sign-out, sessions that a provider ended."""
