"""Buttons that stand for something to say: the suggestions under the greeting, the answers to a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ultracore.chat.page.stage import Change, Entry, EntryForm, Stage
from ultracore.chat.page.wire import Wire

OFFERED = frozenset({"ask", "choose"})


class Offers:
    """What a conversation offers now. New offers replace the old ones, and the next message takes all away."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def show(self, actions: Sequence[Wire]) -> None:
        """Draw the buttons."""
        drawn = [Change(action["id"], EntryForm("button", action)) for action in actions]
        if changes := [*self.withdrawn(), *drawn]:
            await self._stage.change(*changes)

    def withdrawn(self) -> list[Change]:
        """The change that takes all buttons away."""
        return [Change(entry.wire["id"]) for entry in self._entries()]

    async def withdraw(self) -> None:
        """Take all buttons away."""
        if changes := self.withdrawn():
            await self._stage.change(*changes)

    def label_of(self, name: str, payload: dict[str, Any]) -> str | None:
        """What the button says; None if no such button is on the page."""
        offered = [entry.wire for entry in self._entries()]
        fitting = (one for one in offered if (one["name"], one["payload"]) == (name, payload))
        return next((str(action["label"]) for action in fitting), None)

    def _entries(self) -> list[Entry]:
        return [entry for entry in self._stage.of_kind("button") if entry.wire["name"] in OFFERED]
