"""What is known of a conversation while it is alive: whose it is, its agent, the model's history, notices."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own, pair
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores.seals import ConversationSeals, DerivedSeals, Seals
from ultracore.errors import InvalidInput
from ultracore.principal import Principal

HISTORY_LENGTH = 20

# Leftovers under an id without an owner never become part of a new conversation.
_CREATE = Script("""
local held = redis.call('HGET', KEYS[1], 'owner')
if held then return held end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'owner', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return ARGV[2]
""")

# A turn that outlives its conversation, which its person has deleted, leaves nothing behind.
_APPEND = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for index = 3, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[index]) end
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[2]), -1)
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('LLEN', KEYS[2])
""")

_SET_AGENT = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'agent', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
""")

# With another customer the model's history begins anew: nothing of one customer reaches the next.
_SET_WORKING_FOR = Script("""
local held = redis.call('HMGET', KEYS[1], 'owner', 'working_for')
if not held[1] then return 0 end
if (held[2] or '') ~= ARGV[2] then redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[1], 'working_for', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
""")

# ARGV[1] names the asking: the same asking repeated gets the same answer.
_FIRST_SEEN = Script("""
local held = redis.call('GET', KEYS[1])
if held then return held == ARGV[1] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

_ADD_NOTICE = Script("""
for _, held in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if held == ARGV[2] then return 0 end
end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
""")

