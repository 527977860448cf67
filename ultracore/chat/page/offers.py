"""Buttons that stand for something to say: the suggestions under the greeting, the answers to a question."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ultracore.chat.page.stage import Change, Entry, EntryForm, Stage
from ultracore.chat.page.wire import Wire

OFFERED = frozenset({"ask", "choose"})


class Offers:
    """What a conversation offers now. New offers replace the old ones, and the next message takes all away."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def show(self, actions: Sequence[Wire], *, login_id: str | None = None) -> None:
        """Draw the buttons; with a `login_id` for that login only."""
        drawn = [Change(action["id"], EntryForm("button", action, login_id)) for action in actions]
        if changes := [*self.withdrawn(), *drawn]:
            await self._stage.change(*changes)

    def withdrawn(self) -> list[Change]:
        """The change that takes all buttons away."""
        return [Change(entry.wire["id"]) for entry in self._entries()]

    async def withdraw(self) -> None:
        """Take all buttons away."""
        if changes := self.withdrawn():
            await self._stage.change(*changes)

    async def take(self, name: str, payload: dict[str, Any], login_id: str) -> str | None:
        """What the pressed button says, which takes all of them away. None if it is not there for this login, any
        more: of two presses at once, one is told what it said.
        """
        label = self.label_of(name, payload, login_id)
        if label is None:
            return None
        gone = partial(self._is_gone, name, payload, login_id)
        return label if await self._stage.change(*self.withdrawn(), unless=gone) else None

    def label_of(self, name: str, payload: dict[str, Any], login_id: str = "") -> str | None:
        """What the button says; None if no such button is on the page."""
        fitting = (
            entry.wire
            for entry in self._entries()
            if (entry.wire["name"], entry.wire["payload"]) == (name, payload)
            and entry.login_id in (None, login_id)
        )
        return next((str(action["label"]) for action in fitting), None)

    def _is_gone(self, name: str, payload: dict[str, Any], login_id: str) -> bool:
        return self.label_of(name, payload, login_id) is None

    def _entries(self) -> list[Entry]:
        return [entry for entry in self._stage.of_kind("button") if entry.wire["name"] in OFFERED]
