"""Relays, with a short lease, until its standard input ends. Arguments: database, master key, bootstrap, topic."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore

LEASE_SECONDS = 1.5


async def main(database: str, key: str, bootstrap: str, topic: str) -> None:
    store = await SqliteAuditStore.open(Path(database), MasterKey.load(Path(key)))
    config = KafkaConfig(bootstrap_servers=bootstrap, topic=topic, heads_topic=f"{topic}.heads")
    relay = KafkaRelay(store, config, poll_seconds=0.01, lease_seconds=LEASE_SECONDS)
    relay.start()
    await asyncio.to_thread(sys.stdin.read)
    await relay.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
