"""The ledger's database: opening, migrating, transactions, rows."""

from ultracore.banking.store.database import Database, sqlite_url
from ultracore.banking.store.rows import account_of, balance_of, balance_query, payee_of, proposal_of

__all__ = [
    "Database",
    "account_of",
    "balance_of",
    "balance_query",
    "payee_of",
    "proposal_of",
    "sqlite_url",
]
