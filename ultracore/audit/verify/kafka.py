"""Verification of the topic: what consumers of the record get is whole, in order and under the signed heads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import canonical_object
from ultracore.audit.kafka import KafkaConfig, connection_arguments
from ultracore.audit.kafka.diagnosis import why_unreachable
from ultracore.audit.verify.record import Anchor, BreakFound, RecordCheck, Verdict, verify_heads
from ultracore.audit.verify.topic import TopicCheck
from ultracore.errors import AuditUnavailable

_START_SECONDS: Final = 8.0
# Longer than one request may take, so that a single slow answer is no silence.
_SILENT_SECONDS: Final = 15.0
# Bounded, because a consumer that stops waits for its broker, which may be gone.
_CLOSE_SECONDS: Final = 3.0
_POLL_MS: Final = 300


@dataclass(frozen=True, slots=True)
class TopicScope:
    """The scope of a verification of the topic; `stream_id` is one stream or, as `None`, all of them.

    `catch_up_seconds`: how long the relay may take to publish what the heads name already.
    """

    public_key: Ed25519PublicKey
    stream_id: str | None = None
    anchors: Sequence[Anchor] = ()
    catch_up_seconds: float = 20.0


async def verify_topic(config: KafkaConfig, wanted: TopicScope) -> Verdict:
    """Read both topics from their first message to their end and check them.

    Raises `BreakFound`, `AuditUnavailable` if the broker does not answer or falls silent, `OperatorError`.
    """
    # The heads are read first, so that an event published meanwhile lies beyond them and is no break.
    heads = verify_heads(await read_heads(config), wanted.public_key)
    heads.must_hold(wanted.anchors)
    check = RecordCheck(heads, only=wanted.stream_id)
    topic = TopicCheck(check, only=wanted.stream_id)
    async with _reading(config, config.topic) as reading:
        deadline = asyncio.get_running_loop().time() + wanted.catch_up_seconds
        await _take(reading, topic)
        while not check.reaches_heads() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_POLL_MS / 1000)
            await _take(reading, topic)
    topic.finish()
    try:
        return check.finish(complete=wanted.stream_id is None)
    except BreakFound as found:
        why = f"{found.why} (in the topic; the relay may be behind)"
        raise BreakFound(found.where, found.sequence, why) from found


async def read_heads(config: KafkaConfig) -> list[bytes]:
    """The head lists of their topic with line feeds, each once, by index. Raises as `verify_topic` does."""
    lists: dict[int, bytes] = {}
    async with _reading(config, config.heads_topic) as reading:
        async for message in reading.to_end():
            line = (message.value or b"") + b"\n"
            index = _index(line, message)
            # The relay may publish a list twice; only another list in its place is a break.
            if lists.setdefault(index, line) != line:
                raise BreakFound("heads", index, "the topic has two lists in this place")
    return [line for _, line in sorted(lists.items())]


class _TopicReader:
    """A consumer at the beginning of all partitions of a topic."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def to_end(self) -> AsyncIterator[Any]:
        """The messages from the end of the last call to the present end of the partitions."""
        ends = await self._consumer.end_offsets(self._partitions)
        heard = asyncio.get_running_loop().time()
        while [one for one in self._partitions if await self._consumer.position(one) < ends[one]]:
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
            for messages in batches.values():
                for message in messages:
                    yield message
            now = asyncio.get_running_loop().time()
            heard = now if batches else heard
            if now - heard > _SILENT_SECONDS:
                raise AuditUnavailable(
                    "Kafka answers no more; verify again when it does.", code="kafka.unreachable"
                )


async def _take(reading: _TopicReader, topic: TopicCheck) -> None:
    async for message in reading.to_end():
        topic.message(f"{message.topic}[{message.partition}]", message.offset, message.key, message.value)


@asynccontextmanager
async def _reading(config: KafkaConfig, topic: str) -> AsyncIterator[_TopicReader]:
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=10_000,
        **connection_arguments(config),
    )
    try:
        try:
            await asyncio.wait_for(consumer.start(), _START_SECONDS)
        except (KafkaError, OSError, TimeoutError) as error:
            raise await why_unreachable(config) from error
        try:
            yield _TopicReader(consumer, await _at_the_beginning(consumer, topic))
        except (KafkaError, OSError, TimeoutError) as error:
            raise AuditUnavailable(f"Kafka failed while {topic} was read.", code="kafka.unreachable") from error
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(consumer.stop(), _CLOSE_SECONDS)


async def _at_the_beginning(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    # All topics are asked for: a question for one would make the broker create it.
    if topic not in await asyncio.wait_for(consumer.topics(), _START_SECONDS):
        raise AuditUnavailable(
            f"Kafka has no topic {topic}: start the app with KAFKA_BOOTSTRAP_SERVERS set, or name the right one "
            "in ULTRACORE_AUDIT_TOPIC.",
            code="kafka.topic_missing",
        )
    consumer.subscribe([topic])
    async with asyncio.timeout(_START_SECONDS):
        while not consumer.assignment():  # noqa: ASYNC110 - the client sets no event of ours
            await asyncio.sleep(0.02)
        partitions = sorted(consumer.assignment())
        await consumer.seek_to_beginning(*partitions)
    return partitions


def _index(line: bytes, message: Any) -> int:
    try:
        index = canonical_object(line[:-1])["index"]
    except (ValueError, KeyError) as exc:
        raise BreakFound(f"{message.topic} offset", message.offset, f"it is not a list of heads: {exc}") from exc
    if type(index) is not int:
        raise BreakFound(f"{message.topic} offset", message.offset, "its index is not a number")
    return index
