"""Loan applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new table."""
    table = "loan_applications"
    op.create_table(
        table,
        *_columns(),
        sa.CheckConstraint(
            "amount_minor > 0 AND instalment_minor > 0 AND term_months > 0",
            name=op.f("ck_loan_applications_terms"),
        ),
        sa.CheckConstraint("length(intent_event_id) > 0", name=op.f("ck_loan_applications_intent")),
        sa.CheckConstraint(
            "(status IN ('approved', 'declined')) = (decided_by IS NOT NULL)",
            name=op.f("ck_loan_applications_decided"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_loan_applications_tenant_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_loan_applications_customer_id")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_loan_applications")),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_loan_applications_{name}"))
            for name in ("reference", "proposal_id", "intent_event_id")
        ),
    )
    waiting = sa.text("status = 'submitted'")
    op.create_index(
        "uq_loan_applications_waiting",
        table,
        ["customer_id", "purpose"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_loan_applications_customer", table, ["customer_id", "submitted_at"])


def downgrade() -> None:
    """Takes it away again."""
    op.drop_table("loan_applications")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("application_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("stated_purpose", sa.String(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("annual_rate_basis_points", sa.Integer(), nullable=False),
        sa.Column("instalment_minor", sa.BigInteger(), nullable=False),
        sa.Column("met_rules", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("proposal_id", sa.String(length=64), nullable=True),
        sa.Column("intent_event_id", sa.String(length=128), nullable=False),
    ]
