"""One browser page: what is drawn on it of the stage that it follows.

Chainlit's page acknowledges nothing and keeps what it has drawn when its connection is lost. It knows steps by
their ids, so that one drawn twice is drawn once: `new_message` brings a known id up to date. Only `stream_token`
adds, so a page gets the text of an answer whole before the next piece.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ultracore.chat.page.stage import Entry, Stage
from ultracore.chat.page.wire import Wire

Emit = Callable[[str, Any], Awaitable[None]]
"""Sends one event to the page. It must not raise if the browser has gone."""


class Page:
    """Follows one stage from `redraw` or `restore` on. `clock` times the buttons of cards."""

    def __init__(
        self, emit: Emit, stage: Stage, login_id: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._emit = emit
        self._stage = stage
        self._login_id = login_id
        self._clock = clock
        self._cursor = 0
        self._running: bool | None = None
        self._lengths: dict[str, int] = {}
        """How much text of each step has been drawn; elements and buttons are in here too."""
        self._left_over: set[str] = set()
        """What may stand on the page from before its connection was lost."""
        self._drew: set[str] = set()
        """What the page has drawn by itself: it is told that it arrived, and no more."""
        self._appeared: dict[str, float] = {}
        # Turn, card and another page's turn all tell this page; their pieces must not mix on the socket.
        self._one_at_a_time = asyncio.Lock()

    def leave(self) -> None:
        """The connection is lost: nothing is drawn until it is back."""
        self._stage.leave(self.follow)

    def drew(self, step_id: str) -> None:
        """The page has drawn this step by itself, before it sent it."""
        self._drew.add(step_id)

    async def refuse(self, step_id: str) -> None:
        """What the page has sent under this id has not been taken: it marks it and gives its text back."""
        self._drew.discard(step_id)
        await self._emit("message_refused", {"id": step_id})

    def shown_seconds(self, approval_id: str) -> float:
        """How long the buttons with this id have been on the page; 0 if they are not."""
        appeared = self._appeared.get(approval_id)
        return 0.0 if appeared is None else self._clock() - appeared

    async def redraw(self) -> None:
        """A page is there (again): draw everything. What stands on it already is only brought up to date."""
        async with self._one_at_a_time:
            await self._forget_buttons()
            self._left_over |= set(self._lengths)
            self._lengths.clear()
            self._cursor, self._running = 0, None
            self._stage.join(self.follow)
        await self.follow()

    async def restore(self, thread_id: str) -> None:
        """Draw a conversation that this page has not seen, in place of what is on it."""
        async with self._one_at_a_time:
            # Noted before anything is sent: what changes meanwhile, as a title does, has a higher sequence.
            standing, self._cursor, self._running = self._stage.since(0), self._stage.sequence, None
            await self._forget_buttons()
            await self._emit("first_interaction", {"interaction": "resume", "thread_id": thread_id})
            steps = [self._taken(entry) for entry in standing if entry.kind == "step"]
            elements = [self._taken(entry) for entry in standing if entry.kind == "element"]
            if steps:
                thread = {"id": thread_id, "steps": steps, "elements": elements, "metadata": {}}
                await self._emit("resume_thread", thread)
            await self._offer(standing)
            self._stage.join(self.follow)
        await self.follow()

    async def drawn(self) -> None:
        """All that is known has been drawn: what the page has sent and does not find among it was lost."""
        await self._emit("page_drawn", {})

    async def reload(self) -> None:
        """Have the page load itself again, which leads to the sign-in page if the session has ended."""
        await self._emit("reload", {})

    async def follow(self) -> None:
        """Draw what has changed on the stage since the last time, in its order."""
        async with self._one_at_a_time:
            while self._cursor < self._stage.sequence or self._running is None:
                # Noted before it is drawn: what changes meanwhile has a higher sequence and is drawn in the next
                # round.
                before, self._cursor = self._cursor, self._stage.sequence
                await self._draw(before)

    async def _forget_buttons(self) -> None:
        # A page that was at another replica still shows the buttons that it had there. Drawn once more they would
        # stand there twice, and those that are gone by now would stay.
        if not self._lengths and not self._left_over:
            await self._emit("forget_buttons", {})

    async def _draw(self, before: int) -> None:
        stage = self._stage
        gone, changed = stage.gone_since(before), stage.since(before)
        # Stop is shown before the words that it can stop, and goes after the last of them.
        if stage.busy:
            await self._tell_running()
        if stage.title is not None and stage.titled_at > before:
            interaction, thread_id = stage.title
            await self._emit("first_interaction", {"interaction": interaction, "thread_id": thread_id})
        for entry in gone:
            await self._take_away(entry)
        for entry in changed:
            await self._show(entry, before)
        if not stage.busy:
            await self._tell_running()

    async def _tell_running(self) -> None:
        if self._running != self._stage.busy:
            self._running = self._stage.busy
            await self._emit("task_start" if self._running else "task_end", {})

    async def _show(self, entry: Entry, before: int) -> None:
        if entry.kind == "button":
            await self._offer([entry])
        elif entry.kind == "element":
            await self._emit("element", self._taken(entry))
        elif entry.wire["id"] in self._drew:
            self._drew.discard(entry.wire["id"])
            self._taken(entry)
            await self._emit("message_received", {"id": entry.wire["id"]})
        elif entry.whole <= before and entry.wire["id"] in self._lengths:
            await self._go_on(entry.wire)
        else:
            known, streaming = entry.wire["id"] in self._lengths, entry.wire["streaming"]
            name = "update_message" if known else "stream_start" if streaming else "new_message"
            await self._emit(name, self._taken(entry))

    async def _go_on(self, step: Wire) -> None:
        drawn = self._lengths[step["id"]]
        piece = step["output"][drawn:]
        # Noted before it is sent: a piece that is sent twice would stand there twice.
        self._lengths[step["id"]] = drawn + len(piece)
        if piece:
            token = {"id": step["id"], "token": piece, "isSequence": False, "isInput": False}
            await self._emit("stream_token", token)

    async def _offer(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.kind != "button" or entry.login_id not in (None, self._login_id):
                continue
            button = entry.wire
            if button["id"] in self._lengths or button["id"] in self._left_over:
                # Chainlit's page would show it twice.
                await self._emit("remove_action", button)
            # The first time counts: drawn again after a reconnect, the person has read the card already.
            self._appeared.setdefault(_approval_of(button), self._clock())
            await self._emit("action", self._taken(entry))

    async def _take_away(self, entry: Entry) -> None:
        entry_id = entry.wire["id"]
        if self._lengths.pop(entry_id, None) is None and entry_id not in self._left_over:
            return
        self._left_over.discard(entry_id)
        if entry.kind == "button":
            self._appeared.pop(_approval_of(entry.wire), None)
            await self._emit("remove_action", entry.wire)
        else:
            await self._emit("delete_message", dict(entry.wire))

    def _taken(self, entry: Entry) -> Wire:
        """The entry as it is sent now, noted as drawn."""
        wire = dict(entry.wire)
        self._lengths[wire["id"]] = len(wire.get("output", ""))
        return wire


def _approval_of(button: Wire) -> str:
    return str(button["payload"].get("approval_id", ""))
