"""Two processes relay one record: one at a time, and the broker refuses the one that lost its turn."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from aiokafka.errors import ProducerFenced  # type: ignore[import-untyped]

from tests.audit.kafka.test_relay import a_config, fill, published, read_topic, relaying, values
from tests.audit.people import eventually
from tests.prove.kafka import check_order
from ultracore.audit import AuditStore, AuditTrail
from ultracore.audit.database import SqlConnection
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.identity import ProducerIdentity
from ultracore.audit.kafka.producer import Message, Outcome, Publisher, connected, identity_of
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.kafka.topics import prepare_topics
from ultracore.errors import AuditUnavailable

ROOT = Path(__file__).parents[3]
SEED = 20261123
HANDOVERS = 3


@contextmanager
def worker(folder: Path, config: KafkaConfig) -> Iterator[subprocess.Popen[bytes]]:
    """A process that relays while this is open."""
    command = [
        sys.executable,
        "-m",
        "tests.audit.relay_worker",
        str(folder / "audit.db"),
        str(folder / "master.key"),
    ]
    arguments = [*command, config.bootstrap_servers, config.topic]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()


async def owner(store: AuditStore) -> str | None:
    """Whose turn it is."""

    def ask(db: SqlConnection) -> str | None:
        row = db.execute("SELECT owner FROM leases WHERE name = 'relay'").fetchone()
        return None if row is None else str(row[0])

    return await store.run(ask)


async def another(store: AuditStore, before: str | None) -> bool:
    return await owner(store) not in (before, None)


async def hold_up(store: AuditStore, process: subprocess.Popen[bytes]) -> None:
    """Stop a process anywhere but in a transaction of its own, in which nobody else could write."""
    for _ in range(5):
        process.send_signal(signal.SIGSTOP)
        try:
            await store.check()
        except AuditUnavailable:
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.2)  # room for the process to end its transaction
        else:
            return
    raise AssertionError("the store cannot be written, whenever the process is stopped")


async def test_two_processes_that_are_stopped_in_turn_never_interleave_a_stream(
    store: AuditStore, trail: AuditTrail, kafka_bootstrap: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - seeded on purpose
    config = a_config(kafka_bootstrap)
    with worker(tmp_path, config) as first:
        await eventually(lambda: another(store, None))
        with worker(tmp_path, config) as second, Load(trail) as load:
            for turn in range(HANDOVERS):
                holder, process = await owner(store), (first, second)[turn % 2]
                await asyncio.sleep(chance.random() / 2)
                await hold_up(store, process)
                await eventually(lambda holder=holder: another(store, holder))  # type: ignore[misc]
                process.send_signal(signal.SIGCONT)
            await load.end()
            await eventually(lambda: _out(KafkaRelay(store, config)))
    found = values(await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic))
    assert set(found) == set(await published(store))
    check_order(found)
    assert max(_steps_back(found).values(), default=0) <= HANDOVERS


class Load:
    """Events without a pause, while this is open. Where the store says that it is busy, one is not recorded."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail
        self._ended = asyncio.Event()

    def __enter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    def __exit__(self, *_: object) -> None:
        self._task.cancel()

    async def end(self) -> None:
        self._ended.set()
        await self._task

    async def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(AuditUnavailable):
                await fill(self._trail, 10)
            await asyncio.sleep(0.01)


async def _out(relay: KafkaRelay) -> bool:
    return await relay.lag() == 0


def _steps_back(found: list[bytes]) -> dict[str, int]:
    """By stream, how often something older follows: once a handover, when the next one sends again."""
    last: dict[str, int] = {}
    steps: dict[str, int] = defaultdict(int)
    for event in map(json.loads, found):
        stream, sequence = event["stream_id"], event["sequence"]
        steps[stream] += sequence <= last.get(stream, 0)
        last[stream] = sequence
    return steps


async def test_the_broker_refuses_a_connection_that_was_followed_by_another(kafka_bootstrap: str) -> None:
    config = a_config(kafka_bootstrap)
    await prepare_topics(config)
    messages = [Message(config.topic, b"key", b"value")]
    async with connected(config) as first:
        before = identity_of(first)
        assert await Publisher(first).publish(messages) == Outcome(1)
        async with connected(config, identity=ProducerIdentity(before.producer_id, before.epoch + 1)) as second:
            assert await Publisher(second).publish(messages) == Outcome(1)
            late = await Publisher(first).publish(messages)
            assert (late.acknowledged, type(late.error)) == (0, ProducerFenced)
            assert await Publisher(second).publish(messages) == Outcome(1)


async def test_a_relay_over_a_restored_database_gets_a_new_identity(
    store: AuditStore, trail: AuditTrail, kafka_bootstrap: str
) -> None:
    config = a_config(kafka_bootstrap)
    async with relaying(store, config) as relay:
        await fill(trail, 10)
        await eventually(lambda: _out(relay))
    name = f"relay_producer:{config.topic}"
    producer_id = (await store.run(lambda db: str(_fact(db, name)))).split(":")[0]
    async with connected(config, identity=ProducerIdentity(int(producer_id), 30_000)) as later:
        await Publisher(later).publish(
            [Message(config.topic, f"tenant_1:conv-{n}".encode(), b"{}") for n in range(5)]
        )
    async with relaying(store, config) as relay:
        await fill(trail, 10)
        await eventually(lambda: _out(relay))
    assert not (await store.run(lambda db: str(_fact(db, name)))).startswith(f"{producer_id}:")


def _fact(db: SqlConnection, name: str) -> object:
    row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    assert row is not None
    return row[0]
