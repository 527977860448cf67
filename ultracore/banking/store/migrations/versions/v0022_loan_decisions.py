"""Decisions on loan applications, and for whom a member of staff decides nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables."""
    _decisions()
    op.create_table(
        "staff_ties",
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("customer_id", _text(64), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_staff_ties_tenant_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_staff_ties_customer_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "customer_id", name=op.f("pk_staff_ties")),
    )


def downgrade() -> None:
    """Takes them away again."""
    op.drop_table("staff_ties")
    op.drop_table("loan_decisions")


def _decisions() -> None:
    table = "loan_decisions"
    op.create_table(
        table,
        *_columns(),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_loan_decisions_{name}"))
            for name, rule in {
                "outcome": "outcome IN ('approved', 'declined')",
                "state": "state IN ('waiting', 'final', 'returned')",
                "decided": "(state = 'waiting') = (decided_by IS NULL)",
                "persons": "two_persons = 0 OR decided_by IS NULL OR decided_by <> made_by",
                "intent": "length(intent_event_id) > 0",
            }.items()
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{there}.{column}"], name=op.f(f"fk_loan_decisions_{column}"))
            for column, there in (
                ("application_id", "loan_applications"),
                ("tenant_id", "tenants"),
                ("customer_id", "customers"),
            )
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_loan_decisions")),
        sa.UniqueConstraint("intent_event_id", name=op.f("uq_loan_decisions_intent_event_id")),
    )
    stands = sa.text("state IN ('waiting', 'final')")
    op.create_index(
        "uq_loan_decisions_stands",
        table,
        ["application_id"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.create_index("ix_loan_decisions_customer", table, ["customer_id"])


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("decision_id", _text(64), nullable=False),
        sa.Column("application_id", _text(64), nullable=False),
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("customer_id", _text(64), nullable=False),
        sa.Column("outcome", _text(16), nullable=False),
        sa.Column("reasons", _text(300), nullable=False),
        sa.Column("letter", _long_text(), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("two_persons", sa.Integer(), nullable=False),
        sa.Column("made_by", _text(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", _text(64)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("intent_event_id", _text(128), nullable=False),
    ]


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def _long_text() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
