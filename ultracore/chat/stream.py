"""Gathers the pieces of an answer: one event to the browser every 30 ms costs less than one for each token."""

from __future__ import annotations

import asyncio

from ultracore.chat.screen import Screen
from ultracore.chat.wire import Wire

GATHER_SECONDS = 0.03


class StreamedMessage:
    """One answer while it is being written. The first piece is drawn at once, later ones in batches, in order."""

    def __init__(self, screen: Screen, step: Wire) -> None:
        self._screen = screen
        self._step = step
        self._pieces: list[str] = []
        self._timer: asyncio.Task[None] | None = None

    async def begin(self, piece: str) -> None:
        """Draw the message with its first piece."""
        self._step["output"] = piece
        await self._screen.begin_stream(self._step)

    def add(self, piece: str) -> None:
        """Have `piece` drawn within `GATHER_SECONDS`."""
        self._pieces.append(piece)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().create_task(self._draw_soon())

    async def end(self) -> None:
        """Draw the whole message once more, finished."""
        if self._timer is not None:
            self._timer.cancel()
        self._step["output"] += self._take()
        self._step["streaming"] = False
        await self._screen.change(self._step)

    async def _draw_soon(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        self._timer = None
        await self._screen.append(self._step, self._take())

    def _take(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return text
