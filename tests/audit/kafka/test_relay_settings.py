"""From the environment to the relay, and what the doctor says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ports import free_port
from ultracore.audit.defaults import kafka_config
from ultracore.audit.kafka import KafkaConfig
from ultracore.diagnosis import examine
from ultracore.settings import load_settings

ENVIRONMENT = {
    "KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "relay",
    "KAFKA_SASL_PASSWORD": "a secret",
    "KAFKA_SSL_CAFILE": "/keys/ca.pem",
    "KAFKA_SSL_CERTFILE": "/keys/relay.pem",
    "KAFKA_SSL_KEYFILE": "/keys/relay.key",
    "ULTRACORE_AUDIT_TOPIC": "bank.audit",
    "ULTRACORE_AUDIT_TOPIC_CREATE": "false",
    "ULTRACORE_AUDIT_TOPIC_PARTITIONS": "12",
    "ULTRACORE_AUDIT_TOPIC_REPLICATION": "2",
    "ULTRACORE_AUDIT_RETENTION_DAYS": "3650",
}


def test_every_setting_reaches_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert kafka_config(load_settings()) == KafkaConfig(
        bootstrap_servers="one:9092,two:9092",
        topic="bank.audit",
        heads_topic="bank.audit.heads",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="relay",
        sasl_password="a secret",
        ssl_cafile=Path("/keys/ca.pem"),
        ssl_certfile=Path("/keys/relay.pem"),
        ssl_keyfile=Path("/keys/relay.key"),
        create_topics=False,
        partitions=12,
        replication=2,
        retention_days=3650,
    )


def test_without_servers_there_is_no_relay() -> None:
    assert kafka_config(load_settings()) is None


async def test_the_doctor_says_what_is_wrong_with_kafka(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setenv("ULTRACORE_DATA_DIR", str(data_dir))
    assert (await examine(load_settings()))["kafka"] == "ok (not configured)"
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    assert "No Kafka broker answers at 127.0.0.1" in (await examine(load_settings()))["kafka"]
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    assert "needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD" in (await examine(load_settings()))["kafka"]
