"""A deadline that an event loop which stood still does not trip."""

from __future__ import annotations

import asyncio
from types import TracebackType

GRACE_SECONDS = 0.05


class Deadline:
    """As `asyncio.timeout`, but fair: an event loop that was itself held up past the end may first read the reply.

    Without that, half a second of somebody else's computing would look like a server that does not answer.
    """

    __slots__ = ("_due", "_extended", "_scope", "_seconds", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._scope = asyncio.timeout(None)
        self._extended = False

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        await self._scope.__aenter__()
        self._due = loop.time() + self._seconds
        self._timer = loop.call_at(self._due, self._expire)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now - self._due > GRACE_SECONDS and not self._extended:
            self._extended = True
            self._timer = loop.call_at(now + GRACE_SECONDS, self._expire)
        else:
            self._scope.reschedule(now)
