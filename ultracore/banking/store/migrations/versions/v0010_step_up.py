"""Proofs of a second factor, one for a proposal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "step_up_proofs",
        sa.Column("proposal_id", _text(), nullable=False),
        sa.Column("login_id", _text(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
        sa.Column("seal", _text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.proposal_id"], name=op.f("fk_step_up_proofs_proposal_id")
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_step_up_proofs")),
    )


def downgrade() -> None:
    """Takes it away again."""
    op.drop_table("step_up_proofs")


def _text() -> sa.types.TypeEngine[str]:
    """64 characters, in the order of their bytes on both databases."""
    return sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
