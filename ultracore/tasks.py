"""Tasks that outlive the wish to stop them: money, the record, and the outcome of a tool.

Awaiting an owned coroutine can be cancelled, any number of times; the coroutine itself then runs on to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


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
