"""Buttons that stand for something to say: the suggestions under the greeting, the answers to a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ultracore.chat.page.stage import Stage
from ultracore.chat.page.wire import Wire


class Offers:
    """What a conversation offers now. New offers replace the old ones, and the next message takes all away."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._actions: list[Wire] = []

    async def show(self, actions: Sequence[Wire]) -> None:
        """Draw the buttons."""
        await self.withdraw()
        self._actions = list(actions)
        for action in actions:
            await self._stage.offer(action)

    async def withdraw(self) -> None:
        """Take all buttons away."""
        # Emptied before the awaits, so that a second press finds no button any more.
        actions, self._actions = self._actions, []
        for action in actions:
            await self._stage.withdraw(action)

    def label_of(self, name: str, payload: dict[str, Any]) -> str | None:
        """What the button says; None if no such button is on the page."""
        fitting = (one for one in self._actions if (one["name"], one["payload"]) == (name, payload))
        return next((str(action["label"]) for action in fitting), None)
