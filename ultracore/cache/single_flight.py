"""One computation a key at a time, however many ask: in this process by a queue, over processes by a lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ultracore.cache.client import RedisClient
from ultracore.cache.lock import CacheLock
from ultracore.errors import CacheUnavailable

# Long enough to survive a process that stands still for a second, short enough to wait for after one died.
_LEASE_SECONDS = 5.0


class SingleFlight:
    """The queues of one process. A queue exists while somebody stands in it."""

    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}
        self._computing: dict[str, asyncio.Task[object] | None] = {}

    @asynccontextmanager
    async def queue(self, key: str) -> AsyncIterator[None]:
        """Wait for this process's turn at `key`. Raises `RuntimeError` in the task that has it already."""
        task = asyncio.current_task()
        if task is not None and self._computing.get(key) is task:
            raise RuntimeError("a factory asks for the very key that it makes")
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            async with self._queues.setdefault(key, asyncio.Lock()):
                self._computing[key] = task
                try:
                    yield
                finally:
                    self._computing.pop(key, None)
        finally:
            self._leave(key)

    def _leave(self, key: str) -> None:
        self._waiting[key] -= 1
        if not self._waiting[key]:
            del self._waiting[key], self._queues[key]


@asynccontextmanager
async def over_processes(client: RedisClient, key: str) -> AsyncIterator[None]:
    """Wait until no other process computes `key`. Raises `CacheUnavailable` if the server does not answer."""
    lease = CacheLock(client, key, _LEASE_SECONDS)
    await lease.acquire()
    try:
        yield
    finally:
        # A lease that was lost meanwhile cost a second computation, not a wrong result.
        with suppress(CacheUnavailable):
            await lease.release()
