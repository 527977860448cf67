"""Waiting for a state, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.support.deadlines import PATIENCE


def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Return as soon as it holds. Raises `TimeoutError`."""
    gives_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > gives_up:
            raise TimeoutError(f"did not come true in {seconds} s")
        time.sleep(0.01)


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Return as soon as it holds. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110  # the state is on a server
            await asyncio.sleep(0.01)
