"""Searches that staff keep under a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "desk_searches",
        sa.Column("search_id", _text(64), nullable=False),
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("display_name", _text(200), nullable=False),
        sa.Column("name", _text(80), nullable=False),
        sa.Column("filters", _text(1000), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("shared IN (0, 1)", name=op.f("ck_desk_searches_shared")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_desk_searches_tenant_id")),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_desk_searches")),
        sa.UniqueConstraint("tenant_id", "user_id", "name", name="uq_desk_searches_name"),
    )


def downgrade() -> None:
    """Takes it away again."""
    op.drop_table("desk_searches")


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
