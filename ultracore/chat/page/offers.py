"""Buttons that stand for something to say: the suggestions under the greeting, the answers to a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ultracore.chat.page.screen import Screen
from ultracore.chat.page.wire import Wire


class Offers:
    """What a page offers at the moment. New offers replace the old ones, and the next message takes all away."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._actions: list[Wire] = []

    async def show(self, actions: Sequence[Wire]) -> None:
        """Draw the buttons."""
        await self.withdraw()
        self._actions = list(actions)
        for action in actions:
            await self._screen.offer(action)

    async def withdraw(self) -> None:
        """Take all buttons away."""
        actions, self._actions = self._actions, []
        for action in actions:
            await self._screen.withdraw(action)

    def label_of(self, name: str, payload: dict[str, Any]) -> str | None:
        """What the button says; None where no such button is on the page."""
        fitting = (one for one in self._actions if (one["name"], one["payload"]) == (name, payload))
        return next((str(action["label"]) for action in fitting), None)
