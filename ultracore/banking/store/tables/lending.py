"""Loan applications, beside the tables of `core.py`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, text
from sqlalchemy.types import BigInteger

from ultracore.banking.store.tables.core import UtcDateTime, metadata

loan_applications = Table(
    "loan_applications",
    metadata,
    Column("application_id", String(64), primary_key=True),
    Column("reference", String(32), nullable=False, unique=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("stated_purpose", String(120), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("term_months", Integer, nullable=False),
    Column("annual_rate_basis_points", Integer, nullable=False),
    Column("instalment_minor", BigInteger, nullable=False),
    Column("met_rules", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(64)),
    Column("proposal_id", String(64), unique=True),
    Column("intent_event_id", String(128), nullable=False, unique=True),
    CheckConstraint("amount_minor > 0 AND instalment_minor > 0 AND term_months > 0", name="terms"),
    CheckConstraint("length(intent_event_id) > 0", name="intent"),
    CheckConstraint("(status IN ('approved', 'declined')) = (decided_by IS NOT NULL)", name="decided"),
    Index(
        "uq_loan_applications_waiting",
        "customer_id",
        "purpose",
        unique=True,
        sqlite_where=text("status = 'submitted'"),
        postgresql_where=text("status = 'submitted'"),
    ),
    Index("ix_loan_applications_customer", "customer_id", "submitted_at"),
)
"""An application is decided by a person, whose id is `decided_by`; at most one a purpose waits."""
