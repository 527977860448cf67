"""Accounts at a provider that sign logins in, the sessions that it has begun, and what it said once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Three new tables."""
    op.create_table(
        "provider_accounts",
        sa.Column("issuer", _text(200), nullable=False),
        sa.Column("subject", _text(255), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("made_by", _text(128), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_provider_accounts_user_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_provider_accounts")),
    )
    op.create_index("ix_provider_accounts_user_id", "provider_accounts", ["user_id"])
    op.create_table(
        "provider_sessions",
        sa.Column("login_id", _text(64), nullable=False),
        sa.Column("session_digest", _text(64)),
        sa.Column("provider", _text(64), nullable=False),
        sa.Column("kept_until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_provider_sessions")),
    )
    op.create_index("ix_provider_sessions_session_digest", "provider_sessions", ["session_digest"])
    op.create_table(
        "provider_marks",
        sa.Column("mark_digest", _text(64), nullable=False),
        sa.Column("kept_until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("mark_digest", name=op.f("pk_provider_marks")),
    )
    for table in ("provider_sessions", "provider_marks"):
        op.create_index(f"ix_{table}_kept_until", table, ["kept_until"])


def downgrade() -> None:
    """Takes them away again."""
    for table in ("provider_marks", "provider_sessions", "provider_accounts"):
        op.drop_table(table)


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
