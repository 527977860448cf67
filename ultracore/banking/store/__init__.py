"""The ledger's database: opening, migrating, transactions, rows."""

from ultracore.banking.store.database import Database
from ultracore.banking.store.dialects import NextNumber, align_numbers, total, triggers_of
from ultracore.banking.store.locks import lock_accounts, lock_these, to_change
from ultracore.banking.store.relocation import CopiedTable, copy_ledger
from ultracore.banking.store.rows import account_of, balance_of, balance_query, payee_of, proposal_of
from ultracore.banking.store.sqlite import sqlite_url
from ultracore.banking.store.tables import HEAD_REVISION

__all__ = [
    "HEAD_REVISION",
    "CopiedTable",
    "Database",
    "NextNumber",
    "account_of",
    "align_numbers",
    "balance_of",
    "balance_query",
    "copy_ledger",
    "lock_accounts",
    "lock_these",
    "payee_of",
    "proposal_of",
    "sqlite_url",
    "to_change",
    "total",
    "triggers_of",
]
