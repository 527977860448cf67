"""Requests that programs leave for a customer, who opens them in the chat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_WAITS = sa.text("left_for_chat = 1")


def upgrade() -> None:
    """One new column, which the version before leaves empty."""
    op.add_column("proposals", sa.Column("left_for_chat", sa.Integer()))
    op.create_index(
        "ix_proposals_left",
        "proposals",
        ["tenant_id", "user_id"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def downgrade() -> None:
    """Takes it away again."""
    op.drop_index("ix_proposals_left", "proposals")
    op.drop_column("proposals", "left_for_chat")
