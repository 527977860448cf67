"""The tables of the ledger's database, as the services' queries see them."""

from ultracore.banking.store.tables import accounts_payments, core, desk, lending, wealth_security
from ultracore.banking.store.tables.accounts_payments import cooling_off, interest_rates, repayment_accounts
from ultracore.banking.store.tables.core import (
    HEAD_REVISION,
    accounts,
    balances,
    cards,
    checker_buttons,
    customers,
    entries,
    holdings,
    holds,
    loans,
    metadata,
    payees,
    postings,
    proposals,
    users,
)
from ultracore.banking.store.tables.desk import desk_cases, desk_claims, desk_hits, desk_parts, desk_progress
from ultracore.banking.store.tables.lending import loan_applications
from ultracore.banking.store.tables.wealth_security import (
    access_marks,
    incidents,
    investment_profiles,
    prices,
    securities,
    surroundings,
    trades,
)
from ultracore.banking.store.tables.widget import widget_codes, widget_sessions

__all__ = [
    "HEAD_REVISION",
    "access_marks",
    "accounts",
    "accounts_payments",
    "balances",
    "cards",
    "checker_buttons",
    "cooling_off",
    "core",
    "customers",
    "desk",
    "desk_cases",
    "desk_claims",
    "desk_hits",
    "desk_parts",
    "desk_progress",
    "entries",
    "holdings",
    "holds",
    "incidents",
    "interest_rates",
    "investment_profiles",
    "lending",
    "loan_applications",
    "loans",
    "metadata",
    "payees",
    "postings",
    "prices",
    "proposals",
    "repayment_accounts",
    "securities",
    "surroundings",
    "trades",
    "users",
    "wealth_security",
    "widget_codes",
    "widget_sessions",
]
