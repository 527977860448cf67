"""Loan applications and their decisions, beside the tables of `core.py`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text
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

_stands = text("state IN ('waiting', 'final')")

loan_decisions = Table(
    "loan_decisions",
    metadata,
    Column("decision_id", String(64), primary_key=True),
    Column("application_id", String(64), ForeignKey("loan_applications.application_id"), nullable=False),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reasons", String(300), nullable=False),
    Column("letter", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("two_persons", Integer, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("decided_by", String(64)),
    Column("decided_at", UtcDateTime),
    Column("intent_event_id", String(128), nullable=False, unique=True),
    CheckConstraint("outcome IN ('approved', 'declined')", name="outcome"),
    CheckConstraint("state IN ('waiting', 'final', 'returned')", name="state"),
    CheckConstraint("(state = 'waiting') = (decided_by IS NULL)", name="decided"),
    CheckConstraint("two_persons = 0 OR decided_by IS NULL OR decided_by <> made_by", name="persons"),
    CheckConstraint("length(intent_event_id) > 0", name="intent"),
    Index(
        "uq_loan_decisions_stands", "application_id", unique=True, sqlite_where=_stands, postgresql_where=_stands
    ),
    Index("ix_loan_decisions_customer", "customer_id"),
)
"""What lenders decided. One that waits for a second person has no `decided_by`; one that was given back stays."""

staff_ties = Table(
    "staff_ties",
    metadata,
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), primary_key=True),
    Column("user_id", String(64), primary_key=True),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), primary_key=True),
    Column("declared_at", UtcDateTime, nullable=False),
)
"""Of which customers a member of staff has said that they are the person, or a relative of theirs."""
