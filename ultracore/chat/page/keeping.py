"""Keeps what a page shows, so that its person finds it again: masked, bounded, and without making a turn wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from ultracore.audit.masking import mask
from ultracore.chat.interfaces import KeptThreads
from ultracore.chat.page.wire import NAME, Wire
from ultracore.errors import UltracoreError
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks
from ultracore.wording import conversation_title

logger = logging.getLogger(__name__)

# A step changes several times while it works; one write of its last form is enough.
GATHER_SECONDS = 0.2
LONGEST_OUTPUT = 16_000

# What of a step, an element or their metadata is kept. Everything else stays in the process.
_KEYS = (
    *("id", "parentId", "type", "name", "output", "createdAt", "start", "end", "isError"),
    *("defaultOpen", "autoCollapse", "forId", "url", "mime", "display"),
)
_METADATA_KEYS = ("avatarName", "icon", "kind")


def kept_form(entry: Wire) -> Wire:
    """What is kept of a step or an element: the white list, with its text masked."""
    kept: dict[str, Any] = {key: entry[key] for key in _KEYS if key in entry}
    for text in ("name", "output"):
        if text in kept:
            kept[text] = mask(str(kept[text])[:LONGEST_OUTPUT])
    metadata = entry.get("metadata") or {}
    kept["metadata"] = {key: metadata[key] for key in _METADATA_KEYS if key in metadata}
    return kept


class Keeper:
    """Keeps one page's conversation. What Redis does not take is tried again with the next change, and not missed.

    It watches nothing until `begin` or `resume` has named the thread.
    """

    def __init__(self, threads: Callable[[], KeptThreads], owner: Principal, tasks: OwnedTasks) -> None:
        self._threads = threads
        self._owner = owner
        self._tasks = tasks
        self._thread_id: str | None = None
        self._began_at = datetime.now(UTC)
        self._agent = NAME
        self._changed: dict[str, Wire] = {}
        self._removed: dict[str, None] = {}
        self._writer: asyncio.Task[None] | None = None

    async def begin(self, thread_id: str, shown: Iterable[Wire]) -> str:
        """Put a new thread into the person's list, with what is on the page already. Returns its title."""
        self._thread_id, self._began_at = thread_id, datetime.now(UTC)
        title = conversation_title(self._agent, self._began_at)
        try:
            await self._threads().create(self._owner, thread_id, title)
        except UltracoreError as error:
            logger.warning("a conversation is missing in its person's list: %s", error.code)
        for entry in shown:
            self.changed(entry)
        return title

    async def resume(self, thread_id: str) -> list[Wire]:
        """Go on with a thread; what was kept of it. Raises `CacheUnavailable`."""
        self._thread_id = thread_id
        found = await self._threads().get(self._owner, thread_id)
        if found is None:
            return []
        self._began_at, self._agent = found.created_at, found.title.partition(",")[0]
        return await self._threads().entries(self._owner, thread_id)

    async def named(self, agent: str) -> tuple[str, str] | None:
        """An agent answers: the new title and the thread, unless the title stays. The greeter renames nothing."""
        if self._thread_id is None or agent in (self._agent, NAME):
            return None
        self._agent, title = agent, conversation_title(agent, self._began_at)
        try:
            done = await self._threads().entitle(self._owner, self._thread_id, title, by_person=False)
        except UltracoreError as error:
            logger.warning("a conversation keeps its earlier title: %s", error.code)
            return None
        return (title, self._thread_id) if done else None

    def changed(self, entry: Wire) -> None:
        """A step or an element is on the page, or looks different now."""
        if self._thread_id is not None:
            self._removed.pop(entry["id"], None)
            self._changed[entry["id"]] = entry
            self._write_soon()

    def removed(self, entry_id: str) -> None:
        """It is not on the page any more."""
        if self._thread_id is not None:
            self._changed.pop(entry_id, None)
            self._removed[entry_id] = None
            self._write_soon()

    def _write_soon(self) -> None:
        if self._writer is None:
            self._writer = self._tasks.start(self._write_all())

    async def _write_all(self) -> None:
        try:
            while self._changed or self._removed:
                await asyncio.sleep(GATHER_SECONDS)
                if not await self._write():
                    return
        finally:
            self._writer = None

    async def _write(self) -> bool:
        changed, removed = self._changed, self._removed
        # Taken before the await: a change that comes while Redis answers belongs to the next write.
        self._changed, self._removed = {}, {}
        entries = [kept_form(entry) for entry in changed.values()]
        try:
            await self._threads().keep(self._owner, self._thread_id or "", entries, tuple(removed))
        except UltracoreError as error:
            logger.warning("what a page shows was not kept: %s", error.code)
            # The later form of an entry wins over the one that was not written.
            self._changed, self._removed = changed | self._changed, removed | self._removed
            return False
        return True
