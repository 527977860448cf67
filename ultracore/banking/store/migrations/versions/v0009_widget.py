"""Spent launch codes, and the login sessions that continue those of a host."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables."""
    op.create_table(
        "widget_codes",
        sa.Column("code_digest", _text(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code_digest", name=op.f("pk_widget_codes")),
    )
    op.create_table(
        "widget_sessions",
        sa.Column("session_digest", _text(), nullable=False),
        sa.Column("login_id", _text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_digest", name=op.f("pk_widget_sessions")),
    )
    for table in ("widget_codes", "widget_sessions"):
        op.create_index(f"ix_{table}_kept_until", table, ["kept_until"])


def downgrade() -> None:
    """Takes them away again."""
    for table in ("widget_sessions", "widget_codes"):
        op.drop_table(table)


def _text() -> sa.types.TypeEngine[str]:
    """64 characters, in the order of their bytes on both databases."""
    return sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
