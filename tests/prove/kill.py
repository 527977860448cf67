"""A worker with store, relay and ledger is killed at random points and started again: nothing lost or doubled.

Half of the runs are killed after a random delay, half at a named place. In a quarter of them the restart is killed
as well, and there is another one.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from uuid import uuid4

from tests.prove import kept, kill_worker
from tests.prove.kill_points import PLACES
from tests.prove.kill_worker import Job
from tests.prove.seeds import Failed, each
from tests.prove.topics import TopicReader
from tests.support.deadlines import PATIENCE
from tests.support.kafka import KafkaBroker
from tests.support.processes import ProcessFailed, wait_until

FULL_RUNS = 200


def run(runs: int, seed: int, bootstrap: str | None = None) -> str:
    """The proof; with `bootstrap` against that broker, else against one of its own for all runs."""
    figures: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ultracore-kill-")))
        broker = bootstrap or stack.enter_context(KafkaBroker()).bootstrap
        reader = stack.enter_context(TopicReader(broker))
        context = _context()
        _to_its_end(_started(context, kill_worker.seed_world, folder / "world"))
        for one in each(runs, seed):
            figures.update(_one(context, folder, broker, reader, one))
    return ", ".join(f"{figures[name]} {name}" for name in NAMES)


NAMES = (
    "acknowledged events, 0 missing",
    "effects, 0 without an intent, 0 doubled",
    "outcomes resolved after a restart, 0 left open",
    "restarts killed too",
    "duplicates in Kafka, all of the same hash",
    "refusals",
)


def _context() -> ForkServerContext:
    """Processes that are forked from one that has loaded the program: a start costs no second of imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.prove.kill_worker"])
    return context


def _one(context: ForkServerContext, folder: Path, bootstrap: str, reader: TopicReader, seed: int) -> Counter[str]:
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    data = folder / str(seed)
    shutil.copytree(folder / "world", data)
    job = Job(data, data / "told", bootstrap, f"kill-{uuid4().hex}", seed)
    if chance.random() < 0.5:
        place = chance.choice(sorted(PLACES))
        job = replace(job, place=place, number=chance.randint(1, PLACES[place].often))
    try:
        _kill(_started(context, kill_worker.work, job), job, chance)
        again = chance.random() < 0.25
        if again:
            _cut_short(_started(context, kill_worker.recover, job), chance.random())
        _to_its_end(_started(context, kill_worker.recover, job))
        figures = _examined(job, reader)
    except (AssertionError, ProcessFailed) as error:
        raise Failed(f"{error} (killed {job.place or 'after a delay'})", seed) from error
    figures["restarts killed too"] = int(again)
    shutil.rmtree(data)
    return figures


def _examined(job: Job, reader: TopicReader) -> Counter[str]:
    told, record, ledger = kept.read_told(job.told), kept.read_record(job.data), kept.read_ledger(job.data)
    kept.check_acknowledged(told, record, ledger)
    kept.check_effects(record, ledger)
    duplicates = kept.check_published(reader.values(job.topic), record)
    counts = (
        len(told.events),
        len(ledger.entries),
        kept.check_told_later(record, ledger, told),
        0,
        duplicates,
        told.refused,
    )
    return Counter(dict(zip(NAMES, counts, strict=True)))


def _started(context: ForkServerContext, task: Callable[..., None], argument: object) -> ForkServerProcess:
    process = context.Process(target=task, args=(argument,), daemon=True)
    process.start()
    return process


def _kill(process: ForkServerProcess, job: Job, chance: random.Random) -> None:
    """Wait until it dies at its place; or until it has done something, and then a moment, and kill it."""
    if job.place is None:
        wanted = chance.randint(5, 200)
        wait_until(lambda: _lines(job.told) >= wanted or not process.is_alive(), seconds=PATIENCE, what="events")
        time.sleep(chance.random() / 20)
        process.kill()
    process.join(PATIENCE)
    code = process.exitcode
    process.kill()
    assert code == -9, f"the worker ended with {code}"


def _cut_short(process: ForkServerProcess, seconds: float) -> None:
    """Kill a restart at whatever it is doing then; it may have come to its end."""
    process.join(seconds / 2)
    process.kill()
    process.join(PATIENCE)


def _to_its_end(process: ForkServerProcess) -> None:
    process.join(PATIENCE)
    code = process.exitcode
    process.kill()
    assert code == 0, f"a start ended with {code}"


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