# What was taken stays for a minute under the name of the asking, so that a lost reply can be asked for again.
_TAKE_NOTICES = Script("""
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('PEXPIRE', KEYS[2], 60000)
end
return redis.call('LRANGE', KEYS[2], 0, -1)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState:
    """Whose a conversation is. `agent` is None until it is routed; `created_at` is aware UTC.

    `working_for` is the customer whom a member of staff has named. `writing` if an answer is being written, or
    was when its process died; `cut` if an answer that was cut waits to be shown again.
    """

    conversation_id: str
    tenant_id: str
    user_id: str
    customer_id: str | None
    agent: str | None
    created_at: datetime
    working_for: str | None = None
    writing: bool = False
    cut: bool = False

    def belongs_to(self, principal: Principal) -> bool:
        """True for the user who began it, in any login session."""
        return (self.tenant_id, self.user_id) == (principal.tenant_id, principal.user_id)


RecordedState = Callable[[str], Awaitable[ConversationState | None]]
"""What the bank's record says of a conversation; None if it is not there, or if its person deleted it."""


async def not_recorded(conversation_id: str) -> ConversationState | None:
    """For conversations that are only in Redis."""
    return None


class Conversations:
    """Conversations by their server-made id. They are forgotten `seconds` after the last write."""

    def __init__(
        self,
        client: RedisClient,
        signer: ValueSigner,
        recorded: RecordedState = not_recorded,
        *,
        seals: Seals | None = None,
        seconds: float = 30 * 86400,
        seen_seconds: float = 86400,
    ) -> None:
        self._client = client
        self._signer = signer
        self._recorded = recorded
        self._notices = _Sentences(client, signer)
        self.seals = ConversationSeals(seals or DerivedSeals(b""), self._person)
        """The keys under which what is kept of a conversation lies sealed."""
        self._milliseconds = round(seconds * 1000)
        self._seen = round(seen_seconds * 1000)

    async def create(self, conversation_id: str, principal: Principal) -> None:
        """Begin a conversation. Idempotent for its owner; raises `InvalidInput` for anybody else."""
        owner = [principal.tenant_id, principal.user_id, principal.customer_id, datetime.now(UTC).isoformat()]
        keys, signed = _keys(conversation_id), self._owner(conversation_id, owner)
        held = await self._client.script(_CREATE, keys, self._milliseconds, signed, repeatable=True)
        if (self._field(conversation_id, "owner", held) or [])[:2] != owner[:2]:
            raise InvalidInput("the conversation belongs to another user", code="conversation.not_yours")

    async def owner(self, conversation_id: str) -> ConversationState | None:
        """Whose the conversation is; None if it is unknown, or if its person deleted it.

        What Redis has lost is told by the record, and kept again; what that raises is passed on.
        """
        state = await self._state(conversation_id)
        if state is None and (state := await self._recorded(conversation_id)) is not None:
            await self._restore(state)
        return state

    async def _restore(self, state: ConversationState) -> None:
        owner = [state.tenant_id, state.user_id, state.customer_id, state.created_at.isoformat()]
        await self._client.script(
            _CREATE,
            _keys(state.conversation_id),
            self._milliseconds,
            self._owner(state.conversation_id, owner),
            repeatable=True,
        )
        if state.agent is not None:
            await self.set_agent(state.conversation_id, state.agent)

    async def _state(self, conversation_id: str) -> ConversationState | None:
        names = ("owner", "agent", "working_for", "writing", "cut")
        reply = await self._client.call("HMGET", _key(conversation_id), *names, repeatable=True)
        owner = self._field(conversation_id, "owner", reply[0])
        if owner is None:
            return None
        tenant_id, user_id, customer_id, created_at = owner
        return ConversationState(
            conversation_id=conversation_id,
            tenant_id=tenant_id,
            user_id=user_id,
            customer_id=customer_id,
            agent=self._field(conversation_id, "agent", reply[1]),
            created_at=datetime.fromisoformat(created_at),
            working_for=self._field(conversation_id, "working_for", reply[2]),
            writing=bool(reply[3]),
            cut=bool(reply[4]),
        )

    async def _person(self, conversation_id: str) -> tuple[str, str, str | None] | None:
        owner = await self.owner(conversation_id)
        return None if owner is None else (owner.tenant_id, owner.user_id, owner.customer_id)

    async def append(self, conversation_id: str, *messages: dict[str, Any]) -> None:
        """Add messages (JSON-able, as the model has them) to the history, all of them or none.

        Nothing for an unknown conversation.
        """
        if not messages:
            return
        seal = await self.seals.of(conversation_id)
        if seal is None:
            return
        texts = [json.dumps(message, ensure_ascii=False) for message in messages]
        keys = [_key(conversation_id), _key(conversation_id, "history")]
        # A model's JSON can hold half of a surrogate pair, which must not end the turn.
        sealed = [seal.close(text.encode(errors="surrogatepass"), keys[1]) for text in texts]
        await self._client.script(_APPEND, keys, self._milliseconds, HISTORY_LENGTH, *sealed)

    async def history(self, conversation_id: str) -> list[dict[str, Any]]:
        """The last `HISTORY_LENGTH` messages at most, oldest first.

        It never begins with a tool's result whose call was cut off: model endpoints refuse that.
        """
        key = _key(conversation_id, "history")
        reply = await self._client.call("LRANGE", key, 0, -1, repeatable=True)
        seal = await self.seals.of(conversation_id) if reply else None
        # What was put there by somebody else, or copied from another conversation, is left out.
        texts = [text for kept in reply if seal is not None and (text := seal.open(kept, key)) is not None]
        messages = [json.loads(text.decode(errors="surrogatepass")) for text in texts]
        while messages and messages[0].get("role") == "tool":
            messages.pop(0)
        return messages

    async def set_agent(self, conversation_id: str, agent: str) -> None:
        """Route the conversation to an agent. Does nothing for an unknown conversation."""
        signed = self._signer.signed(_field(conversation_id, "agent"), json.dumps(agent))
        await self._client.script(_SET_AGENT, [_key(conversation_id)], self._milliseconds, signed, repeatable=True)

    async def set_working_for(self, conversation_id: str, customer_id: str) -> None:
        """Note the customer whom a member of staff works for. With another one the history begins anew.

        Does nothing for an unknown conversation.
        """
        keys = [_key(conversation_id), _key(conversation_id, "history")]
        signed = self._signer.signed(_field(conversation_id, "working_for"), json.dumps(customer_id))
        await self._client.script(_SET_WORKING_FOR, keys, self._milliseconds, signed, repeatable=True)

    async def first_seen(self, conversation_id: str, message_id: str) -> bool:
        """True the first time that this message id is asked about, False for a day afterwards."""
        key = _key(conversation_id, "seen", message_id)
        asking = secrets.token_hex(8)
        return bool(await self._client.script(_FIRST_SEEN, [key], asking, self._seen, repeatable=True))

    async def forget(self, conversation_id: str) -> None:
        """Delete the owner, the history and the notices.

        The bank's record stays, and so do the pieces of an answer that it has not got yet (`cache.pieces`).
        """
        await self._client.call(
            "DEL",
            _key(conversation_id),
            _key(conversation_id, "history"),
            _key(conversation_id, "notices"),
        )

    async def add_notice(self, conversation_id: str, text: str) -> None:
        """Keep a sentence to show when the conversation is next opened; the same sentence waits once."""
        await self._notices.add(_key(conversation_id, "notices"), text, self._milliseconds)

    async def take_notices(self, conversation_id: str) -> list[str]:
        """The sentences that wait, oldest first; they wait no longer."""
        key = _key(conversation_id, "notices")
        return await self._notices.take(key, _key(conversation_id, "taken", secrets.token_hex(8)))

    def _owner(self, conversation_id: str, owner: Sequence[str | None]) -> bytes:
        return self._signer.signed(_field(conversation_id, "owner"), json.dumps(owner))

    def _field(self, conversation_id: str, name: str, kept: bytes | None) -> Any:
        """What was kept in a field of the conversation, if we signed it for that field; None otherwise."""
        text = self._signer.opened(_field(conversation_id, name), kept)
        return None if text is None else json.loads(text)


class Notices:
    """Sentences for a person rather than for a conversation: shown in their next session, whichever that is."""

    def __init__(self, client: RedisClient, signer: ValueSigner, *, seconds: float = 90 * 86400) -> None:
        self._notices = _Sentences(client, signer)
        self._milliseconds = round(seconds * 1000)

    async def add_notice(self, tenant_id: str, user_id: str, text: str) -> None:
        """Keep a sentence for the user; the same sentence waits once."""
        await self._notices.add(own("notices", pair(tenant_id, user_id)), text, self._milliseconds)

    async def take_notices(self, tenant_id: str, user_id: str) -> list[str]:
        """The sentences that wait, oldest first; they wait no longer."""
        tag = pair(tenant_id, user_id)
        taken = own("notices", tag, "taken", secrets.token_hex(8))
        return await self._notices.take(own("notices", tag), taken)


class _Sentences:
    """Lists of sentences that wait to be shown, each signed for its list."""

    def __init__(self, client: RedisClient, signer: ValueSigner) -> None:
        self._client = client
        self._signer = signer

    async def add(self, key: str, text: str, milliseconds: int) -> None:
        signed = self._signer.signed(key, text.encode(errors="replace"))
        await self._client.script(_ADD_NOTICE, [key], milliseconds, signed, repeatable=True)

    async def take(self, key: str, taken: str) -> list[str]:
        reply = await self._client.script(_TAKE_NOTICES, [key, taken], repeatable=True)
        texts = (self._signer.opened(key, kept) for kept in reply)
        return [text.decode() for text in texts if text is not None]


def _field(conversation_id: str, name: str) -> str:
    return f"{_key(conversation_id)} {name}"


def _keys(conversation_id: str) -> list[str]:
    return [_key(conversation_id), _key(conversation_id, "history"), _key(conversation_id, "notices")]


def _key(conversation_id: str, *rest: str) -> str:
    return own("conversation", conversation_id, *rest)
