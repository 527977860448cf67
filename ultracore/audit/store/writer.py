"""One owned thread that writes: drafts are committed in groups, other work in transactions of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Final, TypeVar

from ultracore.audit.database import CommitUnknown, RecordDatabase, SqlConnection, TryAgain, transaction
from ultracore.audit.store.appender import Appender, PreparedEvent
from ultracore.audit.values import Draft, Receipt
from ultracore.errors import AuditUnavailable, UltracoreError

_log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[SqlConnection], Any]
# Bounded, because a group is one transaction, during which no other process can append.
_LARGEST_GROUP: Final = 256
# A bound on memory while the database is gone: an event is refused rather than queued without an end.
_MOST_WAITING: Final = 20_000
_PAUSES: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before another attempt; the first serves a connection that went stale while it was idle."""
_SHORTEST_REST: Final = 0.1
_LONGEST_REST: Final = 1.0
_PATIENCE: Final = 5.0
"""Seconds after which an attempt is the last one, though pauses are left."""


@dataclass(slots=True, eq=False)
class _Work:
    """A draft or a job, and who waits for it. The future belongs to `loop`."""

    task: Draft | Job
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    prepared: PreparedEvent | None = None
    outcome: Any = None


class Writer:
    """Serves any number of event loops. Work is done in the order in which it was handed over."""

    def __init__(self, database: RecordDatabase, appender: Appender) -> None:
        self._database = database
        self._appender = appender
        self._db: SqlConnection | None = None
        self._gone: _Gone | None = None
        self._rest = 0.0
        self._next_try = 0.0
        self._waiting: queue.SimpleQueue[list[_Work] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._thread.start()

    async def append(self, draft: Draft) -> Receipt:
        """See `AuditStore.append`."""
        # Here, so that the writing thread can write the group before it meanwhile.
        receipt: Receipt = await self._hand_over(draft, self._appender.prepare_now(draft))
        return receipt

    async def append_all(self, drafts: Sequence[Draft]) -> list[Receipt]:
        """See `AuditStore.append_all`."""
        prepared = [self._appender.prepare_now(draft) for draft in drafts]
        futures = self._put([_work(draft, ready) for draft, ready in zip(drafts, prepared, strict=True)])
        first, *others = await asyncio.gather(*futures, return_exceptions=True)
        if isinstance(first, BaseException):
            raise first
        return [first, *(other for other in others if not isinstance(other, BaseException))]

    async def run(self, job: Callable[[SqlConnection], T]) -> T:
        """Run `job` in a write transaction of its own; durable when this returns. Raises `AuditUnavailable`.

        If nothing of an attempt is in the database the job may be run again: its effects belong there alone.
        """
        result: T = await self._hand_over(job)
        return result

    def close(self) -> None:
        """Finish what was handed over, close the connection, end the thread."""
        with self._gate:
            if not self._closing.is_set():
                self._closing.set()
                self._waiting.put(None)
        self._thread.join()

    async def _hand_over(self, task: Draft | Job, prepared: PreparedEvent | None = None) -> Any:
        [future] = self._put([_work(task, prepared)])
        return await future

    def _put(self, works: list[_Work]) -> list[asyncio.Future[Any]]:
        with self._gate:
            # Asked and put under one lock: work that came in behind the closing mark would never be done.
            if self._closing.is_set():
                raise AuditUnavailable("the audit store is closed")
            if self._waiting.qsize() >= _MOST_WAITING:
                raise AuditUnavailable("too much waits to be recorded", code="audit.full")
            # As one item: what came together is taken together, and so written in one transaction.
            self._waiting.put(works)
        return [work.future for work in works]

    def _run(self) -> None:
        open_ = True
        while open_:
            taken = self._waiting.get()
            works: list[_Work] = []
            while taken is not None:
                works += taken
                if len(works) >= _LARGEST_GROUP:
                    break
                try:
                    taken = self._waiting.get_nowait()
                except queue.Empty:
                    break
            open_ = taken is not None
            self._do_all(works)
        self._drop_connection()

    def _do_all(self, works: list[_Work]) -> None:
        # Neighbours only, so that drafts and jobs keep the order in which they were handed over.
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
        """Append a group; if it cannot be done together, each on its own, so that only what is wrong fails."""
        # Repeatable, because an event that is in already is found again by its id (`_find`).
        answers = self._attempt(lambda db: self._appender.append(db, self._prepared(db, works)), repeatable=True)
        if isinstance(answers, _Refused) and len(works) > 1:
            for work in works:
                self._append_all([work])
            return
        if isinstance(answers, _Conflict):
            answers = self._find(works[0], answers)
        for place, work in enumerate(works):
            work.outcome = answers if isinstance(answers, Exception) else answers[place]

    def _prepared(self, db: SqlConnection, works: list[_Work]) -> list[PreparedEvent]:
        """Prepare each draft once: a second attempt has the same salt, and an error event the same id."""
        for work in works:
            if work.prepared is None and isinstance(work.task, Draft):
                work.prepared = self._appender.prepare(db, work.task)
        return [work.prepared for work in works if work.prepared is not None]

    def _find(self, work: _Work, conflict: _Conflict) -> Any:
        """Look for an event that was appended before, by a caller or a commit that lost its answer."""
        item = work.prepared
        if item is None:
            return conflict
        found = self._attempt(lambda db: self._appender.recorded(db, item), repeatable=True)
        return conflict if found is None else found if isinstance(found, Exception) else [found]

    def _attempt(self, task: Job, *, repeatable: bool = False) -> Any:
        """Do a task; its result, or the error that it ended with, after which nothing of it is in the database.

        With `repeatable` the task may also be done again if it is not known whether it was done.
        """
        if self._gone is not None and time.monotonic() < self._next_try:
            return _Gone(self._gone.message, unknown=False)
        pauses = iter(_PAUSES if self._gone is None else ())
        last_start = time.monotonic() + _PATIENCE
        while True:
            outcome = self._once(task)
            if not isinstance(outcome, _Gone):
                self._gone, self._rest = None, 0.0
                return outcome
            if outcome.unknown and not repeatable:
                return outcome
            pause = next(pauses, None)
            if pause is None or time.monotonic() + pause > last_start:
                return self._leave_alone(outcome)
            # Not `sleep`: a store that is being closed does not sit its pauses out.
            self._closing.wait(pause)

    def _leave_alone(self, outcome: _Gone) -> _Gone:
        """A database that is gone is tried again after a rest; until then callers get this answer at once."""
        self._gone = outcome
        self._rest = min(2 * self._rest or _SHORTEST_REST, _LONGEST_REST)
        self._next_try = time.monotonic() + self._rest
        return outcome

    def _once(self, task: Job) -> Any:
        try:
            if self._db is None:
                self._db = self._database.connect()
            return task(self._db)
        except UltracoreError as exc:
            return exc
        except TryAgain as exc:
            self._drop_connection()
            return _Gone(f"the audit store cannot be written: {exc}", unknown=isinstance(exc, CommitUnknown))
        except self._database.conflicts as exc:
            return _Conflict(f"the record does not take this: {exc}", code="audit.event_rejected")
        except self._database.errors as exc:
            self._drop_connection()
            return AuditUnavailable(f"the audit store cannot be written: {exc}")
        except Exception as exc:  # the thread's own boundary: it must outlive a task that fails
            _log.exception("work of the audit store failed")
            self._drop_connection()
            return _Refused(f"the audit store failed: {type(exc).__name__}")

    def _drop_connection(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


class _Refused(AuditUnavailable):
    """The work is wrong and was not written; the store itself answers."""


class _Conflict(_Refused):
    """A row that must be new was there already."""


class _Gone(AuditUnavailable):
    """The database went away, or wants the transaction again. `unknown`: all of it may be in."""

    def __init__(self, message: str, *, unknown: bool) -> None:
        super().__init__(message)
        self.unknown = unknown


def _work(task: Draft | Job, prepared: PreparedEvent | None) -> _Work:
    loop = asyncio.get_running_loop()
    return _Work(task, loop, loop.create_future(), prepared)


def _in_transaction(db: SqlConnection, job: Any) -> Any:
    with transaction(db, db.begin_job):
        return job(db)


def _deliver(works: Iterable[_Work]) -> None:
    """Wake who waits, once a loop. A loop that is closed has no caller left to wake."""
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
