"""Reads whole topics with an independent client: one connection for all runs of a proof."""

from __future__ import annotations

import time
import uuid
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaError, TopicPartition

from tests.support.deadlines import PATIENCE


class TopicReader:
    """A consumer without a group's memory. Use as a context manager."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": uuid.uuid4().hex,
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
                "fetch.error.backoff.ms": 10,
                "log_level": 0,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._consumer.close()

    def values(self, topic: str) -> list[bytes]:
        """Every message's value, each partition's in order, to where the topic ends. Raises AssertionError."""
        partitions = self._consumer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        unread, found = set(partitions), list[bytes]()
        deadline = time.monotonic() + PATIENCE
        while unread:
            assert time.monotonic() < deadline, f"{topic} could not be read to its end"
            for message in self._consumer.consume(500, timeout=0.02):
                error = message.error()
                if error is None:
                    found.append(bytes(message.value() or b""))
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(message.partition() or 0)
        self._consumer.unassign()
        return found
