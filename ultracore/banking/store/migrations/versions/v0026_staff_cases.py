"""Cases: why a member of staff works for a customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "staff_cases",
        sa.Column("case_id", _text(64), nullable=False),
        sa.Column("tenant_id", _text(64), nullable=False),
        sa.Column("user_id", _text(64), nullable=False),
        sa.Column("customer_id", _text(64), nullable=False),
        sa.Column("reason", _text(32), nullable=False),
        sa.Column("ticket", _text(64)),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_staff_cases_tenant_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_staff_cases_user_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_staff_cases_customer_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_staff_cases")),
    )
    op.create_index("ix_staff_cases_user_id", "staff_cases", ["user_id", "ended_at"])


def downgrade() -> None:
    """Takes it away again."""
    op.drop_table("staff_cases")


def _text(length: int) -> sa.types.TypeEngine[str]:
    """In the order of their bytes on both databases."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
