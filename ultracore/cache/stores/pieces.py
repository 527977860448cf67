"""The pieces of an answer that is being written: kept here before a person sees them.

A conversation has one log of pieces. It is dropped as soon as the answer is on the bank's record; what a crash
left in it is the only trace of what was seen, so that forgetting a conversation does not delete it. Redis has it
on its append-only file as its own settings say (`appendfsync`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own

_HEADER, _PIECE, _END = b"h", b"p", b"e"

# Without a header the answer must be the one that the log holds: if another process has taken the log to write
# it down, nothing is added to it. KEYS: conversation, log. ARGV: milliseconds, header or '', piece.
_KEEP = Script("""
if ARGV[2] == '' then
  if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
else
  redis.call('RPUSH', KEYS[2], 'h' .. ARGV[2])
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'writing', '1') end
end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1
""")

# KEYS: conversation, log, cut answers. ARGV: milliseconds, then the cut answers to be shown again.
_CLOSE = Script("""
redis.call('DEL', KEYS[2])
redis.call('HDEL', KEYS[1], 'writing')
for index = 2, #ARGV do
  redis.call('RPUSH', KEYS[3], ARGV[index])
  redis.call('PEXPIRE', KEYS[3], ARGV[1])
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'cut', '1') end
end
return 1
""")

_TAKE_CUT = Script("""
local found = redis.call('LRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
redis.call('HDEL', KEYS[1], 'cut')
return found
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHead:
    """Whose answer it is: all that is needed to write it down later. `number` counts the answers of a turn from 1.

    `customer_id` is the person's own; `working_for` the customer whom a member of staff has named.
    """

    turn_id: str
    reference: str
    number: int
    agent: str
    began_at: str
    tenant_id: str
    user_id: str
    customer_id: str | None = None
    working_for: str | None = None

    @property
    def began(self) -> datetime:
        """When the first piece was shown, in UTC."""
        return datetime.fromisoformat(self.began_at)


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """An answer that was left in the log. `whole` if only the record was missing when it ended."""

    head: AnswerHead
    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class CutAnswer:
    """An answer that a crash has cut, on the record already, to be shown to its person again."""

    agent: str
    text: str


class AnswerPieces:
    """The logs of pieces, by conversation. Raises `CacheUnavailable` if Redis does not answer in time."""

    def __init__(self, client: RedisClient, *, seconds: float = 30 * 86400) -> None:
        self._client = client
        self._milliseconds = round(seconds * 1000)

    async def keep(self, conversation_id: str, number: int, piece: str, head: AnswerHead | None) -> bool:
        """Keep a piece; `head` comes with an answer's first one. `number` counts its pieces: the same number again
        replaces what it named. False if the log was taken by another process.
        """
        entry = _PIECE + f"{number} ".encode() + piece.encode(errors="surrogatepass")
        wire = b"" if head is None else json.dumps(asdict(head)).encode()
        keys = [_conversation(conversation_id), _log(conversation_id)]
        return bool(await self._client.script(_KEEP, keys, self._milliseconds, wire, entry))

    async def announce(self, conversation_id: str) -> None:
        """Note that this conversation has a log, for a process that looks for what others left behind."""
        await self._client.call("ZADD", _ALL, time.time(), conversation_id, repeatable=True)
        await self._client.call("PEXPIRE", _ALL, self._milliseconds, repeatable=True)

    async def whole(self, conversation_id: str) -> None:
        """The answer in the log is complete; it waits for the record only."""
        await self._client.call("RPUSHX", _log(conversation_id), _END)

    async def held(self, conversation_id: str) -> bool:
        """True while the log is there."""
        return bool(await self._client.call("EXISTS", _log(conversation_id), repeatable=True))

    async def left(self, conversation_id: str) -> list[OpenAnswer]:
        """The answers in the log, in order."""
        answers: list[OpenAnswer] = []
        head: AnswerHead | None = None
        pieces: dict[int, str] = {}
        entries = await self._client.call("LRANGE", _log(conversation_id), 0, -1, repeatable=True)
        for entry in [*entries, _HEADER]:
            kind, rest = entry[:1], entry[1:]
            if kind == _PIECE:
                number, _, text = rest.partition(b" ")
                pieces[int(number)] = text.decode(errors="surrogatepass")
            elif head is not None:
                answers.append(OpenAnswer(head, "".join(pieces[key] for key in sorted(pieces)), kind == _END))
                head = None
            if kind == _HEADER and rest:
                head, pieces = AnswerHead(**json.loads(rest)), {}
        return answers

    async def close(self, conversation_id: str, cut: Sequence[CutAnswer] = ()) -> None:
        """Drop the log, whose answers are on the record; `cut` waits to be shown again. Idempotent without it."""
        keys = [_conversation(conversation_id), _log(conversation_id), _cut(conversation_id)]
        again = [json.dumps(asdict(one)).encode() for one in cut]
        await self._client.script(_CLOSE, keys, self._milliseconds, *again)

    async def take_cut(self, conversation_id: str) -> list[CutAnswer]:
        """The cut answers that wait to be shown again; they wait no longer."""
        keys = [_conversation(conversation_id), _cut(conversation_id)]
        return [CutAnswer(**json.loads(one)) for one in await self._client.script(_TAKE_CUT, keys)]

    async def announced(self, older_than: float) -> list[str]:
        """The conversations that were announced at least that many seconds ago."""
        until = time.time() - older_than
        found = await self._client.call("ZRANGEBYSCORE", _ALL, "-inf", until, repeatable=True)
        return [name.decode() for name in found]

    async def settled(self, conversation_id: str) -> None:
        """Nothing is left of this conversation; the caller has its turn."""
        await self._client.call("ZREM", _ALL, conversation_id, repeatable=True)


_ALL = own("writing", "all")


def _conversation(conversation_id: str) -> str:
    return own("conversation", conversation_id)


def _log(conversation_id: str) -> str:
    return own("conversation", conversation_id, "pieces")


def _cut(conversation_id: str) -> str:
    return own("conversation", conversation_id, "cut")
