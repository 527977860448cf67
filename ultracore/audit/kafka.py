"""The relay: publishes the record to Kafka in the order in which it became durable, and the head lists beside it.

Nothing is lost, order holds within a stream, duplicates are possible and harmless: what the broker acknowledged is
marked afterwards, and whatever was not marked is sent again. One process at a time relays, by a lease in SQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from functools import partial
from typing import Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from ultracore.audit import leases
from ultracore.audit.kafka_config import KafkaConfig
from ultracore.audit.kafka_producer import Message, connected, send
from ultracore.audit.leases import Lease
from ultracore.audit.reader import RecordReader, StoredEvent
from ultracore.audit.sqlite_store import SqliteAuditStore
from ultracore.errors import AuditUnavailable

_log = logging.getLogger(__name__)

_LEASE: Final = "relay"
_LEASE_SECONDS: Final = 30.0
_RENEW_SECONDS: Final = 10.0
_BATCH_EVENTS: Final = 500
_BATCH_SECONDS: Final = 8.0
_HEADS_KEY: Final = b"heads"
_LONGEST_WAIT: Final = 5.0
_DRAIN_SECONDS: Final = 3.0

Batch = tuple[str, list[tuple[int, Message]]]


class KafkaRelay:
    """`start` and `stop` it once. It may run in any number of processes over one store."""

    def __init__(self, store: SqliteAuditStore, config: KafkaConfig, *, poll_seconds: float = 0.2) -> None:
        self._store = store
        self.config = config
        self._poll = poll_seconds
        self._owner = uuid4().hex
        self._lease: Lease | None = None
        self._renewed = 0.0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        """Relay from now on."""
        self._task = asyncio.create_task(self._run(), name="audit-relay")

    async def stop(self) -> None:
        """Send what waits for `_DRAIN_SECONDS` at most, then end: within 10 s. The rest waits in the store."""
        self._stopping.set()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._lease is not None:
            with contextlib.suppress(AuditUnavailable, TimeoutError):
                await asyncio.wait_for(self._store.run(partial(leases.release, lease=self._lease)), 1.0)

    async def lag(self) -> int:
        """How many events the broker has not acknowledged yet."""
        return await self._store.read(lambda reader: _behind(reader, self.config.topic))

    async def _run(self) -> None:
        wait = self._poll
        while not self._stopping.is_set():
            try:
                if await self._has_lease():
                    async with connected(self.config) as producer:
                        self.connected, wait = True, self._poll
                        await self._relay(producer)
            except Exception as exc:  # a supervised worker's outer loop: it reconnects
                _log.warning("the relay lost its connection: %s", exc)
                wait = min(2 * wait, _LONGEST_WAIT)
            finally:
                self.connected = False
            await self._pause(wait)

    async def _relay(self, producer: AIOKafkaProducer) -> None:
        """Until stopped and drained, or until the lease is another's. Raises where something was not taken."""
        while await self._has_lease():
            waiting = await self._store.read(self._waiting)
            for topic, batch in waiting:
                await self._publish(producer, topic, batch)
            if not waiting and self._stopping.is_set():
                return
            if not waiting:
                await self._pause(self._poll)

    async def _publish(self, producer: AIOKafkaProducer, topic: str, batch: list[tuple[int, Message]]) -> None:
        acknowledged = await send(producer, [message for _, message in batch], seconds=_BATCH_SECONDS)
        if acknowledged:
            position = batch[acknowledged - 1][0]
            await self._store.run(lambda db: self._mark(db, topic, position))
        if acknowledged < len(batch):
            raise TimeoutError(f"{len(batch) - acknowledged} messages were not acknowledged")

    def _mark(self, db: sqlite3.Connection, topic: str, position: int) -> None:
        if self._lease is None:
            raise leases.LeaseLost("the relay has no lease")
        leases.check(db, self._lease)
        db.execute(
            "INSERT INTO relay_positions VALUES (?, ?) ON CONFLICT (topic) DO UPDATE "
            "SET position = max(relay_positions.position, excluded.position)",
            (topic, position),
        )

    def _waiting(self, reader: RecordReader) -> list[Batch]:
        """What comes next of events and of head lists; empty where all of it is out."""
        topic, heads_topic = self.config.topic, self.config.heads_topic
        events = reader.after_position(reader.relay_position(topic), _BATCH_EVENTS)
        heads = reader.heads(after=reader.relay_position(heads_topic), limit=_BATCH_EVENTS)
        lists = [(head.index, Message(heads_topic, _HEADS_KEY, head.published)) for head in heads]
        batches = (topic, [(event.position, _message(topic, event)) for event in events]), (heads_topic, lists)
        return [batch for batch in batches if batch[1]]

    async def _has_lease(self) -> bool:
        """Renewed in good time: a batch ends long before the lease does."""
        if self._lease is None or time.monotonic() - self._renewed > _RENEW_SECONDS:
            self._lease = await self._store.run(
                partial(leases.acquire, name=_LEASE, owner=self._owner, seconds=_LEASE_SECONDS)
            )
            self._renewed = time.monotonic()
        return self._lease is not None

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _message(topic: str, event: StoredEvent) -> Message:
    key = f"{event.tenant_id}:{event.stream_id}".encode()
    return Message(topic, key, event.published(), (("event_type", event.event_type.encode()),))


def _behind(reader: RecordReader, topic: str) -> int:
    return reader.last_positions()[0] - reader.relay_position(topic)
