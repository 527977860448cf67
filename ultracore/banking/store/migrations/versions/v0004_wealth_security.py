"""Portfolios with their prices and trades, incidents, and the surroundings that a login is used from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Seven new tables."""
    _securities()
    _prices()
    _trades()
    _investment_profiles()
    _incidents()
    _surroundings()
    _access_marks()


def downgrade() -> None:
    """Takes them away again."""
    for table in (
        "access_marks",
        "surroundings",
        "incidents",
        "investment_profiles",
        "trades",
        "prices",
        "securities",
    ):
        op.drop_table(table)


def _securities() -> None:
    op.create_table(
        "securities",
        sa.Column("symbol", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("asset_class", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("symbol", name=op.f("pk_securities")),
    )


def _prices() -> None:
    op.create_table(
        "prices",
        sa.Column("symbol", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_prices_price")),
        sa.ForeignKeyConstraint(["symbol"], ["securities.symbol"], name=op.f("fk_prices_symbol")),
        sa.PrimaryKeyConstraint("symbol", "day", name=op.f("pk_prices")),
        sqlite_with_rowid=False,
    )


def _trades() -> None:
    op.create_table(
        "trades",
        sa.Column("trade_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("symbol", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units <> 0", name=op.f("ck_trades_units")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_trades_price")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_trades_account_id")),
        sa.ForeignKeyConstraint(["symbol"], ["securities.symbol"], name=op.f("fk_trades_symbol")),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_trades")),
    )
    op.create_index(op.f("ix_trades_account_id"), "trades", ["account_id"], unique=False)


def _investment_profiles() -> None:
    op.create_table(
        "investment_profiles",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=32), nullable=False),
        sa.Column("chosen_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_investment_profiles_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_investment_profiles")),
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'withdrawn', 'closed')", name=op.f("ck_incidents_status")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_incidents_customer_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_incidents_tenant_id")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("reference", name=op.f("uq_incidents_reference")),
    )
    op.create_index("ix_incidents_customer", "incidents", ["customer_id", "reported_at"], unique=False)


def _surroundings() -> None:
    op.create_table(
        "surroundings",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('device', 'place', 'hour')", name=op.f("ck_surroundings_kind")),
        sa.CheckConstraint("times > 0", name=op.f("ck_surroundings_times")),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_surroundings_user_id")),
        sa.PrimaryKeyConstraint("user_id", "kind", "digest", name=op.f("pk_surroundings")),
    )


def _access_marks() -> None:
    op.create_table(
        "access_marks",
        sa.Column("mark_id", sa.String(length=64), nullable=False),
        sa.Column("login_digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('denied', 'sign_in_failed')", name=op.f("ck_access_marks_kind")),
        sa.PrimaryKeyConstraint("mark_id", name=op.f("pk_access_marks")),
    )
    op.create_index(op.f("ix_access_marks_at"), "access_marks", ["at"], unique=False)
    op.create_index("ix_access_marks_login", "access_marks", ["login_digest", "at"], unique=False)
