"""Tasks that a browser's going away, or its impatience, does not cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Owns what it spawned until it is done, also when Stop cancels the task that waits for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `work`. Whoever awaits the task must do it through `asyncio.shield`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, seconds: float) -> None:
        """Wait for everything to end."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def cancel(self, seconds: float) -> None:
        """Cancel what is left, and give it `seconds` to put things right."""
        for task in self._tasks:
            task.cancel()
        await self.drain(seconds)
