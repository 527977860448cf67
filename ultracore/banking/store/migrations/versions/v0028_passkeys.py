"""Passkeys, and the challenges that wait for their answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two new tables."""
    op.create_table(
        "passkeys",
        sa.Column("passkey_id", _text(64), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("name", _text(64), nullable=False),
        sa.Column("credential_id", _text(1400), nullable=False),
        sa.Column("public_key", _text(2800), nullable=False),
        sa.Column("seal", _text(64), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT),
        sa.Column("closed_at", _MOMENT),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("passkey_id", name=op.f("pk_passkeys")),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("digest", _text(64), nullable=False),
        sa.Column("nonce", _text(64), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("purpose", _text(16), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_passkey_challenges_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_passkey_challenges")),
    )
    op.create_index("ix_passkey_challenges_expires_at", "passkey_challenges", ["expires_at"])


def downgrade() -> None:
    """Takes them away again."""
    for table in ("passkey_challenges", "passkeys"):
        op.drop_table(table)


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
