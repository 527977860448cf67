"""Interest rates, cooling-off of payees, accounts that loan instalments are paid from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three new tables."""
    _interest_rates()
    _cooling_off()
    _repayment_accounts()


def downgrade() -> None:
    """Takes them away again."""
    for table in ("repayment_accounts", "cooling_off", "interest_rates"):
        op.drop_table(table)


def _interest_rates() -> None:
    op.create_table(
        "interest_rates",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("annual_rate_basis_points", sa.Integer(), nullable=False),
        sa.CheckConstraint("annual_rate_basis_points >= 0", name=op.f("ck_interest_rates_rate")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_interest_rates_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "valid_from", name=op.f("pk_interest_rates")),
    )


def _cooling_off() -> None:
    op.create_table(
        "cooling_off",
        sa.Column("payee_id", sa.String(length=64), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("limit_minor >= 0", name=op.f("ck_cooling_off_limit")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.payee_id"], name=op.f("fk_cooling_off_payee_id")),
        sa.PrimaryKeyConstraint("payee_id", name=op.f("pk_cooling_off")),
    )


def _repayment_accounts() -> None:
    account = ["accounts.account_id"]
    op.create_table(
        "repayment_accounts",
        sa.Column("loan_account_id", sa.String(length=64), nullable=False),
        sa.Column("paid_from_account_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["loan_account_id"], account, name=op.f("fk_repayment_accounts_loan_account_id")),
        sa.ForeignKeyConstraint(
            ["paid_from_account_id"], account, name=op.f("fk_repayment_accounts_paid_from_account_id")
        ),
        sa.PrimaryKeyConstraint("loan_account_id", name=op.f("pk_repayment_accounts")),
    )
    op.create_index(
        op.f("ix_repayment_accounts_paid_from_account_id"), "repayment_accounts", ["paid_from_account_id"]
    )
