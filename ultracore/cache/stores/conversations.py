"""What is known of a conversation while it is alive: whose it is, its agent, the model's history, notices."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own, pair
from ultracore.errors import InvalidInput
from ultracore.principal import Principal

HISTORY_LENGTH = 20

# Leftovers under an id that nobody owns never become part of a new conversation.
_CREATE = Script("""
local held = redis.call('HMGET', KEYS[1], 'tenant_id', 'user_id')
if held[1] then return (held[1] == ARGV[2] and held[2] == ARGV[3]) and 1 or 0 end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'tenant_id', ARGV[2], 'user_id', ARGV[3], 'customer_id', ARGV[4],
           'created_at', ARGV[5], 'agent', '')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
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
local held = redis.call('HMGET', KEYS[1], 'tenant_id', 'working_for')
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
        """True for the user who began it, whatever the login session."""
        return (self.tenant_id, self.user_id) == (principal.tenant_id, principal.user_id)


class Conversations:
    """Conversations by their server-made id. They are forgotten `seconds` after the last write."""

    def __init__(self, client: RedisClient, *, seconds: float = 30 * 86400, seen_seconds: float = 86400) -> None:
        self._client = client
        self._milliseconds = round(seconds * 1000)
        self._seen = round(seen_seconds * 1000)

    async def create(self, conversation_id: str, principal: Principal) -> None:
        """Begin a conversation. Idempotent for its owner; raises `InvalidInput` for anybody else."""
        keys = [_key(conversation_id), _key(conversation_id, "history"), _key(conversation_id, "notices")]
        created = await self._client.script(
            _CREATE,
            keys,
            self._milliseconds,
            principal.tenant_id,
            principal.user_id,
            principal.customer_id or "",
            datetime.now(UTC).isoformat(),
            repeatable=True,
        )
        if not created:
            raise InvalidInput("the conversation belongs to another user", code="conversation.not_yours")

    async def owner(self, conversation_id: str) -> ConversationState | None:
        """Whose the conversation is; None if it is unknown or forgotten."""
        names = ("tenant_id", "user_id", "customer_id", "agent", "created_at", "working_for", "writing", "cut")
        reply = await self._client.call("HMGET", _key(conversation_id), *names, repeatable=True)
        if reply[0] is None:
            return None
        texts = [(field or b"").decode() for field in reply]
        tenant_id, user_id, customer_id, agent, created_at, about, writing, cut = texts
        return ConversationState(
            conversation_id=conversation_id,
            tenant_id=tenant_id,
            user_id=user_id,
            customer_id=customer_id or None,
            agent=agent or None,
            created_at=datetime.fromisoformat(created_at),
            working_for=about or None,
            writing=bool(writing),
            cut=bool(cut),
        )

    async def append(self, conversation_id: str, *messages: dict[str, Any]) -> None:
        """Add messages (JSON-able, as the model has them) to the history, all of them or none.

        Nothing for an unknown conversation.
        """
        if not messages:
            return
        texts = [json.dumps(message, ensure_ascii=False) for message in messages]
        keys = [_key(conversation_id), _key(conversation_id, "history")]
        # A model's JSON can hold half of a surrogate pair; it must not end the turn.
        encoded = [text.encode(errors="surrogatepass") for text in texts]
        await self._client.script(_APPEND, keys, self._milliseconds, HISTORY_LENGTH, *encoded)

    async def history(self, conversation_id: str) -> list[dict[str, Any]]:
        """The last `HISTORY_LENGTH` messages at most, oldest first.

        It never begins with a tool's result whose call was cut off: model endpoints refuse that.
        """
        reply = await self._client.call("LRANGE", _key(conversation_id, "history"), 0, -1, repeatable=True)
        messages = [json.loads(text.decode(errors="surrogatepass")) for text in reply]
        while messages and messages[0].get("role") == "tool":
            messages.pop(0)
        return messages

    async def set_agent(self, conversation_id: str, agent: str) -> None:
        """Route the conversation to an agent. Does nothing for an unknown conversation."""
        await self._client.script(_SET_AGENT, [_key(conversation_id)], self._milliseconds, agent, repeatable=True)

    async def set_working_for(self, conversation_id: str, customer_id: str) -> None:
        """Note the customer whom a member of staff works for. With another one the history begins anew.

        Does nothing for an unknown conversation.
        """
        keys = [_key(conversation_id), _key(conversation_id, "history")]
        await self._client.script(_SET_WORKING_FOR, keys, self._milliseconds, customer_id, repeatable=True)

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
        await _add_notice(self._client, _key(conversation_id, "notices"), self._milliseconds, text)

    async def take_notices(self, conversation_id: str) -> list[str]:
        """The sentences that wait, oldest first; they wait no longer."""
        key = _key(conversation_id, "notices")
        return await _take_notices(self._client, key, _key(conversation_id, "taken", secrets.token_hex(8)))


class Notices:
    """Sentences for a person rather than for a conversation: shown in their next session, whichever that is."""

    def __init__(self, client: RedisClient, *, seconds: float = 90 * 86400) -> None:
        self._client = client
        self._milliseconds = round(seconds * 1000)

    async def add_notice(self, tenant_id: str, user_id: str, text: str) -> None:
        """Keep a sentence for the user; the same sentence waits once."""
        await _add_notice(self._client, own("notices", pair(tenant_id, user_id)), self._milliseconds, text)

    async def take_notices(self, tenant_id: str, user_id: str) -> list[str]:
        """The sentences that wait, oldest first; they wait no longer."""
        tag = pair(tenant_id, user_id)
        taken = own("notices", tag, "taken", secrets.token_hex(8))
        return await _take_notices(self._client, own("notices", tag), taken)


async def _add_notice(client: RedisClient, key: str, milliseconds: int, text: str) -> None:
    await client.script(_ADD_NOTICE, [key], milliseconds, text.encode(errors="replace"), repeatable=True)


async def _take_notices(client: RedisClient, key: str, taken: str) -> list[str]:
    reply = await client.script(_TAKE_NOTICES, [key, taken], repeatable=True)
    return [text.decode() for text in reply]


def _key(conversation_id: str, *rest: str) -> str:
    return own("conversation", conversation_id, *rest)
