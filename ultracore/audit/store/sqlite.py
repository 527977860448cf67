"""The audit store on SQLite: one file, any number of processes on one machine.

`BEGIN IMMEDIATE` makes the processes take turns, so that they share one gapless chain a stream. A commit is on
disk before its caller hears of it (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.service import AuditStore
from ultracore.audit.store.sqlite_schema import SqliteDatabase, prepare_database


class SqliteAuditStore(AuditStore):
    """An `AuditStore` in the file at `path`."""

    def __init__(self, path: Path, master: MasterKey) -> None:
        super().__init__(SqliteDatabase(path), master)
        self.path = path

    @classmethod
    async def open(cls, path: Path, master: MasterKey) -> SqliteAuditStore:
        """Make or open the record at `path`.

        Raises `AuditUnavailable` if the file cannot be used, `OperatorError` if another master key made it.
        """
        await asyncio.to_thread(prepare_database, path)
        return await cls(path, master).admit()
