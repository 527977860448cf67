"""What a person finds again tomorrow: the list of their conversations. What was shown lies in logs.

Everything lies under the user it belongs to, so that somebody else's thread is not found rather than refused, and
is signed for its place. It is for the person's eyes, and a copy: the list is made anew from the bank's record if
Redis has lost it or a part of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own, pair
from ultracore.cache.signing import ValueSigner
from ultracore.principal import Principal

KEPT_DAYS = 90
_CHUNK = 500
_TRIES = 5
# In the index beside the threads: who finds it knows that no thread is missing. It goes with the index itself.
_WHOLE = "whole"

# KEYS: index, lines, entries, order of one thread. ARGV: lifetime, now, thread, line.
_CREATE = Script("""
if redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[4]) == 1 then redis.call('DEL', KEYS[3], KEYS[4]) end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1
""")

# A line is written over the one that was read, or not at all.
_REPLACE = Script("""
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
""")

# KEYS: index, lines. ARGV: lifetime, now, thread.
_TOUCH = Script("""
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 0 then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 1
""")

# KEYS: index, lines. ARGV: the oldest time that is kept, the thread to begin behind or '', how many, the mark.
# Replies: whether the list is whole, and id, time and line of each. What rested too long is dropped here.
_PAGE = Script("""
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '(0', '(' .. ARGV[1], 'LIMIT', 0, 1000)
for _, id in ipairs(old) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
local whole = redis.call('ZSCORE', KEYS[1], ARGV[4]) and 1 or 0
local first = 0
if ARGV[2] ~= '' then
  local place = redis.call('ZREVRANK', KEYS[1], ARGV[2])
  if not place then return {whole, {}} end
  first = place + 1
end
local found = {}
local ids = redis.call('ZREVRANGE', KEYS[1], first, first + ARGV[3] - 1, 'WITHSCORES')
for at = 1, #ids, 2 do
  if ids[at] ~= ARGV[4] then
    found[#found + 1] = {ids[at], ids[at + 1], redis.call('HGET', KEYS[2], ids[at]) or ''}
  end
end
return {whole, found}
""")

# What is forgotten while the list is made anew must not come back by it: KEYS[5] counts that.
_FORGET = Script("""
redis.call('INCR', KEYS[5])
redis.call('PEXPIRE', KEYS[5], 3600000)
local held = redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[1], ARGV[1])
return held
""")

# KEYS: index, lines, changes. ARGV: lifetime, count of changes, mark or '', then id, time and line of each.
_RESTORE = Script("""
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[2] then return 0 end
for at = 4, #ARGV, 3 do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 2])
  local held = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if not held or tonumber(held) < tonumber(ARGV[at + 1]) then
    redis.call('ZADD', KEYS[1], ARGV[at + 1], ARGV[at])
  end
end
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[1], 0, ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadEntry:
    """One line of a person's list. Times are aware UTC. `named` if the person chose the title."""

    thread_id: str
    title: str
    created_at: datetime
    active_at: datetime
    named: bool = False


Recorded = Callable[[Principal, datetime], Awaitable[Sequence[ThreadEntry]]]
"""What the bank's record says of a person's list: the threads with activity since a time, without removed ones."""


async def nothing_recorded(owner: Principal, since: datetime) -> Sequence[ThreadEntry]:
    """For a list that is only in Redis."""
    return ()


