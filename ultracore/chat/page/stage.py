"""What a conversation shows: steps, pictures and buttons in order, which any number of pages follow.

Each entry has an id and the sequence of its last change. A page remembers up to which sequence it has drawn, and
is brought up to date from there, whatever it has missed (`page.page`). So output belongs to the conversation: who
caused it, and whether a page is there at that moment, makes no difference.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from ultracore.chat.page.wire import Wire

REMEMBERED_STEPS = 200
REMEMBERED_REMOVALS = 200

EntryKind = Literal["step", "element", "button"]
Follow = Callable[[], Awaitable[None]]
"""Brings one page up to date. It must not raise if the browser has gone."""


class Watcher(Protocol):
    """What is told of everything that stands on a stage, but for text that is still being written.

    A protocol, because what keeps conversations stands on the stage's own values.
    """

    def changed(self, entry: Wire) -> None:
        """A step or an element is there, or looks different now."""

    def removed(self, entry_id: str) -> None:
        """It is not there any more."""


@dataclass(slots=True)
class Entry:
    """One thing on a stage.

    `sequence` is that of its last change, `whole` that of the last change which was no mere appending of text.
    A button with a `login_id` is drawn for that login only.
    """

    kind: EntryKind
    wire: Wire
    sequence: int
    whole: int
    login_id: str | None = None


class Stage:
    """The log of one conversation. Every method that changes it returns once each page has been told."""

    def __init__(self) -> None:
        self.watcher: Watcher | None = None
        self.sequence = 0
        self.title: tuple[str, str] | None = None
        """What the page's list calls the conversation, and the id that we gave it."""
        self.titled_at = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._buttons: OrderedDict[str, Entry] = OrderedDict()
        self._gone: OrderedDict[str, Entry] = OrderedDict()
        self._pages: list[Follow] = []
        self._running = 0

    @property
    def entries(self) -> list[Wire]:
        """The steps and elements that stand here."""
        return [entry.wire for entry in self._entries.values()]

    @property
    def busy(self) -> bool:
        """True while something runs: pages offer Stop."""
        return self._running > 0

    def join(self, follow: Follow) -> None:
        """From here on the page is told. It draws what is there by itself."""
        if follow not in self._pages:
            self._pages.append(follow)

    def leave(self, follow: Follow) -> None:
        """The page is told no more. Idempotent."""
        if follow in self._pages:
            self._pages.remove(follow)

    def since(self, sequence: int) -> list[Entry]:
        """What has changed after `sequence`, in the order in which it stands here."""
        standing = (*self._entries.values(), *self._buttons.values())
        return [entry for entry in standing if entry.sequence > sequence]

    def gone_since(self, sequence: int) -> list[Entry]:
        """What was taken away after `sequence`."""
        return [entry for entry in self._gone.values() if entry.sequence > sequence]

    def fill(self, earlier: Iterable[Wire]) -> None:
        """Put what was kept of the conversation in front of what is here. No page is told: it draws that first."""
        present, self._entries = self._entries, OrderedDict()
        for wire in earlier:
            # What is here already is newer than what was kept of it.
            if wire["id"] not in present:
                self._entries[wire["id"]] = self._entry(_kind_of(wire), wire)
        self._entries |= present

    async def put(self, step: Wire) -> None:
        """A new step, or a known one that looks different now."""
        self._stand("step", step)
        await self._tell()

    async def attach(self, element: Wire) -> None:
        """An element under the step that it names."""
        self._stand("element", element)
        await self._tell()

    async def append(self, step: Wire, piece: str) -> None:
        """Add text to a step that is being written."""
        step["output"] += piece
        self.sequence += 1
        if step["id"] in self._entries:
            self._entries[step["id"]].sequence = self.sequence
        await self._tell()

    async def remove(self, step: Wire) -> None:
        """Take a step away."""
        self._end(self._entries.pop(step["id"], None))
        if self.watcher is not None:
            self.watcher.removed(step["id"])
        await self._tell()

    async def offer(self, button: Wire, *, login_id: str | None = None) -> None:
        """A button, for everybody or for the pages of one login."""
        entry = self._entry("button", button)
        entry.login_id = login_id
        self._buttons[button["id"]] = entry
        await self._tell()

    async def withdraw(self, button: Wire) -> None:
        """Take a button away. Harmless if it is gone already."""
        self._end(self._buttons.pop(button["id"], None))
        await self._tell()

    async def start_running(self) -> None:
        """Something runs. May be nested."""
        self._running += 1
        self.sequence += 1
        await self._tell()

    async def stop_running(self) -> None:
        """One thing less runs; pages take input again when nothing does."""
        self._running -= 1
        self.sequence += 1
        await self._tell()

    async def entitle(self, title: str, thread_id: str) -> None:
        """The conversation has begun, under a neutral title, or has another one now."""
        self.sequence += 1
        self.title, self.titled_at = (title, thread_id), self.sequence
        await self._tell()

    async def _tell(self) -> None:
        # A copy, since a page may leave while another one is being drawn.
        for follow in tuple(self._pages):
            await follow()

    def _entry(self, kind: EntryKind, wire: Wire) -> Entry:
        self.sequence += 1
        return Entry(kind, wire, self.sequence, self.sequence)

    def _stand(self, kind: EntryKind, wire: Wire) -> None:
        self._entries[wire["id"]] = self._entry(kind, wire)
        self._forget_the_oldest(kind)
        # Half an answer is not kept here: its pieces are in Redis already, and the whole comes in a moment.
        if self.watcher is not None and not wire.get("streaming"):
            self.watcher.changed(wire)

    def _forget_the_oldest(self, kind: EntryKind) -> None:
        same = [entry_id for entry_id, entry in self._entries.items() if entry.kind == kind]
        for entry_id in same[: max(0, len(same) - REMEMBERED_STEPS)]:
            del self._entries[entry_id]

    def _end(self, entry: Entry | None) -> None:
        if entry is None:
            return
        self.sequence += 1
        entry.sequence = self.sequence
        self._gone[entry.wire["id"]] = entry
        while len(self._gone) > REMEMBERED_REMOVALS:
            self._gone.popitem(last=False)


def _kind_of(wire: Wire) -> EntryKind:
    return "element" if "forId" in wire else "step"
