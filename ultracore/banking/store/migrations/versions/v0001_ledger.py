"""The first schema: people, accounts, the journal with its triggers, proposals and holds, products."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from ultracore.banking.store.migrations import triggers_postgres, triggers_sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenants")),
    )


def _worlds() -> None:
    op.create_table(
        "worlds",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("seeded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worlds")),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("kyc_status", sa.String(length=16), nullable=False),
        sa.Column("risk_rating", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_customers_tenant_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("bsb", sa.String(length=6), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.CheckConstraint("(kind = 'internal') = (customer_id IS NULL)", name=op.f("ck_accounts_owner")),
        sa.CheckConstraint("(kind = 'internal') = (purpose IS NOT NULL)", name=op.f("ck_accounts_purpose")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_accounts_customer_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_accounts_tenant_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("bsb", "number", name=op.f("uq_accounts_bsb")),
    )
    op.create_index(op.f("ix_accounts_customer_id"), "accounts", ["customer_id"], unique=False)
    op.create_index("uq_accounts_purpose", "accounts", ["tenant_id", "purpose"], unique=True)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_users_customer_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_users_tenant_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
    )


def _balances() -> None:
    op.create_table(
        "balances",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("floor_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("floor_minor IS NULL OR balance_minor >= floor_minor", name=op.f("ck_balances_floor")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_balances_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_balances")),
    )


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("card_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("last_digits", sa.String(length=4), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_cards_account_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_cards")),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("intent_event_id", sa.String(length=128), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=False),
        sa.Column("receipt_number", sa.String(length=32), nullable=False),
        sa.Column("proposal_id", sa.String(length=64), nullable=True),
        sa.Column("source_account_id", sa.String(length=64), nullable=True),
        sa.Column("source_balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("payee_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint("length(intent_event_id) > 0", name=op.f("ck_entries_intent")),
        sa.CheckConstraint("posted IN (0, 1)", name=op.f("ck_entries_posted")),
        sa.ForeignKeyConstraint(
            ["source_account_id"], ["accounts.account_id"], name=op.f("fk_entries_source_account_id")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.payee_id"], name=op.f("fk_entries_payee_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_entries_tenant_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entries")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_entries_idempotency_key")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_entries_receipt_number")),
        sa.UniqueConstraint("sequence", name=op.f("uq_entries_sequence")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_entries_payee_id"), "entries", ["payee_id"], unique=False)
    op.create_index("uq_entries_intent", "entries", ["intent_event_id", "kind"], unique=True)
    op.create_index("uq_entries_proposal", "entries", ["proposal_id", "kind"], unique=True)


def _holdings() -> None:
    op.create_table(
        "holdings",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("symbol", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("last_price_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_holdings_account_id")),
        sa.PrimaryKeyConstraint("account_id", "symbol", name=op.f("pk_holdings")),
    )


def _loans() -> None:
    op.create_table(
        "loans",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("principal_minor", sa.BigInteger(), nullable=False),
        sa.Column("annual_rate_basis_points", sa.Integer(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("instalment_minor", sa.BigInteger(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_loans_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_loans")),
    )


def _payees() -> None:
    op.create_table(
        "payees",
        sa.Column("payee_id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("folded_name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("bsb", sa.String(length=6), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_payees_account_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_payees_customer_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_payees_tenant_id")),
        sa.PrimaryKeyConstraint("payee_id", name=op.f("pk_payees")),
    )
    op.create_index(
        "uq_payees_name",
        "payees",
        ["customer_id", "folded_name"],
        unique=True,
        sqlite_where=sa.text("status <> 'removed'"),
        postgresql_where=sa.text("status <> 'removed'"),
    )


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("narrative", sa.String(length=300), nullable=True),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_postings_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_postings_account_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.entry_id"], name=op.f("fk_postings_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "line", name=op.f("pk_postings")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_postings_account", "postings", ["account_id", "entry_id", "amount_minor"], unique=False)


def _proposal_identity() -> list[sa.Column[Any]]:
    return [
        sa.Column("proposal_id", sa.String(length=64), nullable=False),
        sa.Column("approval_hash", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("login_id", sa.String(length=128), nullable=False),
        sa.Column("conversation_id", sa.String(length=128), nullable=False),
        sa.Column("turn_id", sa.String(length=128), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("tool", sa.String(length=64), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("arguments_digest", sa.String(length=128), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
    ]


def _proposal_state() -> list[sa.Column[Any]]:
    return [
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("payee_id", sa.String(length=64), nullable=True),
        sa.Column("payee_version", sa.Integer(), nullable=True),
        sa.Column("source_account_id", sa.String(length=64), nullable=False),
        sa.Column("destination_account_id", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("intent_event_id", sa.String(length=128), nullable=True),
        sa.Column("entry_id", sa.String(length=64), nullable=True),
    ]


def _proposals() -> None:
    op.create_table(
        "proposals",
        *_proposal_identity(),
        *_proposal_state(),
        sa.CheckConstraint("(status = 'done') = (entry_id IS NOT NULL)", name=op.f("ck_proposals_entry")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_proposals_amount")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_proposals_customer_id")),
        sa.ForeignKeyConstraint(
            ["destination_account_id"], ["accounts.account_id"], name=op.f("fk_proposals_destination_account_id")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.payee_id"], name=op.f("fk_proposals_payee_id")),
        sa.ForeignKeyConstraint(
            ["source_account_id"], ["accounts.account_id"], name=op.f("fk_proposals_source_account_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_proposals_tenant_id")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("approval_hash", name=op.f("uq_proposals_approval_hash")),
    )
    op.create_index("ix_proposals_login", "proposals", ["login_id", "status"], unique=False)
    op.create_index("ix_proposals_status", "proposals", ["status", "expires_at"], unique=False)
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'claimed')"),
        postgresql_where=sa.text("status IN ('open', 'claimed')"),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("proposal_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_holds_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_holds_account_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.proposal_id"], name=op.f("fk_holds_proposal_id")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_holds")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_holds_proposal_id")),
    )
    op.create_index("ix_holds_account", "holds", ["account_id", "status"], unique=False)


def upgrade() -> None:
    """Everything from nothing."""
    for create in (
        _tenants,
        _worlds,
        _customers,
        _accounts,
        _users,
        _balances,
        _cards,
        _payees,
        _entries,
        _holdings,
        _loans,
        _postings,
        _proposals,
        _holds,
    ):
        create()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in triggers_sqlite.TRIGGERS if sqlite else triggers_postgres.TRIGGERS:
        op.execute(statement)
