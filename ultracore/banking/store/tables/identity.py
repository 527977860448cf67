"""The tables of logins: roles with their terms, one-time links, requests for two persons, second factors."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from ultracore.banking.store.tables.core import UtcDateTime, metadata

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", String(64), ForeignKey("users.user_id"), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime),
    Column("given_by", String(128), nullable=False),
)
"""Who has which role, from when until when. A role that is taken away is deleted; the record says who had it."""

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("user_id", String(64), ForeignKey("users.user_id")),
    Column("made_by", String(128), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("tries_left", Integer, nullable=False),
    CheckConstraint("tries_left >= 0", name="tries_left"),
    Index("ix_one_time_links_user_id", "user_id"),
)
"""Links by which a password is set, and the code that makes the first administrator. Kept as digests."""

identity_requests = Table(
    "identity_requests",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False),
    Column("act", String(32), nullable=False),
    Column("role", String(32)),
    Column("valid_from", UtcDateTime),
    Column("valid_until", UtcDateTime),
    Column("new_customer_id", String(64), ForeignKey("customers.customer_id")),
    Column("new_address", String(254)),
    Column("made_by", String(128), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("status", String(16), nullable=False),
    Column("decided_by", String(128)),
    Column("decided_at", UtcDateTime),
    Index("ix_identity_requests_tenant_id", "tenant_id", "status"),
)
"""What one administrator has asked for and another has to confirm."""

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", String(64), ForeignKey("users.user_id"), primary_key=True),
    Column("sealed_secret", String(512), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("last_counter", BigInteger, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
)
"""One-time codes by time. `last_counter` is the step of the last code that was taken: no code counts twice."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", String(64), ForeignKey("users.user_id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("used_at", UtcDateTime),
)

step_up_proofs = Table(
    "step_up_proofs",
    metadata,
    Column("proposal_id", String(64), ForeignKey("proposals.proposal_id"), primary_key=True),
    Column("login_id", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("seal", String(64), nullable=False),
)
"""That a login session gave a code of its second factor for a proposal. `seal` is a keyed digest of the rest."""

staff_cases = Table(
    "staff_cases",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("ticket", String(64)),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_staff_cases_user_id", "user_id", "ended_at"),
)
"""Why a member of staff works for a customer. Somebody has one that has not ended at most."""
