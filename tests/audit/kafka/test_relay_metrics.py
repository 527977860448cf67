"""What the relay tells its operator in numbers and in the log."""

from __future__ import annotations

import asyncio
import logging

import pytest
from prometheus_client import CollectorRegistry

from tests.audit.kafka.test_relay import a_config, drained, fill
from tests.audit.people import eventually
from tests.support.ports import free_port
from ultracore.audit import AuditStore, AuditTrail
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.observability import Metrics


def numbers(metrics: Metrics) -> dict[str, float]:
    """What a scrape would show of the relay."""
    registry = CollectorRegistry()
    registry.register(metrics)
    samples = (sample for family in registry.collect() for sample in family.samples)
    return {one.name: one.value for one in samples if one.name.startswith("ultracore_relay")}


async def test_published_messages_and_the_connection_are_counted(
    store: AuditStore, trail: AuditTrail, kafka_bootstrap: str
) -> None:
    metrics = Metrics()
    relay = KafkaRelay(store, a_config(kafka_bootstrap), poll_seconds=0.02, metrics=metrics)
    relay.start()
    try:
        await fill(trail, 10)
        await eventually(lambda: drained(relay))
        seen = numbers(metrics)
    finally:
        await relay.stop()
    assert seen["ultracore_relay_published_total"] == 10
    assert seen["ultracore_relay_connected"] == 1
    assert seen["ultracore_relay_lag_events"] == seen["ultracore_relay_lag_seconds"] == 0
    assert numbers(metrics)["ultracore_relay_connected"] == 0


async def test_without_a_broker_lag_and_errors_grow_and_the_log_says_why_once(
    store: AuditStore, trail: AuditTrail, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ultracore")
    metrics = Metrics()
    relay = KafkaRelay(store, a_config(f"127.0.0.1:{free_port()}"), poll_seconds=0.01, metrics=metrics)
    relay.start()
    try:
        await fill(trail, 10)
        await eventually(lambda: asyncio.sleep(0, numbers(metrics)["ultracore_relay_errors_total"] >= 3))
        assert await relay.lag() == 10
    finally:
        await relay.stop()
    seen = numbers(metrics)
    assert seen["ultracore_relay_lag_events"] == 10
    assert seen["ultracore_relay_lag_seconds"] > 0
    assert seen["ultracore_relay_published_total"] == seen["ultracore_relay_connected"] == 0
    assert [record.message for record in caplog.records if "nothing is published" in record.message] == [
        f"nothing is published: No Kafka broker answers at {relay.config.bootstrap_servers}."
    ]
