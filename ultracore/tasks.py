"""Tasks that outlive the wish to stop them (money, the record, the outcome of a tool), and repeated ones.

Awaiting an owned coroutine can be cancelled, any number of times; the coroutine itself then runs on to its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from ultracore.errors import UltracoreError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
_STOP_SECONDS: Final = 5.0


class OwnedTasks:
    """Keeps tasks until they are done, also if what waits for them is cancelled. `drain` waits at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Await `work`. If the waiting is cancelled, `CancelledError` is raised here and the work goes on."""
        # AnyIO's shield does not stop `Task.cancel`, which is what Chainlit's Stop button calls.
        return await asyncio.shield(self.start(work))

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Start `work`. Await the task through `asyncio.shield`, so that only `cancel` can end it."""
        task = asyncio.get_running_loop().create_task(work)
        # An event loop holds tasks weakly: without this, one that waits may be collected before its end.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, seconds: float) -> int:
        """Wait for what is running. Returns how many tasks are still unfinished after `seconds`."""
        if not self._tasks:
            return 0
        _, unfinished = await asyncio.wait(set(self._tasks), timeout=seconds)
        return len(unfinished)

    async def cancel(self, seconds: float) -> int:
        """Cancel what is running and give it `seconds` to put things right. Returns as `drain` does."""
        for task in self._tasks:
            task.cancel()
        return await self.drain(seconds)


class RepeatedTask:
    """Does `work` again and again. `start` and `stop` it once; it belongs to one event loop.

    `work` returns the seconds until the next time, 0 if more is to be done at once. When it raises an
    `UltracoreError`, that is logged under `name` and it is tried again after `retry` seconds. `first` is how many
    seconds pass before the first time.
    """

    def __init__(
        self, name: str, work: Callable[[], Awaitable[float]], *, retry: float, first: float = 0.0
    ) -> None:
        self._name = name
        self._work = work
        self._retry = retry
        self._first = first
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Cancel the work, and wait for its end for five seconds at most. Without `start` nothing happens."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_STOP_SECONDS)

    async def _run(self) -> None:
        await asyncio.sleep(self._first)
        while True:
            try:
                pause = await self._work()
            except UltracoreError as error:
                logger.warning("%s: to be tried again: %s", self._name, error.code)
                pause = self._retry
            await asyncio.sleep(pause)
