"""The logs of conversations without Redis, for one process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ultracore.cache.stores import Cursor, LogChange, LogEntry, LogPart


@dataclass
class MemoryLog:
    """One log."""

    cursor: Cursor
    entries: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    deleted: bool = False


class MemoryLogs:
    """As `ultracore.cache.stores.logs.ConversationLogs`, without bounds and lifetimes."""

    def __init__(self) -> None:
        self.name = str(uuid4())
        self._logs: dict[str, MemoryLog] = {}

    async def read(self, conversation_id: str, after: Cursor) -> LogPart | None:
        log = self._logs.get(conversation_id)
        if log is None:
            return None
        whole = log.cursor.epoch != after.epoch
        known = 0 if whole else after.sequence
        changed = sorted((at, entry_id) for entry_id, (at, _, _) in log.entries.items() if at > known)
        entries = tuple(
            LogEntry(entry_id, at, log.entries[entry_id][1], _read(log.entries[entry_id][2]))
            for at, entry_id in changed
        )
        gone = tuple(entry_id for entry_id, at in log.gone.items() if at > known)
        return LogPart(log.cursor, whole, entries, gone, deleted=log.deleted)

    async def append(self, conversation_id: str, at: Cursor, changes: Sequence[LogChange]) -> Cursor | None:
        log = self._logs.get(conversation_id)
        if log is None or log.cursor != at:
            return None
        for sequence, change in enumerate(changes, at.sequence + 1):
            if change.content is None:
                log.entries.pop(change.entry_id, None)
                log.gone[change.entry_id] = sequence
            else:
                first = log.entries.get(change.entry_id, (0, sequence, ""))[1]
                log.entries[change.entry_id] = (sequence, first, json.dumps(change.content))
                log.gone.pop(change.entry_id, None)
        log.cursor = Cursor(at.epoch, at.sequence + len(changes))
        return log.cursor

    async def begin(self, conversation_id: str, changes: Sequence[LogChange]) -> Cursor | None:
        if conversation_id in self._logs:
            return None
        self._logs[conversation_id] = MemoryLog(Cursor(uuid4().hex))
        return await self.append(conversation_id, self._logs[conversation_id].cursor, changes)

    async def delete(self, conversation_id: str) -> None:
        self._logs[conversation_id] = MemoryLog(Cursor("deleted"), deleted=True)

    async def writing(self, conversation_id: str) -> str:
        return ""

    async def wakes(self) -> AsyncIterator[str]:
        nobody: tuple[str, ...] = ()
        for conversation_id in nobody:
            yield conversation_id

    async def beat(self) -> None:
        pass

    async def alive(self, name: str) -> bool:
        return name == self.name


class MemoryPages:
    """What each page shows."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}

    async def show(self, session_id: str, conversation_id: str) -> None:
        self._shown[session_id] = conversation_id

    async def shown(self, session_id: str) -> str | None:
        return self._shown.get(session_id)


def _read(content: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found
