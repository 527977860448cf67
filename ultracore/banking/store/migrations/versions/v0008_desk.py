"""The supervisors' desk: cases, the events behind them, who talks in a conversation, how far it was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Five new tables."""
    _cases()
    _hits()
    _claims()
    op.create_table(
        "desk_parts",
        sa.Column("conversation_id", _text(128), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("customer_id", _text(64)),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f("pk_desk_parts")),
    )
    op.create_table(
        "desk_progress",
        sa.Column("name", _text(32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_desk_progress")),
    )


def downgrade() -> None:
    """Takes them away again."""
    for table in ("desk_progress", "desk_parts", "desk_claims", "desk_hits", "desk_cases"):
        op.drop_table(table)


def _text(length: int) -> sa.String:
    """Text in the order of its bytes, as everywhere in this database."""
    return sa.String(length=length, collation="C" if op.get_bind().dialect.name == "postgresql" else None)


def _cases() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "desk_cases",
        sa.Column("case_id", _text(64), nullable=False),
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("conversation_id", _text(128), nullable=False),
        sa.Column("user_id", _text(128)),
        sa.Column("customer_id", _text(64)),
        sa.Column("rule", _text(64), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("status", _text(16), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("wish_at", moment),
        sa.Column("assigned_to", _text(64)),
        sa.Column("snoozed_until", moment),
        sa.Column("closed_at", moment),
        sa.Column("closed_by", _text(64)),
        sa.Column("outcome", _text(32)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_desk_cases_status")),
        sa.CheckConstraint("(status = 'closed') = (closed_by IS NOT NULL)", name=op.f("ck_desk_cases_closed")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_desk_cases_tenant_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_desk_cases")),
    )
    still_open = sa.text("status = 'open'")
    op.create_index(
        "uq_desk_cases_open",
        "desk_cases",
        ["tenant_id", "conversation_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_desk_cases_first", "desk_cases", ["tenant_id", "status", "urgency", "due_at"])


def _hits() -> None:
    op.create_table(
        "desk_hits",
        sa.Column("event_id", _text(128), nullable=False),
        sa.Column("rule", _text(64), nullable=False),
        sa.Column("case_id", _text(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["desk_cases.case_id"], name=op.f("fk_desk_hits_case_id")),
        sa.PrimaryKeyConstraint("event_id", "rule", name=op.f("pk_desk_hits")),
    )
    op.create_index(op.f("ix_desk_hits_case_id"), "desk_hits", ["case_id"])


def _claims() -> None:
    op.create_table(
        "desk_claims",
        sa.Column("conversation_id", _text(128), nullable=False),
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("held_by", _text(64)),
        sa.Column("display_name", _text(200), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_desk_claims_tenant_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_desk_claims")),
    )
