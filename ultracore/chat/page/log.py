"""Keeps a stage and its conversation's log in Redis the same, while other processes write to that log too."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence

from ultracore.cache.stores import Cursor, LogChange, LogEntry, LogPart
from ultracore.chat.interfaces import Logs
from ultracore.chat.page import wire
from ultracore.chat.page.stage import Change, Entry, EntryForm, Stage
from ultracore.chat.page.wire import Wire
from ultracore.errors import CacheUnavailable, UltracoreError

logger = logging.getLogger(__name__)

ATTEMPTS = 8
AWAY_SECONDS = 1.0
"""After a write that Redis did not take, how long the next ones wait for it to be back."""
DROPPED = "dropped"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Recorded = Callable[[], Awaitable[Sequence[Wire]]]
"""What the bank's record has of the conversation, as steps."""


class StageLog:
    """The log of one conversation as one process writes and follows it.

    What Redis does not take stays on the pages of this process and is written as soon as it does. A log that Redis
    has lost is made anew, under another epoch: by a process that has the conversation on a stage, from that,
    else from the record.
    """

    def __init__(
        self, stage: Stage, logs: Callable[[], Logs], conversation_id: str, recorded: Recorded | None = None
    ) -> None:
        self._stage = stage
        self._logs = logs
        self._conversation_id = conversation_id
        self._recorded = recorded
        """None for a conversation that begins here: there is nothing to be found."""
        self._cursor = Cursor()
        self._loaded = recorded is None
        self._waiting = {entry_id: Change(entry_id, _draft_of(entry)) for entry_id, entry in stage.standing()}
        self._away_until = 0.0
        self.deleted = False

    @property
    def loaded(self) -> bool:
        """True once the stage has what others wrote before."""
        return self._loaded

    async def load(self) -> None:
        """Bring what there is of the conversation onto the stage, once. Raises `CacheUnavailable`."""
        if not self._loaded:
            async with self._stage.in_order:
                await self._load()

    async def follow(self) -> None:
        """Take over what others have written, and write what waits. Raises `CacheUnavailable`."""
        if not self._loaded or self.deleted:
            return
        before = self._stage.sequence
        async with self._stage.in_order:
            await self._catch_up()
            if self._waiting:
                await self.write(())
        if self._stage.sequence != before:
            await self._stage.tell()

    async def write(self, changes: Sequence[Change], unless: Callable[[], bool] | None = None) -> bool:
        """See `page.stage.Log`. The caller holds the stage's order."""
        waiting = self._waiting | {change.entry_id: change for change in changes}
        if self.deleted:
            return True
        try:
            if time.monotonic() >= self._away_until:
                return await self._write(list(waiting.values()), unless)
        except UltracoreError as error:
            logger.warning("what a page shows waits for Redis: %s", error.code)
            self._away_until = time.monotonic() + AWAY_SECONDS
        self._waiting = waiting
        return True

    async def _write(self, changes: Sequence[Change], unless: Callable[[], bool] | None) -> bool:
        await self._load()
        for _ in range(ATTEMPTS):
            if unless is not None and unless():
                return False
            if self.deleted or await self._append(changes):
                self._waiting = {}
                return True
            await self._catch_up()
        raise CacheUnavailable("the log of a conversation is never free", code="cache.busy")

    async def _append(self, changes: Sequence[Change]) -> bool:
        wanted = [_logged(change) for change in changes]
        if self._cursor.epoch:
            done = await self._logs().append(self._conversation_id, self._cursor, wanted)
        else:
            done = await self._logs().begin(self._conversation_id, wanted)
        self._cursor = done or self._cursor
        return done is not None

    async def _load(self) -> None:
        if self._loaded:
            return
        part = await self._logs().read(self._conversation_id, Cursor())
        if part is None and self._recorded is not None:
            steps = [Change(step["id"], EntryForm("step", step)) for step in await self._recorded()]
            if steps and await self._append(steps):
                for change in steps:
                    self._stage.apply(change)
                part = None
            else:
                part = await self._logs().read(self._conversation_id, Cursor())
        if part is not None:
            await self._take(part)
        self._loaded = True

    async def _catch_up(self) -> None:
        part = await self._logs().read(self._conversation_id, self._cursor)
        if part is not None:
            await self._take(part)
        elif self._cursor.epoch:
            await self._make_anew()
        await self._take_pieces()

    async def _make_anew(self) -> None:
        """Redis has lost the log: it gets what stands on the stage."""
        logger.warning("the log of a conversation was lost and is made anew")
        self._cursor = Cursor()
        standing = [Change(entry_id, _draft_of(entry)) for entry_id, entry in self._stage.standing()]
        if not standing or await self._append(standing):
            return
        part = await self._logs().read(self._conversation_id, Cursor())
        if part is not None:
            await self._take(part)

    async def _take(self, part: LogPart) -> None:
        known, self._cursor, self.deleted = self._cursor, part.cursor, part.deleted
        entries = sorted(part.entries, key=lambda one: one.first) if part.whole else part.entries
        for entry in entries:
            self._stage.apply(_change_of(entry), remote=True)
        for entry_id in part.gone:
            self._stage.apply(Change(entry_id.removeprefix("!")), remote=True)
        if part.whole and known.epoch and not part.deleted:
            self._reconcile({entry.entry_id.removeprefix("!") for entry in entries})
        if part.whole and part.dropped:
            self._stage.apply(Change(DROPPED, EntryForm("step", _dropped(part.dropped, entries))))

    def _reconcile(self, held: set[str]) -> None:
        """Another epoch: what others do not know goes, and what this process is at work on is written again."""
        for entry_id, entry in self._stage.standing():
            if entry_id in held:
                continue
            if entry.remote or not _at_work(entry):
                self._stage.apply(Change(entry_id))
            else:
                self._waiting.setdefault(entry_id, Change(entry_id, _draft_of(entry)))

    async def _take_pieces(self) -> None:
        """The text of an answer that another process is writing."""
        steps = [one for one in self._stage.of_kind("step") if one.remote and one.wire.get("streaming")]
        if steps:
            text = await self._logs().writing(self._conversation_id)
            self._stage.grow(steps[-1].wire["id"], text)


