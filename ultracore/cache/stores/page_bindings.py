"""Which conversation each open page shows, so that any process can take a press of it."""

from __future__ import annotations

from ultracore.cache.client import RedisClient
from ultracore.cache.keys import own


class PageBindings:
    """Conversations by the session id of a page. All methods raise `CacheUnavailable`.

    What is found grants nothing: the caller asks whose the conversation is.
    """

    def __init__(self, client: RedisClient, *, seconds: float = 86400) -> None:
        self._client = client
        self._milliseconds = round(seconds * 1000)

    async def show(self, session_id: str, conversation_id: str) -> None:
        """The page shows the conversation."""
        key = _key(session_id)
        await self._client.call("SET", key, conversation_id, "PX", self._milliseconds, repeatable=True)

    async def shown(self, session_id: str) -> str | None:
        """What the page shows; None if it is unknown."""
        found = await self._client.call("GET", _key(session_id), repeatable=True)
        return None if found is None else found.decode()


def _key(session_id: str) -> str:
    return own("page", session_id)
