"""The log of a conversation: all that its pages show, in order, for every process that has a page of it.

Each entry has an id, a sealed content and the sequence of its last change; an entry that changes takes its own
place. So the log is as long as what there is to see, and a reader that knows everything up to a sequence asks for
what came after it. Writers name the sequence after which they write: one that has missed something is refused,
reads on and tries again. A log has an epoch, which is another one when Redis has lost the log and it was made
anew. What is sealed is bound to conversation, epoch, sequence and entry.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own
from ultracore.cache.stores.pieces import AnswerPieces
from ultracore.cache.stores.seals import ConversationSeals, Seal

MOST_BYTES = 2_000_000
"""Sealed bytes of one log. What is older is dropped, and `LogPart.dropped` says how much that was."""
MOST_GONE = 400
ALIVE_SECONDS = 5.0
LISTEN_SECONDS = 30.0
WAKES = "@wakes"
"""The channel on which a process says that a log has changed. A wake carries ids and no text."""

Content = Mapping[str, Any]

# KEYS: head, entries, changes, order, gone. ARGV: lifetime, epoch, sequence, most bytes, most gone, waker's name,
# conversation, then pairs of id and sealed content; an empty one takes the entry away. Ids that begin with "!" are
# never dropped: they are what can be pressed, what runs, and the title.
_WRITE = """
local sequence = tonumber(ARGV[3])
local bytes = tonumber(redis.call('HGET', KEYS[1], 'bytes') or '0')
for at = 8, #ARGV, 2 do
  sequence = sequence + 1
  local id, content = ARGV[at], ARGV[at + 1]
  bytes = bytes - redis.call('HSTRLEN', KEYS[2], id) + #content
  if content == '' then
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
    redis.call('ZADD', KEYS[5], sequence, id)
  else
    redis.call('HSET', KEYS[2], id, content)
    redis.call('ZADD', KEYS[3], sequence, id)
    redis.call('ZADD', KEYS[4], 'NX', sequence, id)
    redis.call('ZREM', KEYS[5], id)
  end
end
local dropped = 0
if bytes > tonumber(ARGV[4]) then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[4], 0, -2)) do
    if bytes <= tonumber(ARGV[4]) then break end
    if string.sub(id, 1, 1) ~= '!' then
      bytes = bytes - redis.call('HSTRLEN', KEYS[2], id)
      redis.call('HDEL', KEYS[2], id)
      redis.call('ZREM', KEYS[3], id)
      redis.call('ZREM', KEYS[4], id)
      dropped = dropped + 1
    end
  end
end
redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -1 - tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'sequence', string.format('%.0f', sequence), 'bytes', bytes)
if dropped > 0 then redis.call('HINCRBY', KEYS[1], 'dropped', dropped) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
if ARGV[6] ~= '' then redis.call('PUBLISH', '@wakes', ARGV[6] .. ' ' .. ARGV[7]) end
return 1
"""
_APPEND = Script(
    """
