"""One owned thread that writes: drafts are committed in groups, other work in transactions of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Final, TypeVar

from ultracore.audit.appender import Appender
from ultracore.audit.interfaces import Draft, Receipt
from ultracore.errors import AuditUnavailable, UltracoreError

_log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]
_LARGEST_GROUP: Final = 256
_MOST_WAITING: Final = 20_000


@dataclass(slots=True, eq=False)
class _Work:
    """A draft or a job, and who waits for it. The future belongs to `loop`."""

    task: Draft | Job
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    outcome: Any = None


class Writer:
    """Serves any number of event loops. Work is done in the order in which it was handed over."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], appender: Appender) -> None:
        self._connect = connect
        self._appender = appender
        self._db: sqlite3.Connection | None = None
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._thread.start()

    async def append(self, draft: Draft) -> Receipt:
        """See `AuditStore.append`."""
        receipt: Receipt = await self._hand_over(draft)
        return receipt

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run `job` in a write transaction of its own; durable when this returns. Raises `AuditUnavailable`."""
        result: T = await self._hand_over(job)
        return result

    def close(self) -> None:
        """Finish what was handed over, close the connection, end the thread."""
        with self._gate:
            if not self._closing.is_set():
                self._closing.set()
                self._waiting.put(None)
        self._thread.join()

    async def _hand_over(self, task: Draft | Job) -> Any:
        loop = asyncio.get_running_loop()
        work = _Work(task, loop, loop.create_future())
        with self._gate:
            if self._closing.is_set():
                raise AuditUnavailable("the audit store is closed")
            if self._waiting.qsize() >= _MOST_WAITING:
                raise AuditUnavailable("too much waits to be recorded", code="audit.full")
            self._waiting.put(work)
        return await work.future

    def _run(self) -> None:
        open_ = True
        while open_:
            batch = [self._waiting.get()]
            while len(batch) < _LARGEST_GROUP:
                try:
                    batch.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            works = [work for work in batch if work is not None]
            open_ = len(works) == len(batch)
            self._do_all(works)
        self._drop_connection()

    def _do_all(self, works: list[_Work]) -> None:
        for are_drafts, group in groupby(works, key=lambda work: isinstance(work.task, Draft)):
            some = list(group)
            if are_drafts:
                self._append_all(some)
            else:
                self._run_jobs(some)
            _deliver(some)

    def _run_jobs(self, works: list[_Work]) -> None:
        for work in works:
            work.outcome = self._attempt(partial(_in_transaction, job=work.task))

    def _append_all(self, works: list[_Work]) -> None:
        """Append a group; where one event's id is taken, each on its own, so that only that one fails."""
        drafts = [work.task for work in works if isinstance(work.task, Draft)]
        answers = self._attempt(lambda db: self._appender.append(db, drafts))
        if isinstance(answers, _Conflict) and len(works) > 1:
            for work in works:
                self._append_all([work])
            return
        for place, work in enumerate(works):
            work.outcome = answers if isinstance(answers, Exception) else answers[place]

    def _attempt(self, task: Job) -> Any:
        """What the task returns, or the error that it ended with; nothing of it is in the database then."""
        try:
            if self._db is None:
                self._db = self._connect()
            return task(self._db)
        except UltracoreError as exc:
            return exc
        except sqlite3.IntegrityError as exc:
            return _Conflict(f"the record has such an event already: {exc}", code="audit.event_rejected")
        except sqlite3.Error as exc:
            self._drop_connection()
            return AuditUnavailable(f"the audit store cannot be written: {exc}")
        except Exception as exc:  # the thread's own boundary: it must outlive a task that fails
            _log.exception("work of the audit store failed")
            self._drop_connection()
            return AuditUnavailable(f"the audit store failed: {type(exc).__name__}")

    def _drop_connection(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


class _Conflict(AuditUnavailable):
    """A row that must be new was there already."""


def _in_transaction(db: sqlite3.Connection, job: Any) -> Any:
    db.execute("BEGIN IMMEDIATE")
    try:
        result = job(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def _deliver(works: Iterable[_Work]) -> None:
    """Wake who waits, once a loop. A loop that is closed has nobody left to wake."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Work]] = {}
    for work in works:
        by_loop.setdefault(work.loop, []).append(work)
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(works: list[_Work]) -> None:
    for work in works:
        if work.future.done():  # its caller was cancelled; the work is done all the same
            continue
        if isinstance(work.outcome, Exception):
            work.future.set_exception(work.outcome)
        else:
            work.future.set_result(work.outcome)
