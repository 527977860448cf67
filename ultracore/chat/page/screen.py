"""One browser page: what was drawn on it, so that it can be drawn again after the connection was lost."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from ultracore.chat.page.wire import Wire

Emit = Callable[[str, Any], Awaitable[None]]

REMEMBERED_STEPS = 200


class Watcher(Protocol):
    """Who is told what stands on a screen. Text that is still being written is not told."""

    def changed(self, entry: Wire) -> None:
        """A step or an element is there, or looks different now."""

    def removed(self, entry_id: str) -> None:
        """It is not there any more."""


class Screen:
    """Draws by `emit`, which must not raise when the browser has gone. Keeps the last `REMEMBERED_STEPS` steps."""

    def __init__(self, emit: Emit) -> None:
        self.watcher: Watcher | None = None
        self._emit = emit
        self._steps: OrderedDict[str, Wire] = OrderedDict()
        self._elements: OrderedDict[str, Wire] = OrderedDict()
        self._actions: dict[str, Wire] = {}
        self._busy = 0

    @property
    def entries(self) -> list[Wire]:
        """The steps and elements that are on the page."""
        return [*self._steps.values(), *self._elements.values()]

    def remember(self, step: Wire) -> None:
        """A step is on the page that the page has drawn by itself."""
        self._remember(step)

    async def restore(self, thread_id: str, steps: Sequence[Wire], elements: Sequence[Wire]) -> None:
        """Draw an earlier conversation in place of what is on the page."""
        self._steps = OrderedDict((step["id"], step) for step in steps)
        self._elements = OrderedDict((element["id"], element) for element in elements)
        await self.entitle("resume", thread_id)
        if steps:
            thread = {"id": thread_id, "steps": list(steps), "elements": list(elements), "metadata": {}}
            await self._emit("resume_thread", thread)

    async def attach(self, element: Wire) -> None:
        """Draw an element under the step that it names."""
        self._elements[element["id"]] = element
        while len(self._elements) > REMEMBERED_STEPS:
            self._elements.popitem(last=False)
        if self.watcher is not None:
            self.watcher.changed(element)
        await self._emit("element", dict(element))

    async def put(self, step: Wire) -> None:
        """Draw a new step."""
        self._remember(step)
        await self._emit("new_message", dict(step))

    async def change(self, step: Wire) -> None:
        """Draw a step again that is on the page."""
        self._remember(step)
        await self._emit("update_message", dict(step))

    async def begin_stream(self, step: Wire) -> None:
        """Draw a message that `append` will go on writing."""
        step["streaming"] = True
        self._remember(step)
        await self._emit("stream_start", dict(step))

    async def append(self, step: Wire, piece: str) -> None:
        """Add text to a message that was begun."""
        step["output"] += piece
        token = {"id": step["id"], "token": piece, "isSequence": False, "isInput": False}
        await self._emit("stream_token", token)

    async def remove(self, step: Wire) -> None:
        """Take a step off the page."""
        self._steps.pop(step["id"], None)
        if self.watcher is not None:
            self.watcher.removed(step["id"])
        await self._emit("delete_message", dict(step))

    async def offer(self, action: Wire) -> None:
        """Draw a button."""
        self._actions[action["id"]] = action
        await self._emit("action", action)

    async def withdraw(self, action: Wire) -> None:
        """Take a button away. Harmless where it is gone already."""
        if self._actions.pop(action["id"], None) is not None:
            await self._emit("remove_action", action)

    async def busy(self) -> None:
        """Something runs: the page offers Stop. May be nested."""
        self._busy += 1
        await self._emit("task_start", {})

    async def idle(self) -> None:
        """One thing less runs; the page takes input again when nothing does."""
        self._busy -= 1
        if self._busy == 0:
            await self._emit("task_end", {})

    async def entitle(self, title: str, thread_id: str) -> None:
        """Tell the page that its conversation has begun, under a neutral title, and the id that we gave it."""
        await self._emit("first_interaction", {"interaction": title, "thread_id": thread_id})

    async def reload(self) -> None:
        """Have the page load itself again, which leads to the sign-in page where the session has ended."""
        await self._emit("reload", {})

    async def replay(self) -> None:
        """Draw everything again. What is there already is only brought up to date."""
        await self._emit("task_start" if self._busy else "task_end", {})
        for step in self._steps.values():
            await self._emit("new_message", dict(step))
        for element in self._elements.values():
            await self._emit("element", dict(element))
        for action in self._actions.values():
            await self._emit("remove_action", action)
            await self._emit("action", action)

    def _remember(self, step: Wire) -> None:
        self._steps[step["id"]] = step
        while len(self._steps) > REMEMBERED_STEPS:
            self._steps.popitem(last=False)
        if self.watcher is not None and not step["streaming"]:
            self.watcher.changed(step)
