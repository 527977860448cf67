"""Mail addresses of logins, letters that wait, and requests of two persons for another address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two new tables and a column."""
    op.create_table(
        "mail_addresses",
        sa.Column("address_id", _text(64), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("address", _text(254), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("replaced_at", _MOMENT),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_mail_addresses_user_id")),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_mail_addresses")),
    )
    op.create_index("ix_mail_addresses_user_id", "mail_addresses", ["user_id"])
    op.create_table(
        "mail_queue",
        sa.Column("mail_id", _text(64), nullable=False),
        sa.Column("kind", _text(32), nullable=False),
        sa.Column("user_id", _text(128), nullable=False),
        sa.Column("address", _text(254)),
        sa.Column("ip_address", _text(64)),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail_queue")),
    )
    op.create_index("ix_mail_queue_due_at", "mail_queue", ["due_at"])
    op.add_column("identity_requests", sa.Column("new_address", _text(254)))


def downgrade() -> None:
    """Takes them away again."""
    op.drop_column("identity_requests", "new_address")
    for table in ("mail_queue", "mail_addresses"):
        op.drop_table(table)


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
