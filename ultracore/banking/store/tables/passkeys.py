"""The tables of passkeys: the public keys that a login has, and the challenges that wait for an answer."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from ultracore.banking.store.tables.core import UtcDateTime, metadata

passkeys = Table(
    "passkeys",
    metadata,
    Column("passkey_id", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("credential_id", String(1400), nullable=False),
    Column("public_key", String(2800), nullable=False),
    Column("seal", String(64), nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Index("ix_passkeys_user_id", "user_id"),
)
"""`passkey_id` is the digest of the credential's id, `seal` a keyed digest of owner and key. A passkey of which a
copy was used is closed."""

passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("nonce", String(64), nullable=False),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)
"""Challenges by their digest. A row is deleted with the first answer, right or wrong."""
