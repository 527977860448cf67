"""A few places for work that many want at once, given out in turn to those who wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFull(Exception):
    """Too many wait already, all in all or under this key."""


class FairQueue:
    """At most `places` bodies run at once. Waiters are served one key after the other, so that a key with a
    thousand waiters delays another key by one body and not by a thousand.

    At most `waiting` wait in all and `waiting_a_key` under one key; who comes then gets `QueueFull` at once.
    """

    def __init__(self, places: int, *, waiting: int, waiting_a_key: int) -> None:
        self._free = places
        self._waiting = waiting
        self._waiting_a_key = waiting_a_key
        self._count = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def place(self, key: str) -> AsyncIterator[None]:
        """Hold a place while the body runs. Raises `QueueFull`."""
        if self._free and not self._count:
            self._free -= 1
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, key: str) -> None:
        queue = self._queues.setdefault(key, deque())
        if self._count >= self._waiting or len(queue) >= self._waiting_a_key:
            # A refused key leaves nothing behind, or made-up keys would fill the memory.
            if not queue:
                del self._queues[key]
            raise QueueFull
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._count += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The place was handed over in the same moment: somebody else must get it.
                self._hand_on()
            else:
                self._leave(key, turn)
            raise

    def _leave(self, key: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues[key]
        queue.remove(turn)
        self._count -= 1
        if not queue:
            del self._queues[key]

    def _hand_on(self) -> None:
        """Give the place to the first waiter of the next key, and put that key at the end of the line."""
        if not self._queues:
            self._free += 1
            return
        key, queue = self._queues.popitem(last=False)
        turn = queue.popleft()
        self._count -= 1
        if queue:
            self._queues[key] = queue
        turn.set_result(None)
