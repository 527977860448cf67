"""The relay: publishes the record to Kafka in the order in which it became durable, and the head lists beside it.

Nothing is lost, order holds within a stream, duplicates are possible and harmless: what the broker acknowledged is
marked afterwards, and what was not marked is sent again. One process at a time relays, by a lease in SQL
that is looked at before each batch and checked in the transaction that marks; and the broker refuses what a
process sends that lost it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import uuid4

from aiokafka.errors import (  # type: ignore[import-untyped]
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)

from ultracore.audit.database import SqlConnection
from ultracore.audit.kafka.config import KafkaConfig
from ultracore.audit.kafka.diagnosis import refusal
from ultracore.audit.kafka.identity import forget_identity, keep_identity, next_identity
from ultracore.audit.kafka.pages import OVERSIZED, Place, TopicPage, backlog, marked_place, next_page
from ultracore.audit.kafka.producer import Limits, Message, Outcome, Publisher, connected, identity_of
from ultracore.audit.kafka.topics import empty_topics, prepare_topics
from ultracore.audit.store import AuditStore, Lease, leases
from ultracore.errors import AuditUnavailable, OperatorError, UltracoreError
from ultracore.observability import Metrics

_log = logging.getLogger(__name__)

_LEASE: Final = "relay"
_STANDBY_SECONDS: Final = 1.0
_LONGEST_WAIT: Final = 5.0
_DRAIN_SECONDS: Final = 2.5
_SETTLE_SECONDS: Final = 0.5
_BATCH_SECONDS: Final = 8.0
_LOOK_SECONDS: Final = 30.0
_FENCED: Final = (ProducerFenced, OutOfOrderSequenceNumber, UnknownProducerId)


class KafkaRelay:
    """`start` and `stop` it once. It may run in any number of processes over one store."""

    def __init__(
        self,
        store: AuditStore,
        config: KafkaConfig,
        *,
        poll_seconds: float = 0.2,
        lease_seconds: float = 30.0,
        look_seconds: float = _LOOK_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._store = store
        self.config = config
        self._poll = poll_seconds
        self._lease_seconds = lease_seconds
        self._look_seconds = look_seconds
        self._looked_at = 0.0
        self._metrics = metrics or Metrics()
        self._limits = Limits()
        self._owner = uuid4().hex
        self._lease: Lease | None = None
        self._leased_at = 0.0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._marking: asyncio.Future[Any] | None = None
        # Each warning is told once, not at every connection.
        self._told: set[str] = set()
        self._failures = 0
        self.connected = False
        self.problem: str | None = None
        """Why nothing is published, as a sentence for operators; `None` while all is well."""

    def start(self) -> None:
        """Relay from now on."""
        self._task = asyncio.create_task(self._run(), name="audit-relay")

    async def stop(self) -> None:
        """Send what waits for `_DRAIN_SECONDS` at most, then end: within 10 s. The rest waits in the store."""
        self._stopping.set()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._lease is not None:
            with contextlib.suppress(AuditUnavailable, TimeoutError):
                await asyncio.wait_for(self._store.run(partial(leases.release, lease=self._lease)), 1.0)

    async def lag(self) -> int:
        """How many events the broker has not acknowledged yet. Sets the two lag metrics."""
        waiting = await self._store.read(partial(backlog, config=self.config))
        self._metrics.relay_lag.set(waiting.events)
        self._metrics.relay_lag_seconds.set(waiting.seconds)
        return waiting.events

    async def _run(self) -> None:
        while not self._stopping.is_set():
            wait = self._poll
            try:
                if not await self._has_lease():
                    wait = _STANDBY_SECONDS
                else:
                    await self._session()
            except leases.LeaseLost as lost:
                _log.info("this process publishes no more: %s", lost)
                self._lease, wait = None, _STANDBY_SECONDS
            except Exception as exc:  # a supervised worker's outer loop: it reconnects
                wait = self._failed(exc)
            finally:
                self._say_connected(False)
            await self._pause(wait)

    async def _session(self) -> None:
        """One connection, until it fails, or the lease is another's, or all is out and the relay stops."""
        topics = await prepare_topics(self.config)
        self._limits.learn(topics.largest_batch)
        for sentence in set(topics.warnings) - self._told:
            _log.warning("%s", sentence)
        self._told |= set(topics.warnings)
        await self._begins_anew()
        lease, topic = self._held(), self.config.topic
        identity = await self._store.run(partial(next_identity, lease=lease, topic=topic))
        async with connected(self.config, batch_bytes=self._limits.batch, identity=identity) as producer:
            if identity is None:
                given = identity_of(producer)
                await self._store.run(partial(keep_identity, lease=lease, topic=topic, identity=given))
            self._say_connected(True)
            # The lease is checked up to two thirds of its time, so that no batch is on its way when it ends.
            seconds = min(_BATCH_SECONDS, self._lease_seconds / 3)
            await self._relay(Publisher(producer, self._check_lease, seconds, self._limits))

    async def _relay(self, publisher: Publisher) -> None:
        """Page behind page; the next one is read while the last is on its way."""
        place = await self._store.read(partial(marked_place, config=self.config))
        reading: asyncio.Future[Any] = self._read(place)
        try:
            while await self._has_lease():
                page: TopicPage = await reading
                if page.empty:
                    await self._settle()
                    if self._stopping.is_set():
                        return
                    if time.monotonic() - self._looked_at > self._look_seconds and await self._begins_anew():
                        return  # the next session reads the store from its beginning
                    await self._pause(self._poll)
                else:
                    place = page.after
                reading = self._read(place)
                await self._publish(publisher, page)
        finally:
            left = {reading} if self._marking is None else {reading, self._marking}
            await asyncio.wait(left, timeout=_SETTLE_SECONDS)

    async def _begins_anew(self) -> bool:
        """True if a topic was deleted and made anew: what it has lost is sent again, from the store's beginning.

        A topic into which nothing was ever written cannot hold what was acknowledged. Asked at each connection and
        now and then while nothing waits, since a producer goes on into a new topic without an error.
        """
        self._looked_at = time.monotonic()
        place = await self._store.read(partial(marked_place, config=self.config))
        if not (place.events or place.heads):
            return False
        marked = {self.config.topic: place.events, self.config.heads_topic: place.heads}
        lost = [topic for topic in await empty_topics(self.config) if marked[topic]]
        for topic in lost:
            await self._store.run(partial(self._forget_place, topic=topic))
            self._metrics.relay_topics_anew.inc()
            _log.error("the topic %s was deleted and made anew; it is filled again from the store", topic)
        return bool(lost)

    def _forget_place(self, db: SqlConnection, topic: str) -> None:
        leases.check(db, self._held())
        db.execute("DELETE FROM relay_positions WHERE topic = ?", (topic,))

    def _read(self, place: Place) -> asyncio.Future[Any]:
        question = partial(next_page, config=self.config, limits=self._limits, place=place)
        reading = asyncio.create_task(self._store.read(question))
        reading.add_done_callback(_seen)
        return reading

    async def _publish(self, publisher: Publisher, page: TopicPage) -> None:
        """Events, then the heads over them; what was acknowledged is marked while the next page goes out."""
        marks: dict[str, int] = {}
        outcome = Outcome(0)
        for topic, part in ((self.config.topic, page.events), (self.config.heads_topic, page.heads)):
            if outcome.error is None:
                outcome = await publisher.publish([message for _, message in part])
                if outcome.acknowledged:
                    marks[topic] = part[outcome.acknowledged - 1][0]
                    self._acknowledged(part[: outcome.acknowledged])
        await self._settle()
        if marks:
            self._marking = asyncio.ensure_future(self._store.run(partial(self._mark, marks=marks)))
            self._marking.add_done_callback(_seen)
        if outcome.error is not None:
            await self._settle()
            if isinstance(outcome.error, _FENCED):
                await self._store.run(partial(forget_identity, lease=self._held(), topic=self.config.topic))
            raise refusal(self.config, outcome.error)

    async def _settle(self) -> None:
        """Until the last mark is durable. Raises what it ended with."""
        if self._marking is not None:
            marking, self._marking = self._marking, None
            await marking

    def _held(self) -> Lease:
        if self._lease is None:
            raise leases.LeaseLost("the relay has no lease")
        return self._lease

    def _mark(self, db: SqlConnection, marks: Mapping[str, int]) -> None:
        leases.check(db, self._held())
        for topic, position in marks.items():
            db.execute(
                # A position never moves back, also if the mark of an older page comes late.
                "INSERT INTO relay_positions VALUES (?, ?) ON CONFLICT (topic) DO UPDATE "
                "SET position = excluded.position WHERE relay_positions.position < excluded.position",
                (topic, position),
            )

    async def _has_lease(self) -> bool:
        """Renewed in good time."""
        # Taken before the question, so that the lease is never believed to last longer than it does.
        asked = time.monotonic()
        if self._lease is None or asked - self._leased_at > self._lease_seconds / 3:
            self._lease = await self._store.run(
                partial(leases.acquire, name=_LEASE, owner=self._owner, seconds=self._lease_seconds)
            )
            self._leased_at = asked
        return self._lease is not None

    def _check_lease(self) -> None:
        """Raises `LeaseLost` if a batch that is sent now might be on its way when the lease has ended."""
        if time.monotonic() - self._leased_at > self._lease_seconds * 2 / 3:
            self._lease = None
            raise leases.LeaseLost("the relay was held up for longer than its lease allows")

    def _acknowledged(self, part: Sequence[tuple[int, Message]]) -> None:
        self._failures, self.problem = 0, None
        self._metrics.relay_published.inc(len(part))
        for position, message in part:
            if message.headers and message.headers[-1][0] == OVERSIZED:
                self._metrics.relay_oversized.inc()
                _log.error(
                    "event %s is larger than the topic takes; its place in the chain was published", position
                )

    def _failed(self, exc: Exception) -> float:
        """Count it, log it if it is news, and say how many seconds to wait: twice as long each time, jittered."""
        self._failures += 1
        self._metrics.relay_errors.inc()
        if isinstance(exc, UltracoreError):
            problem = exc.message
        elif isinstance(exc, TimeoutError):
            problem = f"Kafka at {self.config.bootstrap_servers} did not answer in time."
        else:
            problem = f"Kafka at {self.config.bootstrap_servers} was lost ({exc!r})."
        if problem != self.problem:
            level = logging.ERROR if isinstance(exc, OperatorError) else logging.WARNING
            _log.log(level, "nothing is published: %s", problem)
        self.problem = problem
        wait: float = min(_LONGEST_WAIT, self._poll * 2 ** min(self._failures, 16))
        return wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads replicas, guards nothing

    def _say_connected(self, connected_now: bool) -> None:
        self.connected = connected_now
        self._metrics.relay_connected.set(int(connected_now))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _seen(future: asyncio.Future[Any]) -> None:
    """A task's exception is retrieved even if no caller waits for it any more."""
    if not future.cancelled():
        future.exception()
