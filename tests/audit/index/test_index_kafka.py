"""The index over a real Kafka: the topic and the keys are enough, and a broker may go and come back."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from tests.audit.index.world import a_record, contents, customer, forged, published, talk
from tests.audit.people import eventually
from tests.support.kafka import KafkaBroker
from tests.support.kafka_messages import Headers, send
from tests.support.ports import free_port
from ultracore.audit import AuditStore, AuditTrail
from ultracore.audit.index import AuditIndex, IndexConsumer, IndexService, Lag, Query
from ultracore.audit.index.database import sqlite_url
from ultracore.audit.index.kafka_source import KafkaSource
from ultracore.audit.index.store_source import StoreKeys, StoreSource
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.sealing import MasterKey
from ultracore.errors import IndexUnavailable


def a_config(bootstrap: str) -> KafkaConfig:
    topic = f"indexed-{uuid.uuid4().hex}"
    return KafkaConfig(bootstrap_servers=bootstrap, topic=topic, heads_topic=f"{topic}.heads")


@pytest.fixture
def config(kafka_bootstrap: str) -> KafkaConfig:
    return a_config(kafka_bootstrap)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "index.db")


@pytest.fixture
async def consumer(
    url: str, config: KafkaConfig, master: MasterKey, store: AuditStore, trail: AuditTrail
) -> AsyncIterator[IndexConsumer]:
    index = await AuditIndex.open(url, master, StoreKeys(store))
    made = IndexConsumer(index, KafkaSource(config, store, poll_seconds=0.05), trail)
    yield made
    await made.close()
    await index.close()


async def relay_all(store: AuditStore, config: KafkaConfig) -> None:
    relay = KafkaRelay(store, config, poll_seconds=0.02)
    relay.start()
    await eventually(lambda: out(relay))
    await relay.stop()


async def out(relay: KafkaRelay) -> bool:
    return await relay.lag() == 0


async def put(config: KafkaConfig, *values: bytes, headers: Headers | None = None) -> None:
    await asyncio.to_thread(send, config.bootstrap_servers, config.topic, *values, key=b"key", headers=headers)


async def test_the_topic_and_the_keys_give_the_same_index_as_the_store(
    consumer: IndexConsumer,
    config: KafkaConfig,
    master: MasterKey,
    store: AuditStore,
    trail: AuditTrail,
    tmp_path: Path,
) -> None:
    await a_record(trail)
    await relay_all(store, config)
    number = len(await published(store))
    assert (await consumer.lag()).events == number
    assert await consumer.catch_up() == number
    assert await consumer.lag() == Lag(0, 0.0)
    other = await AuditIndex.open(sqlite_url(tmp_path / "other.db"), master, StoreKeys(store))
    await IndexConsumer(other, StoreSource(store), trail).catch_up()
    before = await contents(consumer.index)
    assert before == await contents(other)
    await consumer.index.clear()
    assert await consumer.catch_up() == number
    assert await contents(consumer.index) == before
    await other.close()


async def test_what_was_applied_is_not_read_again_after_a_restart(
    consumer: IndexConsumer, config: KafkaConfig, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    await relay_all(store, config)
    await consumer.catch_up()
    await consumer.close()
    await talk(trail, customer(1), "conv-1", "one more umbrella")
    await relay_all(store, config)
    again = IndexConsumer(consumer.index, KafkaSource(config, store, poll_seconds=0.05), trail)
    behind = (await again.lag()).events
    assert behind == await again.catch_up() == 4
    assert (await consumer.index.status()).missing == 0
    await again.close()


async def test_doubled_and_foreign_messages_stop_nothing_and_a_second_hash_alarms(
    consumer: IndexConsumer, config: KafkaConfig, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    await relay_all(store, config)
    everything = await published(store)
    await put(config, *everything, b"nonsense", forged(everything[1], result="other"))
    await consumer.catch_up()
    assert sorted(alarm.kind for alarm in await consumer.index.alarms()) == ["second_hash", "unreadable"]
    assert (await consumer.index.status()).events == len(everything)


async def test_an_event_that_the_topic_does_not_take_comes_from_the_store(
    consumer: IndexConsumer, config: KafkaConfig, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "umbrella")
    everything = await published(store)
    whole = json.loads(everything[1])
    stand_in = json.dumps({name: whole[name] for name in ("stream_id", "sequence", "hash")}).encode()
    unknown = json.dumps({"stream_id": "conv-1", "sequence": 99, "hash": "0" * 64}).encode()
    await put(config, everything[0], *everything[2:])
    await put(config, stand_in, unknown, headers=[("oversized", b"1")])
    await consumer.catch_up()
    assert await consumer.index.events("conv-1") == everything
    assert (await consumer.index.status()).alarms == 0


async def test_a_place_in_the_chain_that_somebody_else_made_up_stops_nothing(
    consumer: IndexConsumer, config: KafkaConfig, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    everything = await published(store)
    made_up = (b"nonsense", b"[]", b"{}", b'{"hash":"x","sequence":1e300,"stream_id":"conv-1"}')
    named_badly = b'{"hash":"x","sequence":1,"stream_id":"\\u0000"}'
    await put(config, *made_up, named_badly, headers=[("oversized", b"1")])
    await put(config, *everything)
    assert await consumer.catch_up() == len(everything)
    assert {alarm.kind for alarm in await consumer.index.alarms()} == {"unreadable"}


async def test_a_topic_that_is_not_there_is_nothing_to_read_and_is_not_made(
    consumer: IndexConsumer, config: KafkaConfig
) -> None:
    assert await consumer.lag() == Lag(0, 0.0)
    assert await consumer.catch_up() == 0
    admin = AdminClient({"bootstrap.servers": config.bootstrap_servers, "log_level": 0})
    assert config.topic not in (await asyncio.to_thread(admin.list_topics, timeout=10)).topics


async def test_without_a_broker_the_source_says_so(store: AuditStore) -> None:
    source = KafkaSource(a_config(f"127.0.0.1:{free_port()}"), store)
    with pytest.raises(IndexUnavailable, match="Kafka"):
        await source.lag({})
    with pytest.raises(IndexUnavailable, match="Kafka"):
        await source.next({})
    await source.close()


@pytest.fixture
async def fed(
    kafka_broker: KafkaBroker, url: str, master: MasterKey, store: AuditStore, trail: AuditTrail
) -> AsyncIterator[IndexService]:
    """An index that is fed through a broker of its own."""
    config = a_config(kafka_broker.bootstrap)
    relay = KafkaRelay(store, config, poll_seconds=0.02)

    async def opening() -> IndexConsumer:
        index = await AuditIndex.open(url, master, StoreKeys(store))
        return IndexConsumer(index, KafkaSource(config, store, poll_seconds=0.05, silent_seconds=1.0), trail)

    service = IndexService(opening)
    relay.start()
    service.start()
    yield service
    await service.stop()
    await relay.stop()


async def test_the_index_goes_on_after_its_broker_was_stopped_and_killed(
    kafka_broker: KafkaBroker, fed: IndexService, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "before")
    await eventually(lambda: has(fed, "before"))
    kafka_broker.pause()
    await talk(trail, customer(1), "conv-1", "stopped")
    kafka_broker.resume()
    await eventually(lambda: has(fed, "stopped"))
    kafka_broker.kill()
    await talk(trail, customer(1), "conv-1", "killed")
    assert await has(fed, "before")  # what it holds can be searched meanwhile
    await asyncio.to_thread(kafka_broker.start)
    await eventually(lambda: has(fed, "killed"))
    await eventually(lambda: complete(fed, store))


async def complete(service: IndexService, store: AuditStore) -> bool:
    found = await service.find(Query())
    return [(one.events, one.last_sequence) for one in found] == [(len(await published(store)),) * 2]


async def has(service: IndexService, word: str) -> bool:
    try:
        return len(await service.find(Query(words=(word,)))) == 1
    except IndexUnavailable:
        return False
