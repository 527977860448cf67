"""The broker for tests is a real one: it keeps what it acknowledged, and leaves nothing behind."""

from __future__ import annotations

import uuid

import pytest
from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient

from tests.support.kafka import KafkaBroker
from tests.support.kafka_messages import send


def first_value(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(20)
        assert message is not None and message.error() is None
        return message.value()
    finally:
        consumer.close()


def test_what_was_sent_to_the_shared_broker_is_read_back(kafka_bootstrap: str) -> None:
    topic = f"infra-{uuid.uuid4().hex}"
    send(kafka_bootstrap, topic, b"kept")
    assert first_value(kafka_bootstrap, topic) == b"kept"


def test_an_acknowledged_message_survives_a_kill_and_a_restart_on_the_same_port(kafka_broker: KafkaBroker) -> None:
    before = kafka_broker.bootstrap
    send(before, "kept", b"through the kill")
    kafka_broker.kill()
    assert not kafka_broker.running
    kafka_broker.restart()
    assert kafka_broker.bootstrap == before
    assert first_value(before, "kept") == b"through the kill"


def test_a_paused_broker_answers_nothing_until_it_is_resumed(kafka_broker: KafkaBroker) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap, "log_level": 0})
    kafka_broker.pause()
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=0.5)
    kafka_broker.resume()
    kafka_broker.wait_until_ready()
