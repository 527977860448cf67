"""Pages are bounded, and an event that the topic does not take never blocks its stream."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError  # type: ignore[import-untyped]
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.audit.kafka.test_relay import a_config, drained, fill, published, read_topic, relaying, values
from tests.audit.people import eventually
from ultracore.audit import AuditEventType, AuditStore, AuditTrail
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.pages import Place, next_page
from ultracore.audit.kafka.producer import Limits, Message, Publisher, connected
from ultracore.audit.kafka.topics import prepare_topics
from ultracore.audit.sealing import SigningKey
from ultracore.audit.store.sqlite import SqliteAuditStore

SMALL = 20_000


async def one_large(trail: AuditTrail, stream: str) -> None:
    await trail.log_event(
        AuditEventType.USER_MESSAGE, "tenant_1", "x", session_id=stream, metadata={"text": "z" * 30_000}
    )


def limit(config: KafkaConfig, largest: int) -> None:
    """What an operator sets on the topic."""
    change = ConfigEntry("max.message.bytes", str(largest), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, config.topic, incremental_configs=[change])
    client = AdminClient({"bootstrap.servers": config.bootstrap_servers, "log_level": 0})
    client.incremental_alter_configs([resource])[resource].result(20)


@pytest.mark.parametrize("known", [True, False], ids=["known before", "changed while connected"])
async def test_an_event_too_large_for_the_topic_leaves_its_place_in_the_chain_there(
    store: AuditStore, trail: AuditTrail, kafka_bootstrap: str, known: bool
) -> None:
    config = a_config(kafka_bootstrap)
    await prepare_topics(config)
    if known:
        await asyncio.to_thread(limit, config, SMALL)
    async with relaying(store, config) as relay:
        await fill(trail, 10)
        await eventually(lambda: drained(relay))
        await asyncio.to_thread(limit, config, SMALL)
        await one_large(trail, "conv-0")
        await fill(trail, 10)
        await eventually(lambda: drained(relay))
    found = values(await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic))
    record = await published(store)
    (stand_in,) = set(found) - set(record)
    (missing,) = set(record) - set(found)
    whole, place = json.loads(missing), json.loads(stand_in)
    assert place.pop("oversized") is True
    assert place == {name: whole[name] for name in place}
    assert {"event_id", "hash", "prev_hash", "sequence", "stream_id"} <= set(place)


async def test_a_batch_that_is_too_large_is_made_smaller(kafka_bootstrap: str) -> None:
    config = a_config(kafka_bootstrap)
    await prepare_topics(config)
    await asyncio.to_thread(limit, config, SMALL)
    messages = [Message(config.topic, b"key", bytes(1_000)) for _ in range(100)]
    limits, attempts, left = Limits(), 0, messages
    while left:
        attempts += 1
        async with connected(config, batch_bytes=limits.batch) as producer:
            left = left[(await Publisher(producer, limits=limits).publish(left)).acknowledged :]
    assert attempts > 1
    assert len(await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic)) == 100


async def test_nothing_follows_a_batch_that_failed(kafka_bootstrap: str) -> None:
    config = a_config(kafka_bootstrap)
    await prepare_topics(config)
    await asyncio.to_thread(limit, config, SMALL)
    messages = [Message(config.topic, b"key", bytes(size)) for size in (200_000, 10, 10)]
    async with connected(config) as producer:
        publisher = Publisher(producer)
        refused = await publisher.publish(messages)
        assert (refused.acknowledged, type(refused.error)) == (0, MessageSizeTooLargeError)
        with pytest.raises(KafkaConnectionError):
            await publisher.publish(messages[1:])
    assert await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic) == []


async def test_a_page_is_bounded_in_events_and_bytes(store: AuditStore, trail: AuditTrail) -> None:
    config = a_config("nowhere:1")
    await fill(trail, 2_100)
    page = await store.read(lambda reader: next_page(reader, config, Limits(), Place(0, 0)))
    assert len(page.events) == 2_000
    await asyncio.gather(*(one_large(trail, f"large-{number}") for number in range(150)))
    place = Place(page.after.events + 100, 0)
    sizes: list[int] = []
    while sum(sizes) < 150:
        large = await store.read(lambda reader, place=place: next_page(reader, config, Limits(), place))  # type: ignore[misc]
        place = large.after
        sizes.append(len(large.events))
    assert sizes == [100, 50]


async def test_head_lists_wait_for_the_events_before_them(
    store: SqliteAuditStore, trail: AuditTrail, signing: SigningKey, tmp_path: Path
) -> None:
    config = a_config("nowhere:1")
    await fill(trail, 2_100)
    await HeadSealer(store, signing, HeadsFile(tmp_path / "heads.jsonl")).seal_now()
    first = await store.read(lambda reader: next_page(reader, config, Limits(), Place(0, 0)))
    last = await store.read(lambda reader: next_page(reader, config, Limits(), first.after))
    assert (len(first.events), len(first.heads)) == (2_000, 0)
    assert (len(last.events), len(last.heads)) == (100, 1)
