"""Kafka killed, stopped (SIGSTOP) and flapping under load: nothing lost, order kept, drained, quick to stop.

Each run has writers at work on streams of their own while the broker is in trouble. In half of the runs the relay
is stopped in the middle of the trouble and a new one started, in half right after it; otherwise it must find its
own way back. Runs take the kinds of trouble in turn.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.audit.kafka.test_relay import read_topic, values
from tests.prove.seeds import Failed, each
from tests.support.deadlines import PATIENCE
from tests.support.kafka import KafkaBroker
from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore

FULL_RUNS = 30
WRITERS = 6
PAUSE_BETWEEN_EVENTS = 0.01
STOP_SECONDS = 10.0
KINDS = ("kill", "stop", "flap")


@dataclass(slots=True)
class Figures:
    """What the runs came to."""

    events: int = 0
    duplicates: int = 0
    stops: list[float] = field(default_factory=list)
    drains: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.events} events, 0 lost, 0 out of order, {self.duplicates} duplicates; "
            f"drained in {max(self.drains):.1f} s at most; "
            f"{len(self.stops)} stops in {max(self.stops):.1f} s at most"
        )


async def run(runs: int, seed: int) -> str:
    """The proof, on one broker for all runs and a record and a topic for each."""
    figures = Figures()
    strays: list[str] = []
    async with AsyncExitStack() as stack:
        loop = asyncio.get_running_loop()
        stack.callback(loop.set_exception_handler, loop.get_exception_handler())
        loop.set_exception_handler(lambda _, context: strays.append(str(context)))
        broker = stack.enter_context(await asyncio.to_thread(KafkaBroker))
        for one in each(runs, seed):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ultracore-kafka-")))
            kind = KINDS[one % len(KINDS)]
            try:
                await _Run(broker, folder, random.Random(one), figures).of(kind)  # noqa: S311 - seeded on purpose
                assert not strays, f"errors that nobody asked for: {strays[:3]}"
            except (AssertionError, TimeoutError) as error:
                raise Failed(f"{kind}: {error!r}", one) from error
    return str(figures)


class _Run:
    def __init__(self, broker: KafkaBroker, folder: Path, chance: random.Random, figures: Figures) -> None:
        self._broker = broker
        self._folder = folder
        self._chance = chance
        self._figures = figures
        topic = f"prove-{uuid4().hex}"
        self._config = KafkaConfig(bootstrap_servers=broker.bootstrap, topic=topic, heads_topic=f"{topic}.heads")

    async def of(self, kind: str) -> None:
        """One run with this kind of trouble."""
        store = await SqliteAuditStore.open(self._folder / "audit.db", MasterKey.load(self._folder / "master.key"))
        relay = self._started(store)
        trouble: asyncio.Future[None] | None = None
        try:
            async with self._load(AuditTrail(store=store)):
                await self._wait(0.5, 1.5)
                trouble = asyncio.create_task(getattr(self, f"_{kind}")())
                await self._wait(0.2, 2.0)
                relay = await self._perhaps_replaced(store, relay)
                await trouble
                back = time.monotonic()
                relay = await self._perhaps_replaced(store, relay)
            async with asyncio.timeout(PATIENCE):
                while await relay.lag():  # noqa: ASYNC110 - a broker cannot set an event
                    await asyncio.sleep(0.05)
            self._figures.drains.append(time.monotonic() - back)
            await self._stopped(relay)
            await self._examine(store)
        finally:
            if trouble is not None:
                trouble.cancel()
            await relay.stop()
            await store.close()

    def _started(self, store: SqliteAuditStore) -> KafkaRelay:
        relay = KafkaRelay(store, self._config)
        relay.start()
        return relay

    async def _perhaps_replaced(self, store: SqliteAuditStore, relay: KafkaRelay) -> KafkaRelay:
        if self._chance.random() < 0.5:
            return relay
        await self._stopped(relay)
        return self._started(store)

    async def _stopped(self, relay: KafkaRelay) -> None:
        begun = time.monotonic()
        await relay.stop()
        self._figures.stops.append(time.monotonic() - begun)
        assert self._figures.stops[-1] <= STOP_SECONDS, f"a stop took {self._figures.stops[-1]:.1f} s"

    @asynccontextmanager
    async def _load(self, trail: AuditTrail) -> AsyncIterator[None]:
        """Writers at work inside; afterwards all that they wrote is durable."""
        ended = asyncio.Event()

        async def write(stream: int) -> None:
            while not ended.is_set():
                await trail.log_event(
                    AuditEventType.USER_MESSAGE,
                    "tenant_1",
                    "x",
                    session_id=f"conv-{stream}",
                    metadata={"text": "y" * 400},
                )
                await asyncio.sleep(PAUSE_BETWEEN_EVENTS)

        writers = [asyncio.create_task(write(stream)) for stream in range(WRITERS)]
        try:
            yield
        finally:
            ended.set()
            await asyncio.gather(*writers)

    async def _wait(self, least: float, most: float) -> None:
        await asyncio.sleep(self._chance.uniform(least, most))

    async def _kill(self) -> None:
        await asyncio.to_thread(self._broker.kill)
        await self._wait(1.0, 4.0)
        await asyncio.to_thread(self._broker.start)

    async def _stop(self) -> None:
        """For longer than a request, a batch or a sign-in may take."""
        self._broker.pause()
        await self._wait(9.0, 12.0)
        await self._resume()

    async def _flap(self) -> None:
        for _ in range(self._chance.randint(3, 5)):
            if self._chance.random() < 0.4:
                await asyncio.to_thread(self._broker.kill)
                await self._wait(0.0, 0.5)
                await asyncio.to_thread(self._broker.start)
            else:
                self._broker.pause()
                await self._wait(0.2, 2.5)
                await self._resume()
            await self._wait(0.0, 0.8)

    async def _resume(self) -> None:
        self._broker.resume()
        await asyncio.to_thread(self._broker.wait_until_ready)

    async def _examine(self, store: SqliteAuditStore) -> None:
        """The topic holds exactly the record; by first occurrence each stream is in order."""
        record = await store.read(lambda reader: [row.published() for row in reader.stored()])
        found = values(await asyncio.to_thread(read_topic, self._broker.bootstrap, self._config.topic))
        lost = set(record) - set(found)
        assert not lost, f"{len(lost)} of {len(record)} events are lost"
        assert set(found) == set(record), "the topic holds something else"
        check_order(found)
        self._figures.events += len(record)
        self._figures.duplicates += len(found) - len(record)


def check_order(found: list[bytes]) -> None:
    """Raises AssertionError where a stream's events do not appear first in the order of their sequence."""
    sequences: dict[str, list[int]] = defaultdict(list)
    for value in dict.fromkeys(found):
        event = json.loads(value)
        sequences[event["stream_id"]].append(event["sequence"])
    for stream, seen in sequences.items():
        assert seen == list(range(1, len(seen) + 1)), f"stream {stream} is out of order"
