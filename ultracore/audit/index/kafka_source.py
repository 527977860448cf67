"""The index reads the topic. Its own progress, kept with what was applied, takes the place of a consumer group.

A consumer of aiokafka can hang after a broker's restart without saying so, and it has no deadlines. So every wait
has one here, and when nothing comes for a while the ends of the partitions are asked: events that lie there and
do not come end the connection, and the next step makes a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from ultracore.audit.canonical import strict_object
from ultracore.audit.index.store_source import age
from ultracore.audit.index.values import Batch, Lag, Move
from ultracore.audit.kafka import KafkaConfig, connection_arguments
from ultracore.audit.kafka.pages import OVERSIZED
from ultracore.audit.sealing import IDS
from ultracore.audit.store import AuditStore
from ultracore.errors import IndexUnavailable

_log = logging.getLogger(__name__)
T = TypeVar("T")

_START_SECONDS: Final = 8.0
_ANSWER_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0
_MISSING_SECONDS: Final = 1.0


class KafkaSource:
    """A `Source` over the topic's partitions; places are their numbers, positions their next offsets."""

    def __init__(
        self,
        config: KafkaConfig,
        store: AuditStore,
        *,
        batch: int = 1_000,
        poll_seconds: float = 0.25,
        silent_seconds: float = 10.0,
    ) -> None:
        self.name = f"kafka:{config.topic}"
        self._config = config
        self._store = store
        self._batch = batch
        self._poll = poll_seconds
        self._silent = silent_seconds
        self._consumer: Any = None
        self._at: dict[str, int] = {}
        self._heard = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def next(self, progress: Mapping[str, int]) -> Batch:
        """See `Source.next`. Raises `IndexUnavailable` if no broker answers or events do not come."""
        async with self._one_at_a_time:
            if await self._connected() is None:
                await asyncio.sleep(_MISSING_SECONDS)
                return Batch()
            found = await self._read(progress, self._batch)
            if not found:
                await self._watch()
                return Batch()
            self._heard = time.monotonic()
            moves = {}
            for partition, records in found.items():
                place, after = str(partition.partition), records[-1].offset + 1
                moves[place] = Move(progress.get(place, 0), after)
                self._at[place] = after
            return Batch(await self._values([one for records in found.values() for one in records]), moves)

    async def lag(self, progress: Mapping[str, int]) -> Lag:
        """See `Source.lag`. The age is that of the oldest message, by its time of publication."""
        async with self._one_at_a_time:
            if await self._connected() is None:
                return Lag(0, 0.0)
            behind = await self._behind(progress)
            if not behind:
                return Lag(0, 0.0)
            found = await self._read(progress, 1, *behind)
            # The look has moved the consumer on: the next read seeks its place anew.
            self._at.clear()
            first = min((records[0].timestamp for records in found.values()), default=None)
            since = datetime.now(UTC) if first is None else datetime.fromtimestamp(first / 1000, UTC)
            return Lag(sum(behind.values()), age(since))

    async def close(self) -> None:
        """End the connection. A later step makes a new one."""
        async with self._one_at_a_time:
            await self._drop()

    async def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._at.clear()
        if consumer is not None:
            # The consumer's own stop may end before it has closed its connections: they are closed all the same.
            for step in (consumer.stop, consumer._client.close):
                with contextlib.suppress(IndexUnavailable):
                    await self._answer(step(), _CLOSE_SECONDS)

    async def _connected(self) -> Any:
        """The consumer of all partitions; `None` if the topic, which the relay makes, is not there yet."""
        if self._consumer is None:
            self._consumer = _consumer(self._config)
            try:
                await self._answer(self._consumer.start(), _START_SECONDS)
            except BaseException:
                await self._drop()
                raise
            self._heard = time.monotonic()
        if not self._consumer.assignment():
            # Asking for one topic would make it, with the broker's own settings; asking for all of them does not.
            if self._config.topic not in await self._answer(self._consumer.topics()):
                return None
            self._consumer.subscribe([self._config.topic])
            await self._answer(self._assigned())
        return self._consumer

    async def _assigned(self) -> None:
        while not self._consumer.assignment():  # noqa: ASYNC110 - nothing of aiokafka's tells
            await asyncio.sleep(0.02)

    async def _read(self, progress: Mapping[str, int], most: int, *only: TopicPartition) -> dict[Any, list[Any]]:
        """Messages after `progress`, a moment's wait at most."""
        for partition in self._consumer.assignment():
            place = str(partition.partition)
            if self._at.get(place) != progress.get(place, 0):
                self._at[place] = progress.get(place, 0)
                self._consumer.seek(partition, self._at[place])
        waiting = self._consumer.getmany(*only, timeout_ms=int(self._poll * 1000), max_records=most)
        found: dict[Any, list[Any]] = await self._answer(waiting, self._poll + _ANSWER_SECONDS)
        return found

    async def _behind(self, progress: Mapping[str, int]) -> dict[TopicPartition, int]:
        """How many messages lie after `progress`, by partition, if there are any."""
        partitions = list(self._consumer.assignment())
        begins = await self._answer(self._consumer.beginning_offsets(partitions))
        ends = await self._answer(self._consumer.end_offsets(partitions))
        found = {}
        for partition in partitions:
            stands = progress.get(str(partition.partition), 0)
            # A topic that was made anew is read from its beginning.
            begin = begins[partition] if stands > ends[partition] else max(begins[partition], stands)
            found[partition] = ends[partition] - begin
        return {partition: number for partition, number in found.items() if number}

    async def _watch(self) -> None:
        """Nothing came. Raises `IndexUnavailable` if that has lasted and something is there."""
        if time.monotonic() - self._heard < self._silent:
            return
        self._heard = time.monotonic()
        if await self._behind(self._at):
            raise IndexUnavailable("events lie in Kafka that do not come; connecting again", code="index.stalled")

    async def _values(self, records: Sequence[Any]) -> list[bytes]:
        """The events as published. What was too large for the topic comes from the store."""
        found = []
        for record in records:
            large = any(name == OVERSIZED for name, _ in record.headers)
            value = await self._whole(record.value) if large and record.value is not None else record.value
            if value is not None:
                found.append(value)
        return found

    async def _whole(self, stand_in: bytes) -> bytes | None:
        """The event that a stand-in names; `None`, which leaves a gap, if the store does not have it.

        What names no place is given back as it is, for the index to refuse.
        """
        place = _place_of(stand_in)
        if place is None:
            return stand_in
        stream, sequence, hash_ = place
        rows = await self._store.read(lambda reader: list(reader.of_stream(stream, after=sequence - 1, limit=1)))
        whole = [row.published() for row in rows if row.sequence == sequence and row.hash == hash_]
        if not whole:
            _log.warning("event %d of %s is too large for the topic and not in the store", sequence, stream)
        return whole[0] if whole else None

    async def _answer(self, question: Coroutine[Any, Any, T], seconds: float = _ANSWER_SECONDS) -> T:
        """Wait for an answer of aiokafka, `seconds` at most.

        In a task of its own: some of its waits take no cancellation, and some end in one that was not asked for,
        which must not be taken for ours.
        """
        task = asyncio.create_task(question)
        task.add_done_callback(_seen)
        try:
            done, _ = await asyncio.wait([task], timeout=seconds)
        finally:
            task.cancel()
        if not done or task.cancelled():
            raise IndexUnavailable("Kafka does not answer the index in time")
        try:
            return task.result()
        except (KafkaError, OSError, TimeoutError) as error:
            raise IndexUnavailable(f"Kafka does not answer the index: {type(error).__name__}") from error


def _place_of(stand_in: bytes) -> tuple[str, int, object] | None:
    """Stream, sequence and hash in a stand-in; `None` if another program wrote it."""
    try:
        shown = strict_object(stand_in)
    except ValueError:
        return None
    stream, sequence = shown.get("stream_id"), shown.get("sequence")
    if not IDS["stream_id"](stream) or type(sequence) is not int or sequence < 1:
        return None
    return str(stream), sequence, shown.get("hash")


def _seen(task: asyncio.Task[Any]) -> None:
    """Read the result of a task that was given up: asyncio warns about an exception that is never read."""
    if not task.cancelled():
        task.exception()


def _consumer(config: KafkaConfig) -> Any:
    return AIOKafkaConsumer(
        **connection_arguments(config),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(_ANSWER_SECONDS * 1000),
        retry_backoff_ms=100,
        # Looked for again, so that a partition that is added to the topic is read within half a minute.
        metadata_max_age_ms=30_000,
    )
