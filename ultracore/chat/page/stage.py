"""What a conversation shows: steps, pictures and buttons in order, which any number of pages follow.

Each entry has an id and the sequence of its last change. A page remembers up to which sequence it has drawn, and
is brought up to date from there, however much it has missed (`page.page`). So output belongs to the conversation:
who caused it, and whether a page is there at that moment, makes no difference.

A stage is what this process knows of the conversation's log in Redis (`page.log`): a change is in the log before
a page is told of it, and changes of other processes arrive here from the log. What is being written is the
exception: its pieces lie in a list of their own, from which other processes take them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ultracore.chat.page.wire import Wire

REMEMBERED_STEPS = 1000
REMEMBERED_REMOVALS = 400

EntryKind = Literal["step", "element", "button", "running", "title", "stop"]
Follow = Callable[[], Awaitable[None]]
"""Brings one page up to date. It must not raise if the browser has gone."""
TITLE = "title"
STOP = "stop"


@dataclass(frozen=True, slots=True)
class EntryForm:
    """What an entry is: `wire` is what a page gets, `data` stays on the server.

    A button with a `login_id` is drawn for that login only.
    """

    kind: EntryKind
    wire: Wire
    login_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry as it is from here on; without a draft it is taken away."""

    entry_id: str
    draft: EntryForm | None = None


@dataclass(slots=True)
class Entry:
    """One thing on a stage.

    `sequence` is that of its last change, `whole` that of the last change which was no mere appending of text.
    `remote` if another process has changed it last.
    """

    kind: EntryKind
    wire: Wire
    sequence: int
    whole: int
    login_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    remote: bool = False


class Log(Protocol):
    """The log that changes are written to before a page is told of them; tests have stages without one."""

    async def write(self, changes: Sequence[Change], unless: Callable[[], bool] | None = None) -> bool:
        """Write the changes, after what others have changed meanwhile. False if `unless` became true by that.

        Raises nothing of Redis's: what it does not take is written later.
        """


class Stage:
    """The entries of one conversation. Every method that changes it returns once each page has been told."""

    def __init__(self) -> None:
        self.log: Log | None = None
        self.sequence = 0
        self.in_order = asyncio.Lock()
        """Held while changes are written and applied, and while those of others are read and applied."""
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._gone: OrderedDict[str, Entry] = OrderedDict()
        self._pages: list[Follow] = []

    @property
    def entries(self) -> list[Wire]:
        """The steps and elements that stand here."""
        return [entry.wire for entry in self._entries.values() if entry.kind in ("step", "element")]

    @property
    def busy(self) -> bool:
        """True while something runs: pages offer Stop."""
        return any(one.data.get("visible", True) for one in self.of_kind("running"))

    @property
    def followed(self) -> bool:
        """True while a page is there."""
        return bool(self._pages)

    @property
    def title(self) -> tuple[str, str] | None:
        """What the page's list calls the conversation, and the id that we gave it."""
        entry = self._entries.get(TITLE)
        return None if entry is None else (entry.wire["title"], entry.wire["thread_id"])

    @property
    def titled_at(self) -> int:
        """The sequence with which it got its title."""
        entry = self._entries.get(TITLE)
        return 0 if entry is None else entry.sequence

    def get(self, entry_id: str) -> Entry | None:
        """One entry."""
        return self._entries.get(entry_id)

    def of_kind(self, kind: EntryKind) -> list[Entry]:
        """The entries of one kind, in order."""
        return [entry for entry in self._entries.values() if entry.kind == kind]

    def standing(self) -> list[tuple[str, Entry]]:
        """Every entry with its id, in order."""
        return list(self._entries.items())

    def join(self, follow: Follow) -> None:
        """From here on the page is told. It draws what is there by itself."""
        if follow not in self._pages:
            self._pages.append(follow)

    def leave(self, follow: Follow) -> None:
        """The page is told no more. Idempotent."""
        if follow in self._pages:
            self._pages.remove(follow)

    def since(self, sequence: int) -> list[Entry]:
        """What has changed after `sequence`, in the order in which it stands here, buttons last."""
        drawn = [entry for entry in self._entries.values() if entry.sequence > sequence]
        steps = [entry for entry in drawn if entry.kind in ("step", "element")]
        return [*steps, *(entry for entry in drawn if entry.kind == "button")]

    def gone_since(self, sequence: int) -> list[Entry]:
        """What was taken away after `sequence`."""
        return [entry for entry in self._gone.values() if entry.sequence > sequence]

    async def put(self, *steps: Wire, data: dict[str, Any] | None = None) -> None:
        """New steps, or known ones that look different now. `data` is kept with them, and not sent."""
        await self.change(*(Change(step["id"], EntryForm("step", step, data=data or {})) for step in steps))

    async def attach(self, element: Wire) -> None:
        """An element under the step that it names."""
        await self.change(Change(element["id"], EntryForm("element", element)))

    async def append(self, step: Wire, piece: str) -> None:
        """Add text to a step that is being written. The piece is kept already."""
        step["output"] += piece
        self.sequence += 1
        if step["id"] in self._entries:
            self._entries[step["id"]].sequence = self.sequence
        await self.tell()

    async def remove(self, *entry_ids: str) -> None:
        """Take entries away. Harmless if they are gone already."""
        known = [Change(entry_id) for entry_id in entry_ids if entry_id in self._entries]
        if known:
            await self.change(*known)

    async def start_running(self, token: str, process: str = "", *, visible: bool = True) -> None:
        """Something runs in this process, which pages offer to stop if it is `visible`."""
        data = {"process": process, "visible": visible}
        await self.change(Change(running_id(token), EntryForm("running", {"id": running_id(token)}, data=data)))

    async def stop_running(self, token: str) -> None:
        """It does not run any more; pages take input again when nothing does."""
        await self.remove(running_id(token))

    async def entitle(self, title: str, thread_id: str) -> None:
        """The conversation has begun, under a neutral title, or has another one now."""
        wire = {"id": TITLE, "title": title, "thread_id": thread_id}
        await self.change(Change(TITLE, EntryForm("title", wire)))

    async def change(self, *changes: Change, unless: Callable[[], bool] | None = None) -> bool:
        """Make changes together: in the log, then here, then on the pages. False if `unless` forbade it."""
        async with self.in_order:
            if self.log is not None and not await self.log.write(changes, unless):
                return False
            for change in changes:
                self.apply(change)
        await self.tell()
        return True

    def apply(self, change: Change, *, remote: bool = False) -> None:
        """Take over one change. No page is told."""
        if change.draft is None:
            self._end(self._entries.pop(change.entry_id, None))
            return
        self.sequence += 1
        draft = change.draft
        entry = Entry(draft.kind, draft.wire, self.sequence, self.sequence, draft.login_id, draft.data, remote)
        self._entries[change.entry_id] = entry
        if draft.kind in ("step", "element"):
            self._forget_the_oldest(draft.kind)

    def grow(self, entry_id: str, text: str) -> None:
        """Another process has written so much of this step by now. No page is told."""
        entry = self._entries[entry_id]
        if len(text) <= len(entry.wire["output"]):
            return
        self.sequence += 1
        entry.sequence = self.sequence
        if not text.startswith(entry.wire["output"]):
            entry.whole = self.sequence
        entry.wire["output"] = text

    async def tell(self) -> None:
        """Have every page draw what it has not drawn yet."""
        # A copy, since a page may leave while another one is being drawn.
        for follow in tuple(self._pages):
            await follow()

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


def running_id(token: str) -> str:
    """The id of the entry that says that something runs."""
    return f"running-{token}"
