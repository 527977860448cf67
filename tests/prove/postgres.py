"""PostgreSQL killed, stopped and frozen, and writing processes killed, under load: nothing acknowledged is lost.

Each run has a record of its own, four writers here and a process beside them, all on the same streams. Trouble
comes three times, at random moments; whoever is refused appends the same event again until it is acknowledged.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.audit.stores import Place, Worker, a_draft, hold_together
from tests.prove.seeds import Failed, each
from tests.support.deadlines import PATIENCE
from tests.support.postgres import PostgresServer
from ultracore.audit import AuditStore
from ultracore.errors import AuditUnavailable

FULL_RUNS = 40
TIMES: Final = 3
Told = tuple[str, int, str]


@dataclass(slots=True)
class Figures:
    """What the runs came to."""

    acknowledged: int = 0
    refused: int = 0
    troubles: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        trouble = ", ".join(f"{count} times {name}" for name, count in sorted(self.troubles.items()))
        return f"{self.acknowledged} events acknowledged, 0 lost, 0 doubled; {self.refused} refusals; {trouble}"


class Load:
    """Writers of this process that go on until they are stopped, whatever the database does."""

    def __init__(self, store: AuditStore, figures: Figures) -> None:
        self._store = store
        self._figures = figures
        self._stopping = asyncio.Event()
        self.told: list[Told] = []
        self._tasks = [asyncio.create_task(self._write(name)) for name in ("a1", "a2", "b1", "b2")]

    async def wait_for_more(self, events: int) -> None:
        """Until so many more are acknowledged."""
        due = len(self.told) + events
        async with asyncio.timeout(PATIENCE):
            while len(self.told) < due:  # noqa: ASYNC110 - a database cannot set an event
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Once everything under way is acknowledged."""
        self._stopping.set()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self._tasks)

    async def cancel(self) -> None:
        """Without waiting for anything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, name: str) -> None:
        number = 0
        while not self._stopping.is_set():
            await self._append(f"{name}-{number}", f"conv-{number % 3}")
            number += 1

    async def _append(self, event_id: str, stream_id: str) -> None:
        while True:
            try:
                receipt = await self._store.append(a_draft(event_id, stream_id))
            except AuditUnavailable:
                self._figures.refused += 1
                await asyncio.sleep(0.05)
            else:
                self.told.append((receipt.stream_id, receipt.sequence, receipt.hash))
                return


class Trouble:
    """What may happen to the server, and to the process that writes beside us."""

    def __init__(self, server: PostgresServer, place: Place, chance: random.Random) -> None:
        self._server = server
        self._place = place
        self._chance = chance
        self.workers = [Worker(place, "worker-0")]
        self.kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "server killed": self._kill,
            "server restarted": self._restart,
            "server frozen": self._freeze,
            "writer killed": self._kill_writer,
        }

    async def _kill(self) -> None:
        await asyncio.to_thread(self._server.kill)
        await asyncio.to_thread(self._server.start)

    async def _restart(self) -> None:
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)

    async def _freeze(self) -> None:
        self._server.pause()
        await asyncio.sleep(self._chance.random())
        self._server.resume()

    async def _kill_writer(self) -> None:
        self.workers[-1].kill()
        self.workers.append(Worker(self._place, f"worker-{len(self.workers)}"))

    async def come(self, load: Load, figures: Figures) -> None:
        """One trouble, after a random number of events on both sides."""
        await load.wait_for_more(self._chance.randrange(5, 60))
        await self.workers[-1].wait_for(self._chance.randrange(1, 20), seconds=PATIENCE)
        kind = self._chance.choice(sorted(self.kinds))
        figures.troubles[kind] = figures.troubles.get(kind, 0) + 1
        await self.kinds[kind]()


async def run(runs: int, seed: int) -> str:
    """Raises where an acknowledged event is missing, twice there, or a chain does not hold."""
    figures = Figures()
    with PostgresServer() as server:
        for number in each(runs, seed):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    await one(server, Path(folder), random.Random(number), figures)  # noqa: S311 - seeded
                except (AssertionError, TimeoutError) as error:
                    raise Failed(str(error) or type(error).__name__, number) from error
    return str(figures)


async def one(server: PostgresServer, home: Path, chance: random.Random, figures: Figures) -> None:
    """One record with its troubles."""
    place = Place(server.make_database(), home)
    load = Load(await place.open(), figures)
    trouble = Trouble(server, place, chance)
    try:
        for _ in range(TIMES):
            await trouble.come(load, figures)
        await load.stop()
    finally:
        for worker in trouble.workers:
            worker.kill()
        with suppress(AuditUnavailable):
            await load.cancel()
            await place.close()
    theirs = [told for worker in trouble.workers for told in worker.acknowledged()]
    await _examine(place, [*load.told, *theirs])
    server.drop_database(place.url)
    figures.acknowledged += len(load.told) + len(theirs)


async def _examine(place: Place, told: list[Told]) -> None:
    rows = await place.stored()
    kept = {(row.stream_id, row.sequence, row.hash) for row in rows}
    assert len(set(told)) == len(told), "two events were told the same place"
    assert set(told) <= kept, f"{len(set(told) - kept)} acknowledged events are missing"
    for stream in {row.stream_id for row in rows}:
        hold_together([row for row in sorted(rows, key=lambda row: row.sequence) if row.stream_id == stream])
    assert (await place.verify()).events == len(kept)
