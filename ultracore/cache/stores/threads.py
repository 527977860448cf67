"""What a person finds again tomorrow: the list of their conversations, and what was shown in each.

Everything lies under the user it belongs to, so that somebody else's thread is not found rather than refused. It
is for the person's eyes: the bank's record is kept elsewhere and never depends on it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own, pair
from ultracore.principal import Principal

MOST_THREADS = 300
MOST_ENTRIES = 200
KEPT_DAYS = 90

# KEYS: index, head, entries, order of one thread. The oldest threads go when a user has too many.
_CREATE = Script("""
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('DEL', KEYS[3], KEYS[4])
  redis.call('HSET', KEYS[2], 'title', ARGV[4], 'created', ARGV[2], 'named', '0')
end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
while redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[5]) do
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  redis.call('ZREM', KEYS[1], oldest)
  for _, kind in ipairs({'head', 'entries', 'order'}) do redis.call('DEL', ARGV[6] .. oldest .. ':' .. kind) end
end
return 1
""")

# A title that the person gave is not replaced by one of ours.
_ENTITLE = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[2] == '0' and redis.call('HGET', KEYS[1], 'named') == '1' then return 0 end
redis.call('HSET', KEYS[1], 'title', ARGV[1], 'named', ARGV[2])
return 1
""")

# ARGV: lifetime, now, thread, most entries, number of removed ids, these, then pairs of id and entry.
_KEEP = Script("""
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
local first = 6 + tonumber(ARGV[5])
for at = 6, first - 1 do
  redis.call('HDEL', KEYS[3], ARGV[at])
  redis.call('LREM', KEYS[4], 0, ARGV[at])
end
for at = first, #ARGV, 2 do
  if redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1]) == 1 then redis.call('RPUSH', KEYS[4], ARGV[at]) end
end
while redis.call('LLEN', KEYS[4]) > tonumber(ARGV[4]) do
  redis.call('HDEL', KEYS[3], redis.call('LPOP', KEYS[4]))
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 1
""")

_ENTRIES = Script("""
local ids = redis.call('LRANGE', KEYS[2], 0, -1)
if #ids == 0 then return {} end
return redis.call('HMGET', KEYS[1], unpack(ids))
""")

# What has run out is dropped from the list here.
_LIST = Script("""
local found = {}
local ids = redis.call('ZREVRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for at = 1, #ids, 2 do
  local head = redis.call('HMGET', ARGV[1] .. ids[at] .. ':head', 'title', 'created')
  if head[1] then
    found[#found + 1] = {ids[at], ids[at + 1], head[1], head[2]}
  else
    redis.call('ZREM', KEYS[1], ids[at])
  end
end
return found
""")

_FORGET = Script("""
local held = redis.call('DEL', KEYS[2])
redis.call('DEL', KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[1], ARGV[1])
return held
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadEntry:
    """One line of a person's list. Times are aware UTC."""

    thread_id: str
    title: str
    created_at: datetime
    active_at: datetime


class Threads:
    """The threads of each user, forgotten `seconds` after the last entry. All methods raise `CacheUnavailable`."""

    def __init__(self, client: RedisClient, *, seconds: float = KEPT_DAYS * 86400) -> None:
        self._client = client
        self._milliseconds = round(seconds * 1000)

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        """Begin a thread. Idempotent. If the user has too many, the one that rested longest is forgotten."""
        await self._client.script(
            _CREATE,
            _keys(owner, thread_id),
            self._milliseconds,
            _now(),
            thread_id,
            # A title with half of a surrogate pair cannot be shown by any page.
            title.encode(errors="replace"),
            MOST_THREADS,
            _prefix(owner),
            repeatable=True,
        )

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        """Give a title. False if the thread is unknown, or if ours would replace the person's own."""
        head, text = _keys(owner, thread_id)[1], title.encode(errors="replace")
        done = await self._client.script(_ENTITLE, [head], text, "1" if by_person else "0", repeatable=True)
        return bool(done)

    async def keep(
        self, owner: Principal, thread_id: str, entries: Sequence[Mapping[str, Any]], removed: Sequence[str] = ()
    ) -> bool:
        """Write entries (JSON-able, each with its `id`) over the earlier ones of the same id; take others away.

        The last `MOST_ENTRIES` stay, in the order in which their ids came first. False for an unknown thread.
        """
        pairs = [text for entry in entries for text in (str(entry["id"]), _encoded(entry))]
        done = await self._client.script(
            _KEEP,
            _keys(owner, thread_id),
            self._milliseconds,
            _now(),
            thread_id,
            MOST_ENTRIES,
            len(removed),
            *removed,
            *pairs,
            repeatable=True,
        )
        return bool(done)

    async def entries(self, owner: Principal, thread_id: str) -> list[dict[str, Any]]:
        """What was kept of a thread, in order; nothing for an unknown one."""
        keys = _keys(owner, thread_id)
        reply = await self._client.script(_ENTRIES, keys[2:], repeatable=True)
        return [json.loads(text) for text in reply if text is not None]

    async def get(self, owner: Principal, thread_id: str) -> ThreadEntry | None:
        """One thread; None if this user has none of that id."""
        return next((one for one in await self.all(owner) if one.thread_id == thread_id), None)

    async def all(self, owner: Principal) -> list[ThreadEntry]:
        """The user's threads, at most `MOST_THREADS`, the latest activity first."""
        reply = await self._client.script(_LIST, _keys(owner, "")[:1], _prefix(owner), repeatable=True)
        return [
            ThreadEntry(
                thread_id=thread_id.decode(),
                title=title.decode(),
                created_at=_time(created),
                active_at=_time(active),
            )
            for thread_id, active, title, created in reply
        ]

    async def forget(self, owner: Principal, thread_id: str) -> bool:
        """Delete a thread and what was shown in it. False if there was none."""
        return bool(await self._client.script(_FORGET, _keys(owner, thread_id), thread_id, repeatable=True))


def _prefix(owner: Principal) -> str:
    return own("threads", pair(owner.tenant_id, owner.user_id), "")


def _keys(owner: Principal, thread_id: str) -> list[str]:
    tag = pair(owner.tenant_id, owner.user_id)
    return [own("threads", tag), *(own("threads", tag, thread_id, kind) for kind in ("head", "entries", "order"))]


def _encoded(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode(errors="replace")


def _now() -> int:
    return round(time.time() * 1000)


def _time(milliseconds: bytes) -> datetime:
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
