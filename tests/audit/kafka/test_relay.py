"""The relay against a real Kafka, read with an independent client."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from tests.audit.people import a_payment, eventually
from tests.audit.stores import Place
from tests.support.deadlines import PATIENCE
from tests.support.kafka import KafkaBroker
from tests.support.ports import free_port
from ultracore.audit import AuditEventType, AuditStore, AuditTrail
from ultracore.audit.canonical import read_json
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.producer import Message as Outgoing
from ultracore.audit.kafka.producer import Outcome, Publisher, connected
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.verify import verify_heads, verify_lines


def a_config(bootstrap: str) -> KafkaConfig:
    topic = f"audit-{uuid.uuid4().hex}"
    return KafkaConfig(bootstrap_servers=bootstrap, topic=topic, heads_topic=f"{topic}.heads")


def read_topic(bootstrap: str, topic: str) -> list[Message]:
    """Every message of the topic as it stands, by partition and offset."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "log_level": 0})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        places = [TopicPartition(topic, partition, 0) for partition in partitions]
        ends = {place.partition: _end_of(consumer, place) for place in places}
        consumer.assign([place for place in places if ends[place.partition]])
        found = _read_to(consumer, ends)
        return sorted(found, key=lambda message: (message.partition() or 0, message.offset() or 0))
    finally:
        consumer.close()


_NOT_YET = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError._UNKNOWN_PARTITION)


def _end_of(consumer: Consumer, place: TopicPartition) -> int:
    """Where the partition ends. A topic made a moment ago may have no leader yet: then it is asked again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            _, end = consumer.get_watermark_offsets(place, timeout=10)
            return int(end)
        except KafkaException as error:
            if not error.args[0].retriable() and error.args[0].code() not in _NOT_YET:
                raise
            if time.monotonic() > deadline:
                raise
            consumer.list_topics(place.topic, timeout=10)
            time.sleep(0.1)


def _read_to(consumer: Consumer, ends: dict[int, int]) -> list[Message]:
    found: list[Message] = []
    left = {partition for partition, end in ends.items() if end}
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        for message in consumer.consume(1_000, 0.2):
            if message.error() is not None:
                continue
            found.append(message)
            partition = message.partition() or 0
            if (message.offset() or 0) + 1 >= ends[partition]:
                left.discard(partition)
    return found


def values(messages: list[Message]) -> list[bytes]:
    return [bytes(message.value() or b"") for message in messages]


def in_order(messages: list[Message], published: list[bytes]) -> bool:
    """Each stream's events in order; a batch that was sent twice may repeat a stretch, never reorder it."""
    places = {value: number for number, value in enumerate(published)}
    seen: dict[bytes, int] = {}
    for message in messages:
        key, place = bytes(message.key() or b""), places[bytes(message.value() or b"")]
        if key in seen and place > seen[key]:
            skipped = [
                value for value in published[seen[key] + 1 : place] if _stream(value) == _stream(published[place])
            ]
            if skipped:
                return False
        seen[key] = place
    return True


def _stream(value: bytes) -> bytes:
    return value.split(b'"stream_id":"')[1].split(b'"')[0]


@asynccontextmanager
async def relaying(store: AuditStore, config: KafkaConfig) -> AsyncIterator[KafkaRelay]:
    """A relay at work, stopped whatever happens inside."""
    made = KafkaRelay(store, config, poll_seconds=0.02)
    made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def relay(store: SqliteAuditStore, kafka_bootstrap: str) -> AsyncIterator[KafkaRelay]:
    async with relaying(store, a_config(kafka_bootstrap)) as made:
        yield made


async def drained(relay: KafkaRelay) -> bool:
    return await relay.lag() == 0


async def published(store: AuditStore) -> list[bytes]:
    return await store.read(lambda reader: [row.published() for row in reader.stored()])


async def fill(trail: AuditTrail, number: int, streams: int = 5) -> None:
    async def write(stream: int) -> None:
        for _ in range(number // streams):
            await trail.log_event(
                AuditEventType.USER_MESSAGE,
                "tenant_1",
                "x",
                session_id=f"conv-{stream}",
                metadata={"text": "y" * 400},
            )

    await asyncio.gather(*(write(stream) for stream in range(streams)))


async def test_a_conversation_is_on_the_topic_in_order_with_key_and_header(
    store: SqliteAuditStore, trail: AuditTrail, relay: KafkaRelay, kafka_bootstrap: str
) -> None:
    await a_payment(trail, "conv-1")
    await eventually(lambda: drained(relay))
    messages = await asyncio.to_thread(read_topic, kafka_bootstrap, relay.config.topic)
    written = await published(store)
    assert sorted(values(messages)) == sorted(written)
    own = [message for message in messages if message.key() == b"tenant_1:conv-1"]
    assert values(own) == [row for row in written if read_json(row)["stream_id"] == "conv-1"]
    headers: list[Any] = [message.headers() for message in own]
    assert headers[2] == [("event_type", b"user_message")]
    verify_lines(value + b"\n" for value in values(messages))


async def test_heads_go_to_a_topic_of_their_own(
    store: SqliteAuditStore,
    trail: AuditTrail,
    relay: KafkaRelay,
    signing: SigningKey,
    kafka_bootstrap: str,
    tmp_path: Any,
) -> None:
    sealer = HeadSealer(store, signing, HeadsFile(tmp_path / "heads.jsonl"))
    for _ in range(3):
        await trail.log_login("tenant_1", "user_1", success=True)
        await sealer.seal_now()
    await eventually(lambda: heads_out(store, relay, 3))
    messages = await asyncio.to_thread(read_topic, kafka_bootstrap, relay.config.heads_topic)
    known = verify_heads(
        (value + b"\n" for value in values(messages)), load_public_key(signing.public_pem().encode())
    )
    assert known.count == 3


async def heads_out(store: SqliteAuditStore, relay: KafkaRelay, number: int) -> bool:
    return await store.read(lambda reader: reader.relay_position(relay.config.heads_topic)) == number


async def test_two_relays_publish_everything_once_while_nothing_fails(place: Place, kafka_bootstrap: str) -> None:
    store, config = await place.open(), a_config(kafka_bootstrap)
    trail = AuditTrail(store=store)
    async with relaying(await place.open(), config) as other:
        async with relaying(store, config):
            await fill(trail, 200)
            await eventually(lambda: drained(other))
        await fill(trail, 100)
        await eventually(lambda: drained(other))
    messages = await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic)
    assert sorted(values(messages)) == sorted(await published(store))


async def test_without_a_broker_events_wait_and_stop_is_quick(store: SqliteAuditStore, trail: AuditTrail) -> None:
    relay = KafkaRelay(store, a_config(f"127.0.0.1:{free_port()}"))
    relay.start()
    await fill(trail, 10)
    async with asyncio.timeout(10):
        await relay.stop()
    assert await relay.lag() == 10


async def test_only_what_the_broker_acknowledged_in_time_counts(kafka_broker: KafkaBroker) -> None:
    config = a_config(kafka_broker.bootstrap)
    messages = [Outgoing(config.topic, b"key", f"value {number}".encode()) for number in range(3)]
    async with connected(config) as producer:
        assert await Publisher(producer, seconds=20).publish(messages) == Outcome(3)
        kafka_broker.pause()
        late = await Publisher(producer, seconds=0.5).publish(messages)
        kafka_broker.resume()
    assert late.acknowledged == 0
    assert isinstance(late.error, TimeoutError)
