"""The index as the running app has it: kept up to date beside the conversations, and allowed to be gone.

Chat and money never wait for it. While it cannot be opened or read, a question raises `IndexUnavailable`, and the
task that feeds it tries again. While only its source is gone, what it holds can be searched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from ultracore.audit.index.consumer import IndexConsumer
from ultracore.audit.index.values import IndexedConversation, Lag, Query
from ultracore.audit.values import Subject
from ultracore.errors import IndexUnavailable
from ultracore.observability import Metrics

_log = logging.getLogger(__name__)

_SHORTEST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 5.0
_OBSERVE_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 5.0
# Waited for twice, so that `stop` with the closing of the source stays within its 10 s.
_STOP_SECONDS: Final = 3.0
# Three quarters of the time are left to those who talk, since a backlog can wait.
_REST: Final = 3.0
_LONGEST_REST: Final = 2.0

T = TypeVar("T")
Opening = Callable[[], Awaitable[IndexConsumer]]


class IndexService:
    """`start` and `stop` it once; everything else at any time. Belongs to one event loop.

    `rest` is how long it rests after a batch, in times of what the batch took: in the app a backlog must not take
    the processor from those who talk. A process of its own rests for 0.
    """

    def __init__(
        self, opening: Opening, metrics: Metrics | None = None, *, feed: bool = True, rest: float = _REST
    ) -> None:
        self._opening = opening
        self._metrics = metrics
        self._feed = feed
        self._rest = rest
        self._consumer: IndexConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._observe_at = 0.0
        self._stopping = asyncio.Event()
        self._asked: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Open the index and, unless another process feeds it, keep it up to date from now on."""
        self._task = asyncio.create_task(self._run(), name="audit-index")

    async def stop(self) -> None:
        """End the task and close the index, within 10 s also if the source hangs.

        What was not applied is applied at the next start.
        """
        self._stopping.set()
        if self._task is not None:
            # A statement that is cancelled leaves its connection behind: the step that runs may end.
            _, late = await asyncio.wait([self._task], timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._asked:
            await asyncio.wait(self._asked, timeout=_STOP_SECONDS)
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.close()
            await consumer.index.close()

    async def find(self, query: Query) -> list[IndexedConversation]:
        """See `AuditIndex.find`. Raises `IndexUnavailable` within 5 s if the index does not answer."""
        return await self._in_time(self._open().index.find(query))

    async def count(self, query: Query) -> int:
        """See `AuditIndex.count`. Raises `IndexUnavailable` within 5 s if the index does not answer."""
        return await self._in_time(self._open().index.count(query))

    async def lag(self) -> Lag:
        """How far the index is behind. Raises `Unavailable` within 5 s if index or source do not answer."""
        return await self._in_time(self._open().lag())

    async def forget(self, subject: Subject) -> int:
        """See `AuditIndex.forget`. Raises `IndexUnavailable`: then it must be asked again."""
        # Shielded, because a statement that is cancelled leaves its connection behind.
        return await asyncio.shield(self._kept(self._open().index.forget(subject)))

    def _open(self) -> IndexConsumer:
        if self._consumer is None:
            raise IndexUnavailable("the audit index is not open")
        return self._consumer

    async def _run(self) -> None:
        wait = _SHORTEST_WAIT
        failed = False
        while not self._stopping.is_set():
            try:
                if failed and self._consumer is not None:
                    failed = False  # that closing fails too changes nothing about the next try
                    await self._consumer.close()
                if self._consumer is None:
                    self._consumer = await self._opening()
                await self._work(self._consumer)
                await self._observe(self._consumer)
                wait = _SHORTEST_WAIT
            except Exception as error:  # a supervised worker's outer loop: it connects again
                _log.warning("the audit index is not kept up to date: %s", error)
                failed = True
                await self._pause(wait)
                wait = min(2 * wait, _LONGEST_WAIT)

    async def _work(self, consumer: IndexConsumer) -> None:
        if not self._feed:
            await self._pause(_OBSERVE_SECONDS)
            return
        begun = time.monotonic()
        applied = await consumer.step()
        if applied.new and self._rest:
            await self._pause(min(self._rest * (time.monotonic() - begun), _LONGEST_REST))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _observe(self, consumer: IndexConsumer) -> None:
        if self._metrics is None or time.monotonic() < self._observe_at:
            return
        self._observe_at = time.monotonic() + _OBSERVE_SECONDS
        lag = await consumer.lag()
        self._metrics.index_lag_events.set(lag.events)
        self._metrics.index_lag_seconds.set(lag.seconds)
        self._metrics.index_alarms.set(len(await consumer.index.alarms()))  # of more than 100 it says 100

    async def _in_time(self, question: Coroutine[Any, Any, T]) -> T:
        """The answer, waited for and never cancelled: a cancelled statement leaves its connection behind."""
        task = self._kept(question)
        done, _ = await asyncio.wait([task], timeout=_ANSWER_SECONDS)
        if not done:
            raise IndexUnavailable("the audit index did not answer in time")
        return task.result()

    def _kept(self, question: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(question)
        self._asked.add(task)
        task.add_done_callback(self._answered)
        return task

    def _answered(self, task: asyncio.Task[Any]) -> None:
        """Read a result that came too late: asyncio warns about an exception that is never read."""
        self._asked.discard(task)
        if not task.cancelled():
            task.exception()
