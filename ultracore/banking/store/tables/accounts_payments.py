"""The tables of interest rates, cooling-off and repayment accounts, beside those of `core.py`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String, Table
from sqlalchemy.types import BigInteger

from ultracore.banking.store.tables.core import UtcDateTime, metadata

interest_rates = Table(
    "interest_rates",
    metadata,
    Column("tenant_id", String(64), ForeignKey("tenants.tenant_id"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("annual_rate_basis_points", Integer, nullable=False),
    CheckConstraint("annual_rate_basis_points >= 0", name="rate"),
)
"""The bank's interest a year on accounts of a kind, from a Sydney day on. A loan's rate is in `loans`."""

cooling_off = Table(
    "cooling_off",
    metadata,
    Column("payee_id", String(64), ForeignKey("payees.payee_id"), primary_key=True),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("limit_minor", BigInteger, nullable=False),
    CheckConstraint("limit_minor >= 0", name="limit"),
)
"""Until `ends_at`, all payments to the payee together may not exceed `limit_minor`."""

repayment_accounts = Table(
    "repayment_accounts",
    metadata,
    Column("loan_account_id", String(64), ForeignKey("accounts.account_id"), primary_key=True),
    Column("paid_from_account_id", String(64), ForeignKey("accounts.account_id"), nullable=False, index=True),
)
"""From which account a loan's instalments are paid."""
