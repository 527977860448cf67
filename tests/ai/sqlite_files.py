"""Another program at an SQLite file that the program under test has open in this process.

It waits for the file's lock in a thread. A writer of the program holds the lock over an `await`; a test that waits
in the event loop's own thread keeps that writer from ever letting it go.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.deadlines import PATIENCE


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """The file's one write lock is taken while the block runs."""
    async with _opened(path) as other:
        await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")
        yield


async def script(path: Path, statements: str) -> None:
    """Run the statements, each ended by a semicolon."""
    async with _opened(path) as other:
        await asyncio.to_thread(other.executescript, statements)


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
    try:
        yield connection
    finally:
        connection.close()
