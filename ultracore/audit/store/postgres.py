"""The audit store on PostgreSQL: one database, any number of processes on any number of machines.

An append locks its streams' head rows, always in the same order, and last a lock that makes positions become
visible in their order. Every connection asks for `synchronous_commit=on`; a server with `fsync=off` is refused.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.postgres_connection import PostgresDatabase
from ultracore.audit.store.postgres_schema import prepare_database
from ultracore.audit.store.service import AuditStore

_PREFIXES: Final = ("postgresql+asyncpg://", "postgres://")


class PostgresAuditStore(AuditStore):
    """An `AuditStore` in a PostgreSQL database, by a direct connection (a pooler must keep sessions whole)."""

    @classmethod
    async def open(cls, url: str, master: MasterKey) -> PostgresAuditStore:
        """Make or open the record at `url` (`postgresql://…`).

        Raises `AuditUnavailable` if the server does not answer, `OperatorError` if the address or the login
        is wrong, or if another master key made the record.
        """
        database = postgres_database(url)
        await asyncio.to_thread(prepare_database, database)
        return await cls(database, master).admit()


def postgres_database(url: str) -> PostgresDatabase:
    """The database at `url`, written for SQLAlchemy or for PostgreSQL itself."""
    for prefix in _PREFIXES:
        if url.startswith(prefix):
            return PostgresDatabase(f"postgresql://{url.removeprefix(prefix)}")
    return PostgresDatabase(url)
