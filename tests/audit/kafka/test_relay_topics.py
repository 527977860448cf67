"""The topics of the record on a real broker: made as they must be, or refused with a sentence."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

import pytest
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from tests.audit.kafka.test_relay import a_config, drained, fill, in_order, published, read_topic, relaying, values
from tests.audit.people import eventually
from tests.support.deadlines import PATIENCE
from ultracore.audit import AuditStore, AuditTrail
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.kafka.topics import examine_kafka, prepare_topics
from ultracore.errors import OperatorError
from ultracore.observability import Metrics


def admin(config: KafkaConfig) -> AdminClient:
    return AdminClient({"bootstrap.servers": config.bootstrap_servers, "log_level": 0})


def make(config: KafkaConfig, topic: str, **settings: str) -> None:
    """A topic as an operator makes it."""
    names = {name.replace("_", "."): value for name, value in settings.items()}
    client = admin(config)
    client.create_topics([NewTopic(topic, 1, 1, config=names)])[topic].result(20)


def settings_of(config: KafkaConfig, topic: str) -> dict[str, str]:
    client, asked = admin(config), ConfigResource(ResourceType.TOPIC, topic)
    return {name: entry.value for name, entry in client.describe_configs([asked])[asked].result(20).items()}


def partitions_of(config: KafkaConfig, topic: str) -> int:
    return len(admin(config).list_topics(timeout=20).topics[topic].partitions)


async def test_missing_topics_are_made_to_keep_everything(kafka_bootstrap: str) -> None:
    config = replace(a_config(kafka_bootstrap), partitions=5)
    assert (await prepare_topics(config)).warnings == ()
    for topic, partitions in ((config.topic, 5), (config.heads_topic, 1)):
        made = settings_of(config, topic)
        assert (made["cleanup.policy"], made["retention.ms"], made["retention.bytes"]) == ("delete", "-1", "-1")
        assert partitions_of(config, topic) == partitions


async def test_a_retention_that_is_set_is_given_to_new_topics_and_expected_of_others(
    kafka_bootstrap: str,
) -> None:
    config = replace(a_config(kafka_bootstrap), retention_days=30)
    assert (await prepare_topics(config)).warnings == ()
    assert settings_of(config, config.topic)["retention.ms"] == str(30 * 86_400_000)
    longer = await prepare_topics(replace(config, retention_days=31))
    assert ["forgets" in warning for warning in longer.warnings] == [True, True]


async def test_the_doctor_makes_nothing(kafka_bootstrap: str) -> None:
    config = a_config(kafka_bootstrap)
    assert await examine_kafka(config) == "ok"
    assert config.topic not in admin(config).list_topics(timeout=20).topics


async def test_a_topic_that_forgets_is_a_warning(kafka_bootstrap: str) -> None:
    config = a_config(kafka_bootstrap)
    make(config, config.topic, retention_ms="1000", retention_bytes="5000")
    found = await examine_kafka(config)
    assert found.startswith(
        f"ok (The topic {config.topic} forgets events (retention.ms=1000); set retention.ms=-1"
    )
    assert "retention.bytes=5000" in found


async def test_a_topic_for_short_messages_is_a_warning(kafka_bootstrap: str) -> None:
    config = a_config(kafka_bootstrap)
    make(config, config.heads_topic, max_message_bytes="1000", retention_ms="-1")
    assert "takes messages of 1000 bytes at most" in await examine_kafka(config)


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
async def test_a_compacted_topic_is_refused(kafka_bootstrap: str, policy: str) -> None:
    config = a_config(kafka_bootstrap)
    make(config, config.heads_topic, cleanup_policy=policy)
    with pytest.raises(OperatorError, match=f"{config.heads_topic} is compacted and would lose events"):
        await prepare_topics(config)
    assert "compacted" in await examine_kafka(config)


async def test_where_making_is_forbidden_the_sentence_says_what_to_make(kafka_bootstrap: str) -> None:
    config = replace(a_config(kafka_bootstrap), create_topics=False)
    with pytest.raises(OperatorError) as refused:
        await prepare_topics(config)
    command = str(refused.value).split("create it: ")[1]
    assert command.startswith(f"kafka-topics.sh --create --topic {config.topic} --partitions 6 ")
    assert "--config cleanup.policy=delete --config retention.ms=-1" in command


async def test_nothing_is_published_to_a_compacted_topic_until_it_is_put_right(
    store: AuditStore, trail: AuditTrail, kafka_bootstrap: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = a_config(kafka_bootstrap)
    make(config, config.topic, cleanup_policy="compact")
    async with relaying(store, config) as relay:
        await fill(trail, 10)
        await eventually(lambda: asyncio.sleep(0, relay.problem))
        assert relay.problem is not None and "compacted" in relay.problem
        assert await relay.lag() == 10
        assert [record.levelno for record in caplog.records if "compacted" in record.message] == [logging.ERROR]
        await asyncio.to_thread(put_right, config)
        await eventually(lambda: drained(relay))
        assert relay.problem is None


def put_right(config: KafkaConfig) -> None:
    change = ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, config.topic, incremental_configs=[change])
    client = admin(config)
    client.incremental_alter_configs([resource])[resource].result(20)


@pytest.mark.parametrize("connected", [True, False], ids=["while connected", "while away"])
async def test_a_topic_that_was_made_anew_is_filled_again(
    store: AuditStore, trail: AuditTrail, kafka_bootstrap: str, connected: bool
) -> None:
    config, metrics = a_config(kafka_bootstrap), Metrics()
    await fill(trail, 5)
    relay = KafkaRelay(store, config, poll_seconds=0.02, look_seconds=0.1, metrics=metrics)
    relay.start()
    await eventually(lambda: drained(relay))
    if not connected:
        await relay.stop()
    await asyncio.to_thread(delete_and_make, config)
    if not connected:
        relay = KafkaRelay(store, config, poll_seconds=0.02, metrics=metrics)
        relay.start()
    await eventually(lambda: asyncio.sleep(0, anew(metrics) == 1))
    await eventually(lambda: drained(relay))
    await relay.stop()
    messages = await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic)
    assert in_order(messages, await published(store))
    assert set(values(messages)) == set(await published(store))


def delete_and_make(config: KafkaConfig) -> None:
    client = admin(config)  # kept, since a client that is let go of ends what it was asked
    before = topic_id(client, config.topic)
    client.delete_topics([config.topic])[config.topic].result(20)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:  # a topic that is being deleted is still there for a moment
            return make(config, config.topic)
        except KafkaException:
            # A relay that is connected asks for the topic, and the broker may make it anew before we do.
            if topic_id(client, config.topic) not in (None, before):
                return
            assert time.monotonic() < deadline
            time.sleep(0.05)


def topic_id(client: AdminClient, topic: str) -> str | None:
    try:
        return str(client.describe_topics(TopicCollection([topic]))[topic].result(20).topic_id)
    except KafkaException:
        return None


def anew(metrics: Metrics) -> float:
    return next(
        sample.value
        for metric in metrics.collect()
        for sample in metric.samples
        if sample.name == "ultracore_relay_topics_anew_total"
    )
