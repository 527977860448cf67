"""The list of conversations without Redis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ultracore.cache.stores import ThreadEntry
from ultracore.principal import Principal

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MemoryThread:
    """A line of the list."""

    thread_id: str
    title: str
    created_at: datetime
    active_at: datetime
    named: bool = False

    def entry(self) -> ThreadEntry:
        return ThreadEntry(
            thread_id=self.thread_id, title=self.title, created_at=self.created_at, active_at=self.active_at
        )


class MemoryThreads:
    """As `ultracore.cache.stores.threads.Threads`, without bounds and lifetimes."""

    def __init__(self) -> None:
        self._threads: dict[Key, MemoryThread] = {}

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        now = datetime.now(UTC)
        self._threads.setdefault(_key(owner, thread_id), MemoryThread(thread_id, title, now, now))

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        thread = self._threads.get(_key(owner, thread_id))
        if thread is None or (thread.named and not by_person):
            return False
        self._threads[_key(owner, thread_id)] = replace(thread, title=title, named=by_person)
        return True

    async def touch(self, owner: Principal, thread_id: str) -> None:
        thread = self._threads.get(_key(owner, thread_id))
        if thread is not None:
            self._threads[_key(owner, thread_id)] = replace(thread, active_at=datetime.now(UTC))

    async def get(self, owner: Principal, thread_id: str) -> ThreadEntry | None:
        thread = self._threads.get(_key(owner, thread_id))
        return None if thread is None else thread.entry()

    async def page(self, owner: Principal, count: int, after: str = "") -> list[ThreadEntry]:
        mine = [thread for key, thread in self._threads.items() if key[:2] == (owner.tenant_id, owner.user_id)]
        found = [thread.entry() for thread in sorted(mine, key=lambda thread: thread.active_at, reverse=True)]
        places = {entry.thread_id: place for place, entry in enumerate(found, 1)}
        first = places.get(after, len(found)) if after else 0
        return found[first : first + count]

    async def forget(self, owner: Principal, thread_id: str) -> bool:
        return self._threads.pop(_key(owner, thread_id), None) is not None


def _key(owner: Principal, thread_id: str) -> Key:
    return owner.tenant_id, owner.user_id, thread_id


class MemoryWords:
    """As `ultracore.ai.recall.OwnWords`, over nothing: `in ID` is found in that conversation, whose ever it is."""

    async def find(self, owner: Principal, search: str) -> dict[str, str]:
        known, _, thread_id = search.partition(" ")
        return {thread_id: "as I said"} if known == "in" else {}
