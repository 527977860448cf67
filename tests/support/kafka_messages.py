"""Messages that a test puts into a topic: each is acknowledged by the broker, or the test fails there and then.

A message that is sent to a topic which has no leader yet may be dropped, and the client says so to its delivery
callback alone. So the topic is made first and its leaders are waited for, and each delivery is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.support.deadlines import PATIENCE
from tests.support.processes import wait_until

Headers = Sequence[tuple[str, str | bytes | None]]


def make_topic(bootstrap: str, topic: str, partitions: int = 3) -> None:
    """Return once every partition of the topic has a leader; one that is there already stays as it is."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(PATIENCE)
    except KafkaException as refused:
        if refused.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
    wait_until(lambda: _is_led(admin, topic), seconds=PATIENCE, what=f"leaders of the topic {topic}")


def _is_led(admin: AdminClient, topic: str) -> bool:
    found = admin.list_topics(topic, timeout=PATIENCE).topics[topic]
    led = [one.leader >= 0 and one.error is None for one in found.partitions.values()]
    return found.error is None and bool(led) and all(led)


def send(
    bootstrap: str,
    topic: str,
    *values: bytes,
    key: bytes | None = None,
    headers: Headers | None = None,
    partitions: int = 3,
) -> None:
    """Publish the values in their order, into a topic that is made with `partitions` if it is not there."""
    make_topic(bootstrap, topic, partitions)
    outcomes: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "log_level": 0})
    for value in values:
        producer.produce(
            topic,
            value,
            key=key,
            headers=None if headers is None else list(headers),
            on_delivery=lambda error, _message: outcomes.append(error),
        )
    left = producer.flush(PATIENCE)
    assert left == 0 and outcomes == [None] * len(values), f"{topic}: {left} not sent, {outcomes}"
