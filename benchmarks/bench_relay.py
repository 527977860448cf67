"""The relay draining a backlog, against a bare aiokafka producer with the same settings, messages and broker.

The bare producer has every message in memory before its clock starts; the relay reads its own from the store and
marks them there.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from benchmarks.ratio import Ratio
from tests.support.kafka import KafkaBroker
from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.pages import Place, next_page
from ultracore.audit.kafka.producer import BATCH_BYTES, LINGER_MS, REQUEST_MS, Limits, Message
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.kafka.topics import prepare_topics
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore

EVENTS = 20_000
STREAMS = 50
TEXT = "y" * 150
ROUNDS = 3


async def run() -> list[Ratio]:
    """Drain the same backlog in turns, into new topics each time."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ultracore-bench-")))
        broker = stack.enter_context(await asyncio.to_thread(KafkaBroker))
        store = await SqliteAuditStore.open(folder / "audit.db", MasterKey.load(folder / "master.key"))
        stack.push_async_callback(store.close)
        await _fill(AuditTrail(store=store))
        messages = await _messages(store)
        ours, bare = [], []
        for _ in range(ROUNDS):
            bare.append(await _bare(await _topics(broker), messages))
            ours.append(await _relay(await _topics(broker), store))
        size = sum(len(message.value) for message in messages) / len(messages)
    name = f"relay, {size:.0f} bytes an event"
    rates = [len(messages) / statistics.median(seconds) for seconds in (ours, bare)]
    return [Ratio(name, "bare aiokafka producer", rates[0], rates[1], "events/s", 0.6, "at_least")]


async def _topics(broker: KafkaBroker) -> KafkaConfig:
    """New topics, made before any clock starts."""
    topic = f"bench-{uuid4().hex}"
    config = KafkaConfig(bootstrap_servers=broker.bootstrap, topic=topic, heads_topic=f"{topic}.heads")
    await prepare_topics(config)
    return config


async def _fill(trail: AuditTrail) -> None:
    async def write(stream: int) -> None:
        for _ in range(EVENTS // STREAMS):
            await trail.log_event(
                AuditEventType.USER_MESSAGE, "tenant_1", "x", session_id=f"conv-{stream}", metadata={"text": TEXT}
            )

    await asyncio.gather(*(write(stream) for stream in range(STREAMS)))


async def _messages(store: SqliteAuditStore) -> list[Message]:
    found: list[Message] = []
    config, place = KafkaConfig(bootstrap_servers="nowhere:1"), Place(0, 0)
    while True:
        page = await store.read(lambda reader, place=place: next_page(reader, config, Limits(), place))  # type: ignore[misc]
        if page.empty:
            return found
        found += [message for _, message in page.events]
        place = page.after


async def _bare(config: KafkaConfig, messages: list[Message]) -> float:
    producer = AIOKafkaProducer(
        bootstrap_servers=config.bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        request_timeout_ms=REQUEST_MS,
        linger_ms=LINGER_MS,
        max_batch_size=BATCH_BYTES,
    )
    begun = time.perf_counter()
    await producer.start()
    try:
        sent = [
            await producer.send(config.topic, one.value, key=one.key, headers=list(one.headers))
            for one in messages
        ]
        await asyncio.gather(*sent)
        return time.perf_counter() - begun
    finally:
        await producer.stop()


async def _relay(config: KafkaConfig, store: SqliteAuditStore) -> float:
    relay = KafkaRelay(store, config, poll_seconds=0.02)
    begun = time.perf_counter()
    relay.start()
    try:
        while await relay.lag():  # noqa: ASYNC110 - a database cannot set an event
            await asyncio.sleep(0.01)
        return time.perf_counter() - begun
    finally:
        await relay.stop()
