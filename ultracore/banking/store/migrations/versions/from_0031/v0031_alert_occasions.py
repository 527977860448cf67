"""Occasions of alerts name no user any more: an erasure would not find the name there."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that may name one become their alert's own id; an event's id has no space."""
    op.execute("UPDATE alerts SET occasion = alert_id WHERE occasion LIKE '% % %' AND occasion NOT LIKE '% - %'")


def downgrade() -> None:
    """Leave them: what was taken out is not known any more."""
