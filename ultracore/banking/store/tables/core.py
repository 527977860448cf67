"""The ledger's tables, as the services' queries see them. The migrations are what creates them; a test compares.

Amounts are integers in the currency's smallest unit. A posting's amount is signed as its account's holder sees it:
positive is a credit, negative a debit. What the bank lends is therefore a negative balance of the loan account.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import BigInteger, TypeDecorator

HEAD_REVISION: Final = "0031"
"""The newest migration. `Database.open` looks for it before it imports alembic."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every dialect. Refuses naive values, whose zone would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the store. SQLite keeps no zone, so the value goes in as UTC without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the store."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("since", Date, nullable=False),
    Column("kyc_status", String(16), nullable=False),
    Column("risk_rating", String(16), nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id")),
    Column("display_name", String(200), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("shape", String(200), index=True),
    Column("created_at", UtcDateTime),
    Column("last_sign_in_at", UtcDateTime),
    Column("password_set_at", UtcDateTime),
    Column("password_reset_at", UtcDateTime),
)
"""Logins; their roles are in `user_roles`. Sessions from before the present `epoch` are over. `shape` is what a
person sees of the name: none is given that could be taken for another.
"""

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), index=True),
    Column("kind", String(32), nullable=False),
    Column("purpose", String(32)),
    Column("name", String(200), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(16), nullable=False),
    Column("bsb", String(6), nullable=False),
    Column("number", String(16), nullable=False),
    UniqueConstraint("bsb", "number"),
    CheckConstraint("(kind = 'internal') = (customer_id IS NULL)", name="owner"),
    CheckConstraint("(kind = 'internal') = (purpose IS NOT NULL)", name="purpose"),
    # One account for each purpose: a tenant's fees or interest must not be spread over two.
    Index("uq_accounts_purpose", "tenant_id", "purpose", unique=True),
)

balances = Table(
    "balances",
    metadata,
    Column("account_id", String(64), ForeignKey("accounts.account_id"), primary_key=True),
    Column("balance_minor", BigInteger, nullable=False),
    Column("floor_minor", BigInteger),
    CheckConstraint("floor_minor IS NULL OR balance_minor >= floor_minor", name="floor"),
)
"""Kept by the trigger that posts an entry, never by a service. `floor_minor` is the lowest balance allowed."""