local head = redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
if head[1] ~= ARGV[2] or head[2] ~= ARGV[3] then return 0 end
"""
    + _WRITE
)
_BEGIN = Script("if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end\n" + _WRITE)

# KEYS: head, entries, changes, order, gone. ARGV: epoch, sequence.
_READ = Script("""
local head = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'dropped')
if not head[1] then return {} end
local found = {head[1], head[2] or '0', head[3] or '0'}
local after = ARGV[2]
if head[1] ~= ARGV[1] then after = '0' elseif head[2] == after then return found end
local changed = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. after, '+inf', 'WITHSCORES')
for at = 1, #changed, 2 do
  local id = changed[at]
  found[#found + 1] = {id, changed[at + 1], redis.call('ZSCORE', KEYS[4], id), redis.call('HGET', KEYS[2], id)}
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. after, '+inf')) do found[#found + 1] = {id} end
return found
""")

_DELETE = Script("""
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'epoch', 'deleted')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then redis.call('PUBLISH', '@wakes', ARGV[2] .. ' ' .. ARGV[3]) end
return 1
""")


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader knows a log. The first one knows nothing."""

    epoch: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class LogChange:
    """An entry as it is from here on; without a content it is taken away."""

    entry_id: str
    content: Content | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry as it stands. `first` is the sequence with which it came, by which entries are in order."""

    entry_id: str
    sequence: int
    first: int
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogPart:
    """What came after a cursor, in the order of the changes, or `whole` if that was of another epoch."""

    cursor: Cursor
    whole: bool
    entries: tuple[LogEntry, ...] = ()
    gone: tuple[str, ...] = ()
    dropped: int = 0
    deleted: bool = False


class ConversationLogs:
    """The logs of conversations, by their id. All methods raise `CacheUnavailable`.

    `name` is this process's own, which its wakes carry; without one it wakes no process.
    """

    def __init__(
        self,
        client: RedisClient,
        seals: ConversationSeals,
        pieces: AnswerPieces,
        *,
        name: str = "",
        seconds: float = 90 * 86400,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._client = client
        self._seals = seals
        self._pieces = pieces
        self._milliseconds = round(seconds * 1000)
        self._most_bytes = most_bytes
        self.name = name

    async def writing(self, conversation_id: str) -> str:
        """So much of the answer that is being written is kept by now."""
        return await self._pieces.writing(conversation_id)

    async def wakes(self) -> AsyncIterator[str]:
        """The ids of conversations whose logs other processes have changed, as long as the connection lasts."""
        if not self.name:
            return
        async with self._client.subscription(WAKES) as subscription:
            while True:
                message = await subscription.next(LISTEN_SECONDS)
                name, _, conversation_id = message[1].decode().partition(" ") if message else (self.name, "", "")
                if name != self.name:
                    yield conversation_id

    async def beat(self) -> None:
        """Say that this process is alive."""
        if self.name:
            await self._client.call(
                "SET", _alive(self.name), "1", "PX", round(ALIVE_SECONDS * 1000), repeatable=True
            )

    async def alive(self, name: str) -> bool:
        """False once the process of that name has not said so for `ALIVE_SECONDS`."""
        return bool(name) and bool(await self._client.call("EXISTS", _alive(name), repeatable=True))

    async def read(self, conversation_id: str, after: Cursor) -> LogPart | None:
        """What came after the cursor; None if there is no log."""
        reply = await self._client.script(
            _READ, _keys(conversation_id), after.epoch, after.sequence, repeatable=True
        )
        if not reply:
            return None
        epoch = reply[0].decode()
        cursor, whole = Cursor(epoch, int(reply[1])), epoch != after.epoch
        if epoch == "deleted":
            return LogPart(cursor, whole=whole, deleted=True)
        standing = [one for one in reply[3:] if len(one) > 1]
        seal = await self._seals.of(conversation_id) if standing else None
        entries = [_opened(seal, conversation_id, epoch, one) for one in standing]
        gone = tuple(one[0].decode() for one in reply[3:] if len(one) == 1)
        return LogPart(cursor, whole, tuple(one for one in entries if one is not None), gone, int(reply[2]))

    async def append(self, conversation_id: str, at: Cursor, changes: Sequence[LogChange]) -> Cursor | None:
        """Write after `at`. None if the log does not end there, or if the conversation has no owner any more."""
        return await self._write(_APPEND, conversation_id, at, changes)

    async def begin(self, conversation_id: str, changes: Sequence[LogChange]) -> Cursor | None:
        """Make a log of a new epoch. None if there is one already."""
        return await self._write(_BEGIN, conversation_id, Cursor(secrets.token_hex(8)), changes)

    async def delete(self, conversation_id: str) -> None:
        """Leave nothing of a log but that it was deleted, for the processes that have a page of it."""
        await self._client.script(
            _DELETE, _keys(conversation_id), 86_400_000, self.name, conversation_id, repeatable=True
        )

    async def _write(
        self, script: Script, conversation_id: str, at: Cursor, changes: Sequence[LogChange]
    ) -> Cursor | None:
        seal = await self._seals.of(conversation_id)
        if seal is None:
            return None
        pairs: list[str | bytes] = []
        for sequence, change in enumerate(changes, at.sequence + 1):
            place = _place(conversation_id, at.epoch, sequence, change.entry_id)
            pairs += [change.entry_id, _closed(seal, change.content, place)]
        done = await self._client.script(
            script,
            _keys(conversation_id),
            self._milliseconds,
            at.epoch,
            at.sequence,
            self._most_bytes,
            MOST_GONE,
            self.name,
            conversation_id,
            *pairs,
        )
        return Cursor(at.epoch, at.sequence + len(changes)) if done else None


def _alive(name: str) -> str:
    return own("process", name)


def _closed(seal: Seal, content: Content | None, place: str) -> bytes:
    if content is None:
        return b""
    return seal.close(json.dumps(content, ensure_ascii=False).encode(errors="replace"), place)


def _opened(seal: Seal | None, conversation_id: str, epoch: str, found: Sequence[bytes]) -> LogEntry | None:
    """None for what does not open: its key was destroyed, or it was moved there from another place."""
    entry_id, sequence, first = found[0].decode(), int(float(found[1])), int(float(found[2]))
    text = seal and seal.open(found[3], _place(conversation_id, epoch, sequence, entry_id))
    return LogEntry(entry_id, sequence, first, json.loads(text)) if text else None


def _place(conversation_id: str, epoch: str, sequence: int, entry_id: str) -> str:
    return f"log|{conversation_id}|{epoch}|{sequence}|{entry_id}"


def _keys(conversation_id: str) -> list[str]:
    kinds = ("head", "entries", "changes", "order", "gone")
    return [own("log", conversation_id, kind) for kind in kinds]
