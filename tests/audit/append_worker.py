"""Appends for ever, from several tasks, and prints each event's place once it is acknowledged. Ended by kill -9.

Arguments: database, master key, name of this worker.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore


async def main(path: Path, key: Path, name: str) -> None:
    trail = AuditTrail(store=await SqliteAuditStore.open(path, MasterKey.load(key)))

    async def write(stream: str) -> None:
        for number in range(1_000_000):
            event = await trail.log_event(
                AuditEventType.USER_MESSAGE,
                "tenant_1",
                "x",
                session_id=stream,
                metadata={"text": f"{name} {number}"},
            )
            sys.stdout.write(f"{event.stream_id} {event.sequence} {event.hash}\n")
            sys.stdout.flush()

    await asyncio.gather(*(write(f"conv-{number % 3}") for number in range(8)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
