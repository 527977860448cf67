"""One answer while it is being written. Its pieces come gathered already (`ai.recording.streamed`)."""

from __future__ import annotations

from ultracore.chat.page.stage import Stage
from ultracore.chat.page.wire import Wire


class StreamedMessage:
    """Shows the pieces in order, each at once."""

    def __init__(self, stage: Stage, step: Wire) -> None:
        self._stage = stage
        self._step = step

    async def begin(self, piece: str) -> None:
        """Show the message with its first piece."""
        self._step["output"], self._step["streaming"] = piece, True
        await self._stage.put(self._step)

    async def add(self, piece: str) -> None:
        """Show the next piece."""
        await self._stage.append(self._step, piece)

    async def end(self) -> None:
        """Show the whole message once more, finished."""
        self._step["streaming"] = False
        await self._stage.put(self._step)
