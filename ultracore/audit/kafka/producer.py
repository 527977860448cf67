"""An idempotent producer with deadlines of our own: aiokafka's wait for ever when the broker is dead.

A stream's order rests on one rule: of a partition one batch is on its way at a time, and none follows one that
failed. So what a partition holds is always a stretch from the start without a gap, whichever process published
it, and what is sent again can only repeat a stretch.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from aiokafka.partitioner import DefaultPartitioner  # type: ignore[import-untyped]

from ultracore.audit.kafka.config import KafkaConfig, connection_arguments
from ultracore.audit.kafka.diagnosis import refusal, why_unreachable
from ultracore.audit.kafka.identity import ProducerIdentity
from ultracore.errors import UltracoreError

BATCH_BYTES: Final = 131_072
LINGER_MS: Final = 2
REQUEST_MS: Final = 5_000
LARGEST_MESSAGE: Final = 1_048_588
"""Kafka's own default of `max.message.bytes`."""

_START_SECONDS: Final = 8.0
_CLOSE_SECONDS: Final = 1.0
_FRAME_BYTES: Final = 256
"""More than Kafka adds to the one message of a batch."""

# Keys are streams, of which a process that runs for months sees ever new ones, so they must not all be kept.
_MOST_KEYS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Messages with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Limits:
    """Bytes that the topics take, of a batch of several messages and of one message: what is known so far."""

    batch: int = BATCH_BYTES
    message: int = LARGEST_MESSAGE

    def learn(self, largest: int) -> None:
        """A topic's `max.message.bytes`."""
        self.batch, self.message = min(self.batch, largest), min(self.message, largest)

    def refused(self, size: int, messages: int) -> None:
        """A batch of that size was not taken: the next ones are smaller."""
        if messages > 1:
            self.batch = min(self.batch, size // 2)
        else:
            self.message = min(self.message, size - 1)

    def takes(self, key: bytes, value: bytes) -> bool:
        """Whether a message with few and short headers is small enough."""
        return len(key) + len(value) + _FRAME_BYTES <= self.message


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many messages, from the first on, the broker acknowledged; if not all, what stopped the others."""

    acknowledged: int
    error: Exception | None = None


@asynccontextmanager
async def connected(
    config: KafkaConfig, *, batch_bytes: int = BATCH_BYTES, identity: ProducerIdentity | None = None
) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer, with that identity or with one that the broker gives.

    Afterwards it is closed within `4 * _CLOSE_SECONDS`, also if the broker hangs.

    Raises `OperatorError` if a setting is wrong, `AuditUnavailable` (`kafka.unreachable`) or `TimeoutError`
    if no broker answers.
    """
    producer = AIOKafkaProducer(
        enable_idempotence=True,
        # What is acknowledged is never sent again, so the loss of one broker must not take it.
        acks="all",
        request_timeout_ms=REQUEST_MS,
        retry_backoff_ms=100,
        linger_ms=LINGER_MS,
        max_batch_size=batch_bytes,
        **connection_arguments(config),
    )
    if identity is not None:
        # Private, because aiokafka has no public way to give a producer its identity.
        producer._txn_manager.set_pid_and_epoch(identity.producer_id, identity.epoch)
    try:
        try:
            await asyncio.wait_for(producer.start(), _START_SECONDS)
        except (KafkaError, OSError) as error:
            refused = refusal(config, error)
            raise (await why_unreachable(config) if refused is error else refused) from error
        yield producer
    finally:
        await _end(producer)


def identity_of(producer: AIOKafkaProducer) -> ProducerIdentity:
    """The id and epoch that the broker gave a started producer."""
    return ProducerIdentity(producer._txn_manager.producer_id, producer._txn_manager.producer_epoch)


@dataclass(slots=True)
class Publisher:
    """Publishes through one producer until something fails; then the producer is done with.

    `permitted` raises `UltracoreError` if this process may not publish any more; it is asked before each batch.
    A batch that is not acknowledged within `seconds` counts as lost with its connection: that is the watchdog over
    a producer that hangs.
    """

    producer: AIOKafkaProducer
    permitted: Callable[[], None] = lambda: None
    seconds: float = 8.0
    limits: Limits = field(default_factory=Limits)
    failed: bool = False
    _places: dict[tuple[str, bytes], int] = field(default_factory=dict)

    async def publish(self, messages: Sequence[Message]) -> Outcome:
        """Send them, all to one topic: each key's in order, and a partition's only behind one another."""
        if not messages:
            return Outcome(0)
        if self.failed:
            raise KafkaConnectionError("this producer failed before")
        topic, done = messages[0].topic, bytearray(len(messages))
        try:
            async with asyncio.timeout(self.seconds):
                partitions = sorted(await self.producer.partitions_for(topic))
        except (KafkaError, TimeoutError) as error:
            return self._failed(done, error)
        lanes = self._lanes(messages, partitions)
        # Partitions go side by side, since an order has to be kept only within one of them.
        ends = await asyncio.gather(*(self._send(messages, *lane, done) for lane in lanes.items()))
        errors = [end for end in ends if end is not None]
        return self._failed(done, errors[0]) if errors else Outcome(len(messages))

    def _failed(self, done: bytearray, error: Exception) -> Outcome:
        self.failed = True
        return Outcome(len(done) if all(done) else done.index(0), error)

    def _lanes(self, messages: Sequence[Message], partitions: list[int]) -> dict[int, list[int]]:
        """The places of the messages by partition, which is chosen from the key as every Kafka client does."""
        lanes: dict[int, list[int]] = {}
        if len(self._places) > _MOST_KEYS:
            self._places.clear()
        for place, message in enumerate(messages):
            at = (message.topic, message.key)
            partition = self._places.get(at)
            if partition is None:
                partition = self._places[at] = DefaultPartitioner()(message.key, partitions, partitions)
            lanes.setdefault(partition, []).append(place)
        return lanes

    async def _send(
        self, messages: Sequence[Message], partition: int, places: list[int], done: bytearray
    ) -> Exception | None:
        """One partition's messages, batch behind batch; what ended it early, if anything did."""
        sent = 0
        while sent < len(places) and not self.failed:
            batch, count = self._filled(messages, places, sent)
            try:
                self.permitted()
                async with asyncio.timeout(self.seconds):
                    on_its_way = await self.producer.send_batch(
                        batch, messages[places[0]].topic, partition=partition
                    )
                    on_its_way.add_done_callback(_seen)
                    await on_its_way
            except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
                self.limits.refused(batch.size(), count)
                return self._stopped(error)
            except (KafkaError, TimeoutError, UltracoreError) as error:
                return self._stopped(error)
            for place in places[sent : sent + count]:
                done[place] = 1
            sent += count
        return None

    def _stopped(self, error: Exception) -> Exception:
        self.failed = True
        return error

    def _filled(self, messages: Sequence[Message], places: list[int], start: int) -> tuple[Any, int]:
        """A closed batch with as many messages from `start` on as it holds, at least one; and how many."""
        batch, count = self.producer.create_batch(), 0
        for place in places[start:]:
            one = messages[place]
            if batch.append(timestamp=None, key=one.key, value=one.value, headers=list(one.headers)) is None:
                break
            count += 1
        batch.close()
        return batch, count


def _seen(future: asyncio.Future[Any]) -> None:
    """Read the result of a future that was given up: asyncio warns about an exception that is never read."""
    if not future.cancelled():
        future.exception()


async def _end(producer: AIOKafkaProducer) -> None:
    """Close, and give up what was not acknowledged: with a dead broker `stop` alone would wait for it for ever.

    Requests in flight fail once their connections are closed; only then can the sender end, and only without it
    can the batches be given up.
    """
    for step in (producer.client.close, producer._sender.close, partial(_give_up, producer), producer.stop):
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            await asyncio.wait_for(step(), _CLOSE_SECONDS)


async def _give_up(producer: AIOKafkaProducer) -> None:
    """Fail every batch, and retrieve each failure, or the event loop reports it as never retrieved."""
    waiting = producer._message_accumulator
    # A batch that was put back for another attempt is not among the pending ones, in which its end looks for it.
    waiting._pending_batches.update(batch for batches in waiting._batches.values() for batch in batches)
    waiting.fail_all(KafkaConnectionError("the relay gave up this connection"))
    for batches in (*waiting._batches.values(), waiting._pending_batches):
        for batch in batches:
            _seen(batch._drain_waiter)
            _seen(batch.future)