payees = Table(
    "payees",
    metadata,
    Column("payee_id", String(64), primary_key=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("folded_name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False),
    Column("bsb", String(6), nullable=False),
    Column("number", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(
        "uq_payees_name",
        "customer_id",
        "folded_name",
        unique=True,
        sqlite_where=text("status <> 'removed'"),
        postgresql_where=text("status <> 'removed'"),
    ),
)

entries = Table(
    "entries",
    metadata,
    Column("entry_id", String(64), primary_key=True),
    Column("sequence", BigInteger, nullable=False, unique=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("description", String(300), nullable=False),
    Column("posted_at", UtcDateTime, nullable=False),
    Column("posted", Integer, nullable=False, server_default=text("0")),
    Column("intent_event_id", String(128), nullable=False),
    Column("idempotency_key", String(128), nullable=False, unique=True),
    Column("receipt_number", String(32), nullable=False, unique=True),
    Column("proposal_id", String(64)),
    Column("source_account_id", String(64), ForeignKey("accounts.account_id")),
    Column("source_balance_minor", BigInteger),
    Column("payee_id", String(64), ForeignKey("payees.payee_id"), index=True),
    CheckConstraint("length(intent_event_id) > 0", name="intent"),
    CheckConstraint("posted IN (0, 1)", name="posted"),
    # One effect of a kind for each intent: the last guard against doing it twice.
    Index("uq_entries_intent", "intent_event_id", "kind", unique=True),
    Index("uq_entries_proposal", "proposal_id", "kind", unique=True),
    # A rowid would be a second key, by which INSERT OR REPLACE could take out a posted row unseen by its triggers.
    sqlite_with_rowid=False,
)
"""`source_balance_minor` is the source account's balance right after the entry, as its receipt states it."""


postings = Table(
    "postings",
    metadata,
    Column("entry_id", String(64), ForeignKey("entries.entry_id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("narrative", String(300)),
    CheckConstraint("amount_minor <> 0", name="amount"),
    Index("ix_postings_account", "account_id", "entry_id", "amount_minor"),
    sqlite_with_rowid=False,
)
"""`narrative` is what this account's holder reads, if that is not the entry's description."""

PROPOSAL_CHECKS: Final = {
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
"""A transfer that is done has its entry, an action its result, both the audit event that came first; and nothing
of two persons is carried out by one."""

proposals = Table(
    "proposals",
    metadata,
    Column("proposal_id", String(64), primary_key=True),
    Column("approval_hash", String(64), nullable=False, unique=True),
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), nullable=False),
    Column("customer_id", String(64), ForeignKey("customers.customer_id"), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("login_id", String(128), nullable=False),
    Column("conversation_id", String(128), nullable=False),
    Column("turn_id", String(128), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("arguments_digest", String(128), nullable=False),
    Column("terms", Text, nullable=False),
    Column("seal", String(64), nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("payee_id", String(64), ForeignKey("payees.payee_id")),
    Column("payee_version", Integer),
    Column("source_account_id", String(64), ForeignKey("accounts.account_id")),
    Column("destination_account_id", String(64), ForeignKey("accounts.account_id")),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("status", String(16), nullable=False),
    Column("reason", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("claimed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("recorded", Integer, nullable=False, server_default=text("0")),
    Column("two_persons", Integer, nullable=False),
    Column("checker_user_id", String(64)),
    Column("checker_login_id", String(128)),
    Column("intent_event_id", String(128), unique=True),
    Column("entry_id", String(64)),
    Column("result", Text),
    Column("left_for_chat", Integer),
    *(CheckConstraint(condition, name=name) for name, condition in PROPOSAL_CHECKS.items()),
    Index(
        "uq_proposals_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("status IN ('open', 'claimed') AND checker_user_id IS NULL"),
        postgresql_where=text("status IN ('open', 'claimed') AND checker_user_id IS NULL"),
    ),
    Index("ix_proposals_status", "status", "expires_at"),
    Index("ix_proposals_login", "login_id", "status"),
    Index(
        "ix_proposals_left",
        "tenant_id",
        "user_id",
        sqlite_where=text("left_for_chat = 1"),
        postgresql_where=text("left_for_chat = 1"),
    ),
)
"""`seal` is a keyed digest of what was proposed, compared before every effect. `result` is an action's receipt.

`left_for_chat` is 1 for what a program asked for, 0 once its customer has opened it.
"""

checker_buttons = Table(
    "checker_buttons",
    metadata,
    Column("approval_hash", String(64), primary_key=True),
    Column("proposal_id", String(64), ForeignKey("proposals.proposal_id"), nullable=False, index=True),
    Column("user_id", String(64), nullable=False),
    Column("login_id", String(128), nullable=False),
    Column("conversation_id", String(128), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
)
"""One-time ids by their SHA-256, each for one login and conversation: of the second person, and of the asker
when they are signed in more than once. The first id of a proposal lies in its own row."""

holds = Table(
    "holds",
    metadata,
    Column("hold_id", String(64), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("proposal_id", String(64), ForeignKey("proposals.proposal_id"), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_holds_account", "account_id", "status"),
)

loans = Table(
    "loans",
    metadata,
    Column("account_id", String(64), ForeignKey("accounts.account_id"), primary_key=True),
    Column("principal_minor", BigInteger, nullable=False),
    Column("annual_rate_basis_points", Integer, nullable=False),
    Column("term_months", Integer, nullable=False),
    Column("instalment_minor", BigInteger, nullable=False),
    Column("started_on", Date, nullable=False),
)

holdings = Table(
    "holdings",
    metadata,
    Column("account_id", String(64), ForeignKey("accounts.account_id"), primary_key=True),
    Column("symbol", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("units", Integer, nullable=False),
    Column("cost_minor", BigInteger, nullable=False),
    Column("last_price_minor", BigInteger, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("card_id", String(64), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False),
    Column("last_digits", String(4), nullable=False),
    Column("status", String(16), nullable=False),
    Column("expires_on", Date, nullable=False),
)

worlds = Table(
    "worlds",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seeded_at", UtcDateTime, nullable=False),
)
"""Which sets of rows were seeded: the row is written in the transaction that writes the set."""
