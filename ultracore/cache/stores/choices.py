"""Messages that wait for the person to choose who answers them, for whichever process gets the choice."""

from __future__ import annotations

import json

from ultracore.cache.client import RedisClient
from ultracore.cache.keys import own
from ultracore.cache.stores.seals import ConversationSeals


class WaitingChoices:
    """One message a conversation, sealed. All methods raise `CacheUnavailable`."""

    def __init__(self, client: RedisClient, seals: ConversationSeals, *, seconds: float = 86400) -> None:
        self._client = client
        self._seals = seals
        self._milliseconds = round(seconds * 1000)

    async def keep(self, conversation_id: str, login_id: str, text: str) -> None:
        """This message of the login waits, in place of an earlier one."""
        seal = await self._seals.of(conversation_id)
        if seal is not None:
            kept = json.dumps([login_id, text]).encode()
            sealed = seal.close(kept, _place(conversation_id))
            await self._client.call(
                "SET", _key(conversation_id), sealed, "PX", self._milliseconds, repeatable=True
            )

    async def take(self, conversation_id: str, login_id: str) -> str | None:
        """The login's message that waits; it waits no longer."""
        found = await self._client.call("GET", _key(conversation_id), repeatable=True)
        seal = None if found is None else await self._seals.of(conversation_id)
        opened = seal and seal.open(found, _place(conversation_id))
        if not opened:
            return None
        asked_by, text = json.loads(opened)
        if asked_by != login_id:
            return None
        await self.drop(conversation_id)
        return str(text)

    async def drop(self, conversation_id: str) -> None:
        """Nothing waits any more."""
        await self._client.call("DEL", _key(conversation_id), repeatable=True)


def _key(conversation_id: str) -> str:
    return own("conversation", conversation_id, "choice")


def _place(conversation_id: str) -> str:
    return f"choice|{conversation_id}"
