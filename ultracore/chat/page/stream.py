"""One answer while it is being written. Its pieces come gathered already (`ai.conversation.streamed`)."""

from __future__ import annotations

from ultracore.chat.page.screen import Screen
from ultracore.chat.page.wire import Wire


class StreamedMessage:
    """Draws the pieces in order, each at once."""

    def __init__(self, screen: Screen, step: Wire) -> None:
        self._screen = screen
        self._step = step

    async def begin(self, piece: str) -> None:
        """Draw the message with its first piece."""
        self._step["output"] = piece
        await self._screen.begin_stream(self._step)

    async def add(self, piece: str) -> None:
        """Draw the next piece."""
        await self._screen.append(self._step, piece)

    async def end(self) -> None:
        """Draw the whole message once more, finished."""
        self._step["streaming"] = False
        await self._screen.change(self._step)
