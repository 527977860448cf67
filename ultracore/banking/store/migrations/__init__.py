"""The ledger's schema, step by step (alembic)."""

from ultracore.banking.store.migrations.run import upgrade

__all__ = [
    "upgrade",
]