def _at_work(entry: Entry) -> bool:
    return entry.kind == "running" or bool(entry.wire.get("streaming")) or entry.wire.get("end", "") is None


def _draft_of(entry: Entry) -> EntryForm:
    return EntryForm(entry.kind, entry.wire, entry.login_id, entry.data)


def _logged(change: Change) -> LogChange:
    """An entry as it is kept. The text of an answer that is being written lies in its pieces."""
    draft, entry_id = change.draft, _kept_id(change.entry_id)
    if draft is None:
        return LogChange(entry_id, None)
    kept = wire.kept(draft.wire) if draft.kind in ("step", "element") else draft.wire
    return LogChange(entry_id, {"kind": draft.kind, "wire": kept, "login": draft.login_id, "data": draft.data})


def _kept_id(entry_id: str) -> str:
    """Steps and pictures may be dropped when there are too many; what has another kind of id is kept."""
    return entry_id if _UUID.fullmatch(entry_id) or entry_id == DROPPED else f"!{entry_id}"


def _change_of(entry: LogEntry) -> Change:
    content = entry.content
    draft = EntryForm(content["kind"], content["wire"], content.get("login"), content.get("data") or {})
    return Change(entry.entry_id.removeprefix("!"), draft)


def _dropped(number: int, entries: Sequence[LogEntry]) -> Wire:
    """What stands in place of what was too much."""
    step = wire.message(f"{number} earlier entries of this conversation are not shown any more.", author=wire.NAME)
    first = next((one.content["wire"] for one in entries if "createdAt" in one.content["wire"]), None)
    created = step["createdAt"] if first is None else first["createdAt"]
    return step | {"id": DROPPED, "createdAt": created, "start": created, "end": created}