class Threads:
    """The threads of each user, forgotten `seconds` after the last entry. All methods raise `CacheUnavailable`.

    `recorded` is asked when Redis has lost something of a list; what it raises is passed on.
    """

    def __init__(
        self,
        client: RedisClient,
        signer: ValueSigner,
        recorded: Recorded = nothing_recorded,
        *,
        seconds: float = KEPT_DAYS * 86400,
    ) -> None:
        self._client = client
        self._signer = signer
        self._recorded = recorded
        self._milliseconds = round(seconds * 1000)

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        """Begin a thread. Idempotent."""
        now = _now()
        line = self._line(owner, thread_id, title, now, named=False)
        keys = _keys(owner, thread_id)[:4]
        await self._client.script(_CREATE, keys, self._milliseconds, now, thread_id, line, repeatable=True)

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        """Give a title. False if the thread is unknown, or if ours would replace the person's own."""
        lines = _keys(owner, thread_id)[1]
        for _ in range(_TRIES):
            held = await self._client.call("HGET", lines, thread_id, repeatable=True)
            told = self._told(owner, thread_id, held)
            if told is None or (told[2] and not by_person):
                return False
            new = self._line(owner, thread_id, title, told[1], named=by_person)
            if await self._client.script(_REPLACE, [lines], thread_id, held, new):
                return True
        return False

    async def touch(self, owner: Principal, thread_id: str) -> None:
        """Somebody has written in it: it moves up, and is kept as long again. Nothing for an unknown thread."""
        keys = _keys(owner, thread_id)[:2]
        await self._client.script(_TOUCH, keys, self._milliseconds, _now(), thread_id, repeatable=True)

    async def get(self, owner: Principal, thread_id: str) -> ThreadEntry | None:
        """One thread; None if this user has none of that id."""
        found = await self._get(owner, thread_id)
        if found is None and not await self._is_whole(owner):
            await self._restore(owner)
            found = await self._get(owner, thread_id)
        return found

    async def page(self, owner: Principal, count: int, after: str = "") -> list[ThreadEntry]:
        """`count` of the user's threads, the latest activity first; those behind `after`, if that is given.

        Nothing behind a thread that is not in the list any more.
        """
        found = await self._page(owner, count, after)
        if found is None:
            await self._restore(owner)
            found = await self._page(owner, count, after, anyhow=True)
        return found or []

    async def forget(self, owner: Principal, thread_id: str) -> bool:
        """Delete a thread and what was shown in it. False if there was none."""
        return bool(await self._client.script(_FORGET, _keys(owner, thread_id), thread_id, repeatable=True))

    async def _get(self, owner: Principal, thread_id: str) -> ThreadEntry | None:
        index, lines, *_ = _keys(owner, thread_id)
        kept, active = await self._client.many(
            [("HGET", lines, thread_id), ("ZSCORE", index, thread_id)], repeatable=True
        )
        return None if active is None else self._entry(owner, thread_id, active, kept)

    async def _is_whole(self, owner: Principal) -> bool:
        return await self._client.call("ZSCORE", _keys(owner, "")[0], _WHOLE, repeatable=True) is not None

    async def _page(
        self, owner: Principal, count: int, after: str, *, anyhow: bool = False
    ) -> list[ThreadEntry] | None:
        """None if something of the list is lost, unless it is wanted anyhow."""
        oldest = _now() - self._milliseconds
        # One more, in case that the mark is among them.
        asked = (oldest, after, count + 1, _WHOLE)
        whole, rows = await self._client.script(_PAGE, _keys(owner, "")[:2], *asked, repeatable=True)
        found = [self._entry(owner, name.decode(), active, kept) for name, active, kept in rows]
        if not anyhow and (not whole or None in found):
            return None
        return [entry for entry in found if entry is not None][:count]

    async def _restore(self, owner: Principal) -> None:
        """Make the list anew from the record. What changed meanwhile is not undone: then it begins again."""
        index, lines, _, _, changes = _keys(owner, "")
        for _ in range(_TRIES):
            seen = await self._client.call("GET", changes, repeatable=True) or b""
            since = _time(_now() - self._milliseconds)
            told = [self._row(owner, entry) for entry in await self._recorded(owner, since)]
            for rows, mark in _chunks(told):
                arguments = (self._milliseconds, seen, mark, *(part for row in rows for part in row))
                if not await self._client.script(_RESTORE, [index, lines, changes], *arguments, repeatable=True):
                    break
            else:
                return

    def _row(self, owner: Principal, entry: ThreadEntry) -> tuple[str, int, bytes]:
        created, active = (round(moment.timestamp() * 1000) for moment in (entry.created_at, entry.active_at))
        line = self._line(owner, entry.thread_id, entry.title, created, named=entry.named)
        return entry.thread_id, active, line

    def _line(self, owner: Principal, thread_id: str, title: str, created: int, *, named: bool) -> bytes:
        # A title with half of a surrogate pair cannot be shown by any page.
        shown = title.encode(errors="replace").decode()
        return self._signer.signed(_place(owner, thread_id), json.dumps([shown, created, named]))

    def _told(self, owner: Principal, thread_id: str, kept: bytes | None) -> tuple[str, int, bool] | None:
        text = self._signer.opened(_place(owner, thread_id), kept)
        if text is None:
            return None
        title, created, named = json.loads(text)
        return str(title), int(created), bool(named)

    def _entry(self, owner: Principal, thread_id: str, active: bytes, kept: bytes | None) -> ThreadEntry | None:
        told = self._told(owner, thread_id, kept)
        if told is None:
            return None
        title, created, named = told
        times = {"created_at": _time(created), "active_at": _time(float(active))}
        return ThreadEntry(thread_id=thread_id, title=title, named=named, **times)


def _chunks(rows: Sequence[tuple[str, int, bytes]]) -> Iterator[tuple[Sequence[tuple[str, int, bytes]], str]]:
    """Some rows at a time; with the last ones comes the mark that the list is whole."""
    for first in range(0, len(rows) or 1, _CHUNK):
        yield rows[first : first + _CHUNK], _WHOLE if first + _CHUNK >= len(rows) else ""


def _place(owner: Principal, thread_id: str) -> str:
    return f"{_keys(owner, '')[1]} {thread_id}"


def _keys(owner: Principal, thread_id: str) -> list[str]:
    """Index, lines, entries and order of one thread, and the count of changes."""
    tag = pair(owner.tenant_id, owner.user_id)
    of_thread = [own("threads", tag, thread_id, kind) for kind in ("entries", "order")]
    return [own("threads", tag), own("threads", tag, "", "lines"), *of_thread, own("threads", tag, "", "changes")]


def _now() -> int:
    return round(time.time() * 1000)


def _time(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
