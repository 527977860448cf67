"""Proposals of any kind, and of two persons.

SQLite cannot change a column or a check in place, so the table is made anew. The holds, which refer to it, are put
aside meanwhile: their foreign key is checked at once, inside this transaction too.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHECKS: Final = {
    "terms": (
        "CASE WHEN kind = 'transfer' THEN source_account_id IS NOT NULL AND destination_account_id IS NOT NULL"
        " AND amount_minor IS NOT NULL AND currency IS NOT NULL ELSE source_account_id IS NULL"
        " AND destination_account_id IS NULL AND amount_minor IS NULL AND currency IS NULL END"
    ),
    "amount": "amount_minor > 0",
    "entry": "(status = 'done' AND (kind = 'transfer' OR entry_id IS NOT NULL)) = (entry_id IS NOT NULL)",
    "result": "(kind <> 'transfer' AND status = 'done') = (result IS NOT NULL)",
    "intent": "(status = 'done') = (intent_event_id IS NOT NULL)",
    "checker": "checker_user_id IS NULL OR (two_persons = 1 AND checker_user_id <> user_id)",
    "second": "two_persons = 0 OR status NOT IN ('claimed', 'done') OR checker_user_id IS NOT NULL",
}
_REFERENCES: Final = {
    "tenant_id": "tenants.tenant_id",
    "customer_id": "customers.customer_id",
    "payee_id": "payees.payee_id",
    "source_account_id": "accounts.account_id",
    "destination_account_id": "accounts.account_id",
}
_KEPT: Final = (
    "proposal_id, approval_hash, tenant_id, customer_id, user_id, login_id, conversation_id, turn_id, reference,"
    " tool, arguments, arguments_digest, terms, policy_version, payee_id, payee_version, source_account_id,"
    " destination_account_id, amount_minor, currency, status, reason, created_at, expires_at, ended_at, recorded,"
    " intent_event_id, entry_id"
)
_OPEN: Final = "status IN ('open', 'claimed') AND checker_user_id IS NULL"


def _identity() -> list[sa.Column[Any]]:
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
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("arguments_digest", sa.String(length=128), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("payee_id", sa.String(length=64), nullable=True),
        sa.Column("payee_version", sa.Integer(), nullable=True),
        sa.Column("source_account_id", sa.String(length=64), nullable=True),
        sa.Column("destination_account_id", sa.String(length=64), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
    ]


def _state() -> list[sa.Column[Any]]:
    return [
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("two_persons", sa.Integer(), nullable=False),
        sa.Column("checker_user_id", sa.String(length=64), nullable=True),
        sa.Column("checker_login_id", sa.String(length=128), nullable=True),
        sa.Column("intent_event_id", sa.String(length=128), nullable=True),
        sa.Column("entry_id", sa.String(length=64), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
    ]


def _make(name: str) -> None:
    op.create_table(
        name,
        *_identity(),
        *_state(),
        *(sa.CheckConstraint(check, name=op.f(f"ck_proposals_{key}")) for key, check in _CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_proposals_{column}"))
            for column, target in _REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("approval_hash", name=op.f("uq_proposals_approval_hash")),
        sa.UniqueConstraint("intent_event_id", name=op.f("uq_proposals_intent_event_id")),
    )


def _indexes() -> None:
    op.create_index("ix_proposals_login", "proposals", ["login_id", "status"], unique=False)
    op.create_index("ix_proposals_status", "proposals", ["status", "expires_at"], unique=False)
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )


def _checker_buttons() -> None:
    op.create_table(
        "checker_buttons",
        sa.Column("approval_hash", sa.String(length=64), nullable=False),
        sa.Column("proposal_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("login_id", sa.String(length=128), nullable=False),
        sa.Column("conversation_id", sa.String(length=128), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.proposal_id"], name=op.f("fk_checker_buttons_proposal_id")
        ),
        sa.PrimaryKeyConstraint("approval_hash", name=op.f("pk_checker_buttons")),
    )
    op.create_index(op.f("ix_checker_buttons_proposal_id"), "checker_buttons", ["proposal_id"], unique=False)


def upgrade() -> None:
    """Every proposal there is is a transfer of one person. What is open has no seal and can only run out."""
    if op.get_bind().dialect.name == "sqlite":
        _replace()
    else:
        _make_anew()
    _checker_buttons()


def _make_anew() -> None:
    """On PostgreSQL no ledger was ever without this revision, so that there are no proposals yet."""
    op.drop_constraint("fk_holds_proposal_id", "holds")
    op.drop_table("proposals")
    _make("proposals")
    _indexes()
    op.create_foreign_key("fk_holds_proposal_id", "holds", "proposals", ["proposal_id"], ["proposal_id"])


def _replace() -> None:
    op.execute("CREATE TEMPORARY TABLE kept_holds AS SELECT * FROM holds")
    op.execute("DELETE FROM holds")
    _make("new_proposals")
    op.execute(
        f"INSERT INTO new_proposals ({_KEPT}, kind, seal, two_persons)"  # noqa: S608 - constants of this module
        f" SELECT {_KEPT}, 'transfer', '', 0 FROM proposals"
    )
    op.drop_table("proposals")
    op.rename_table("new_proposals", "proposals")
    _indexes()
    op.execute("INSERT INTO holds SELECT * FROM kept_holds")
    op.execute("DROP TABLE kept_holds")


def downgrade() -> None:
    """A ledger never goes back: what was done under the newer rules would have no place in the older table."""
    raise RuntimeError("this migration cannot be undone; restore the ledger from a backup")
