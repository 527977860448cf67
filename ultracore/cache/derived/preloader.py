"""Fills the cache in the background, at start and when somebody signs in. No request waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from ultracore.errors import UltracoreError
from ultracore.tasks import OwnedTasks

log = logging.getLogger(__name__)

AT_ONCE: Final = 2
MOST_WAITING: Final = 200
LOAD_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 1.0

Loader = Callable[[], Awaitable[object]]


class Preloader:
    """Runs loaders, two at a time. What one cannot load is loaded when it is asked for."""

    def __init__(self) -> None:
        self._tasks = OwnedTasks()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def start(self, loaders: Iterable[Loader]) -> None:
        """Begin with these; those beyond `MOST_WAITING` are left out, since a crowd needs the ledger itself."""
        for loader in loaders:
            if self._waiting < MOST_WAITING:
                self._waiting += 1
                self._tasks.start(self._load(loader))

    async def idle(self) -> None:
        """Return when nothing is being loaded."""
        await self._tasks.drain(LOAD_SECONDS * MOST_WAITING)

    async def stop(self) -> None:
        """End what is running. Idempotent."""
        await self._tasks.cancel(_STOP_SECONDS)

    async def _load(self, loader: Loader) -> None:
        try:
            async with self._places, asyncio.timeout(LOAD_SECONDS):
                await loader()
        except UltracoreError as error:
            log.info("something was not loaded in advance: %s", error.code)
        except TimeoutError:
            log.info("something was not loaded in advance: it took too long")
        finally:
            self._waiting -= 1
