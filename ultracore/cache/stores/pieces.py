"""The pieces of an answer that is being written: kept here before a person sees them.

A conversation has one log of pieces. It is dropped as soon as the answer is on the bank's record; what a crash
left in it is the only trace of what was seen, so that forgetting a conversation does not delete it. Redis has it
on its append-only file as its own settings say (`appendfsync`), sealed under the person's key.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own
from ultracore.cache.stores.seals import ConversationSeals, Seal

# Pieces in clear were kept by earlier versions.
_HEADER, _PIECE, _SEALED, _END = b"h", b"p", b"s", b"e"
_MOST_WRITERS = 10_000

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
if ARGV[4] ~= '' then redis.call('PUBLISH', '@wakes', ARGV[4] .. ' ' .. ARGV[5]) end
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

    def __init__(
        self, client: RedisClient, seals: ConversationSeals, *, name: str = "", seconds: float = 30 * 86400
    ) -> None:
        self._client = client
        self._seals = seals
        self._name = name
        self._milliseconds = round(seconds * 1000)
        # Of the answers that this process is writing: all their pieces are of one person.
        self._writers: OrderedDict[str, tuple[Seal, AnswerHead]] = OrderedDict()

    async def keep(self, conversation_id: str, number: int, piece: str, head: AnswerHead | None) -> bool:
        """Keep a piece; `head` comes with an answer's first one. `number` counts its pieces: the same number again
        replaces what it named. False if the log was taken by another process.
        """
        if head is not None:
            self._writers[conversation_id] = await self._seal_of(head), head
            if len(self._writers) > _MOST_WRITERS:
                self._writers.popitem(last=False)
        if conversation_id not in self._writers:
            return False
        seal, written = self._writers[conversation_id]
        text = seal.close(piece.encode(errors="surrogatepass"), _place(conversation_id, written, number))
        entry = _SEALED + f"{number} ".encode() + text
        wire = b"" if head is None else json.dumps(asdict(head)).encode()
        keys = [_conversation(conversation_id), _log(conversation_id)]
        milliseconds, name = self._milliseconds, self._name
        return bool(await self._client.script(_KEEP, keys, milliseconds, wire, entry, name, conversation_id))

    async def _seal_of(self, head: AnswerHead) -> Seal:
        return await self._seals.of_person(head.tenant_id, head.user_id, head.customer_id)

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
        seal: Seal | None = None
        entries = await self._client.call("LRANGE", _log(conversation_id), 0, -1, repeatable=True)
        for entry in [*entries, _HEADER]:
            kind, rest = entry[:1], entry[1:]
            if kind in (_PIECE, _SEALED):
                number, _, text = rest.partition(b" ")
                if kind == _SEALED and seal is not None and head is not None:
                    text = seal.open(text, _place(conversation_id, head, int(number))) or b""
                pieces[int(number)] = text.decode(errors="surrogatepass")
            elif head is not None:
                answers.append(OpenAnswer(head, "".join(pieces[key] for key in sorted(pieces)), kind == _END))
                head = None
            if kind == _HEADER and rest:
                head, pieces = AnswerHead(**json.loads(rest)), {}
                seal = await self._seal_of(head)
        return answers

    async def writing(self, conversation_id: str) -> str:
        """The text of the answer that is being written, as far as it is kept; nothing if there is none."""
        return "".join(answer.text for answer in (await self.left(conversation_id))[-1:])

    async def close(self, conversation_id: str, cut: Sequence[CutAnswer] = ()) -> None:
        """Drop the log, whose answers are on the record; `cut` waits to be shown again. Idempotent without it."""
        keys = [_conversation(conversation_id), _log(conversation_id), _cut(conversation_id)]
        self._writers.pop(conversation_id, None)
        seal = await self._seals.of(conversation_id) if cut else None
        # Nobody comes back to a conversation that was deleted meanwhile.
        again = [] if seal is None else [_cut_entry(seal, conversation_id, one) for one in cut]
        await self._client.script(_CLOSE, keys, self._milliseconds, *again)

    async def take_cut(self, conversation_id: str) -> list[CutAnswer]:
        """The cut answers that wait to be shown again; they wait no longer."""
        keys = [_conversation(conversation_id), _cut(conversation_id)]
        found = await self._client.script(_TAKE_CUT, keys)
        seal = await self._seals.of(conversation_id) if found else None
        return [cut for one in found if (cut := _cut_answer(seal, conversation_id, one)) is not None]

    async def announced(self, older_than: float) -> list[str]:
        """The conversations that were announced at least that many seconds ago."""
        until = time.time() - older_than
        found = await self._client.call("ZRANGEBYSCORE", _ALL, "-inf", until, repeatable=True)
        return [name.decode() for name in found]

    async def settled(self, conversation_id: str) -> None:
        """Nothing is left of this conversation; the caller has its turn."""
        await self._client.call("ZREM", _ALL, conversation_id, repeatable=True)


_ALL = own("writing", "all")


def _place(conversation_id: str, head: AnswerHead, number: int) -> str:
    return f"piece|{conversation_id}|{head.turn_id}|{head.number}|{number}"


def _cut_entry(seal: Seal, conversation_id: str, cut: CutAnswer) -> bytes:
    return seal.close(json.dumps(asdict(cut)).encode(), f"cut|{conversation_id}")


def _cut_answer(seal: Seal | None, conversation_id: str, entry: bytes) -> CutAnswer | None:
    if not entry.startswith(b"{"):
        opened = seal and seal.open(entry, f"cut|{conversation_id}")
        if not opened:
            return None
        entry = opened
    return CutAnswer(**json.loads(entry))


def _conversation(conversation_id: str) -> str:
    return own("conversation", conversation_id)


def _log(conversation_id: str) -> str:
    return own("conversation", conversation_id, "pieces")


def _cut(conversation_id: str) -> str:
    return own("conversation", conversation_id, "cut")
