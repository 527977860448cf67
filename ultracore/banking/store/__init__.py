"""The ledger's database: opening, migrating, transactions, rows."""

from ultracore.banking.store.database import Database
from ultracore.banking.store.dialects import NextNumber, align_numbers, total, triggers_of
from ultracore.banking.store.locks import lock_accounts, lock_these, to_change
from ultracore.banking.store.rows import account_of, balance_of, balance_query, payee_of, proposal_of
from ultracore.banking.store.sqlite import sqlite_url

__all__ = [
    "Database",
    "NextNumber",
    "account_of",
    "align_numbers",
    "balance_of",
    "balance_query",
    "lock_accounts",
    "lock_these",
    "payee_of",
    "proposal_of",
    "sqlite_url",
    "to_change",
    "total",
    "triggers_of",
]
