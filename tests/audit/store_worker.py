"""Appends from several tasks and prints each event's place once it is acknowledged. May be ended by kill -9.

Arguments: data directory, address of the audit database, name of this worker, events for each task. An event that
is refused because the database is away is appended again, the same one, until it is acknowledged.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.audit.stores import Place, a_draft
from ultracore.audit import AuditStore
from ultracore.errors import AuditUnavailable

TASKS = 8


async def write(store: AuditStore, name: str, task: int, count: int) -> None:
    """One task's events, to one of three streams."""
    for number in range(count):
        draft = a_draft(f"{name}-{task}-{number}", f"conv-{task % 3}", text=f"{name} {number}")
        while True:
            try:
                receipt = await store.append(draft)
                break
            except AuditUnavailable:
                await asyncio.sleep(0.05)
        sys.stdout.write(f"{receipt.stream_id} {receipt.sequence} {receipt.hash}\n")
        sys.stdout.flush()


async def main(home: Path, url: str, name: str, count: int) -> None:
    """Write, close, end."""
    store = await Place(url, home).open()
    await asyncio.gather(*(write(store, name, task, count) for task in range(TASKS)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
