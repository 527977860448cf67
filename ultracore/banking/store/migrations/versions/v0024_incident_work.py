"""What the bank's people do about reported incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables."""
    op.create_table(
        "incident_work",
        sa.Column("incident_id", _text(64), nullable=False),
        sa.Column("assigned_to", _text(64)),
        sa.Column("outcome", _text(32)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.incident_id"], name=op.f("fk_incident_work_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident_work")),
    )
    op.create_table(
        "incident_links",
        sa.Column("incident_id", _text(64), nullable=False),
        sa.Column("kind", _text(16), nullable=False),
        sa.Column("target", _text(128), nullable=False),
        sa.CheckConstraint("kind IN ('incident', 'conversation')", name=op.f("ck_incident_links_kind")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.incident_id"], name=op.f("fk_incident_links_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "kind", "target", name=op.f("pk_incident_links")),
    )


def downgrade() -> None:
    """Takes them away again."""
    op.drop_table("incident_links")
    op.drop_table("incident_work")


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
