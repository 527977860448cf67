"""Alerts: what rules over the record found, and how far each has been told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "alerts",
        sa.Column("alert_id", _text(64), nullable=False),
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("rule", _text(64), nullable=False),
        sa.Column("occasion", _text(300), nullable=False),
        sa.Column("says", _text(120), nullable=False),
        sa.Column("event_id", _text(128)),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("delivery", _text(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("delivery IN ('waiting', 'sent', 'given_up', 'none')", name=op.f("ck_alerts_delivery")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    op.create_index("uq_alerts_occasion", "alerts", ["rule", "occasion"], unique=True)
    op.create_index("ix_alerts_newest", "alerts", ["tenant_id", "raised_at"])
    op.create_index("ix_alerts_next_at", "alerts", ["delivery", "next_at"])


def downgrade() -> None:
    """Takes it away again."""
    op.drop_table("alerts")


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
