"""What Redis holds of a person, found by the names of keys and deleted.

The program's own keys carry in braces whose they are: a user of a tenant, a conversation. So a kind of key that is
added later is found as well. Keys of the published cache are found by the ids among their parts. Counters and
locks hold no words and stay: they run out by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ultracore.cache.client import RedisClient
from ultracore.cache.keys import OWN, own, pair, part
from ultracore.cache.stores.sessions import end_logins
from ultracore.errors import CacheUnavailable

log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.05
# Ids, counts and times only. The principals under `login` are gone once the sessions have been ended.
_WORDLESS: Final = frozenset({"turn", "rate", "lock", "login", "logins", "socket", "sockets", "process", "page"})
_LISTS: Final = own("threads", "").partition("{")[0]
_OWN_KEY: Final = re.compile(r"@(?P<kind>[^:]*):\{(?P<tag>[^}]*)\}(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """By what a customer is known: logins, conversations (also those of staff), accounts, their own id."""

    tenant_id: str
    customer_id: str
    user_ids: frozenset[str]
    conversation_ids: frozenset[str]
    account_ids: frozenset[str] = frozenset()


class RedisEraser:
    """Deletes what is kept of a customer. Every method raises `CacheUnavailable`; twice is the same as once.

    A turn that still runs may write until it ends: `forget` waits for it, `turn_seconds` at most. What was deleted
    is taken off the server's disk too, within `disk_seconds`, if the server lets us.
    """

    def __init__(self, client: RedisClient, *, turn_seconds: float = 30.0, disk_seconds: float = 30.0) -> None:
        self._client = client
        self._turn_seconds = turn_seconds
        self._disk_seconds = disk_seconds

    async def sign_out(self, traces: Traces) -> int:
        """End every session of the customer's logins; how many there were."""
        ended = [await end_logins(self._client, traces.tenant_id, user) for user in sorted(traces.user_ids)]
        return sum(map(len, ended))

    async def forget(self, traces: Traces) -> int:
        """Sign out, let running turns end, delete; how many keys there were."""
        # First, so that no session of theirs writes new keys behind the search.
        await self.sign_out(traces)
        await self._wait_for_turns(traces.conversation_ids)
        keys = await self._keys()
        found = [key for key in keys if _is_of(key, traces)]
        for key in found:
            await self._client.call("UNLINK", key, repeatable=True)
        await self._clear_lists([key for key in keys if key.startswith(_LISTS)], traces)
        await self._clear_disk()
        return len(found)

    async def _clear_lists(self, keys: Iterable[str], traces: Traces) -> None:
        """Take the conversations off the lists of others, such as of staff who worked for the customer."""
        ids = sorted(traces.conversation_ids)
        for key in keys if ids else ():
            command = "ZREM" if key.endswith("}") else "HDEL" if key.endswith("}::lines") else None
            if command is not None:
                await self._client.call(command, key, *ids, repeatable=True)

    async def _wait_for_turns(self, conversation_ids: Iterable[str]) -> None:
        holders = [own("turn", conversation, "holder") for conversation in sorted(conversation_ids)]
        gives_up = asyncio.get_running_loop().time() + self._turn_seconds
        while running := [
            holder for holder in holders if await self._client.call("EXISTS", holder, repeatable=True)
        ]:
            if asyncio.get_running_loop().time() > gives_up:
                raise CacheUnavailable("a turn of the customer still runs", code="erasure.turn_runs")
            holders = running
            await asyncio.sleep(_POLL_SECONDS)

    async def _keys(self) -> list[str]:
        """The name of every key. A key that stays while this goes through them is among them."""
        names: set[str] = set()
        async for some in self._client.scan():
            names.update(name.decode(errors="surrogateescape") for name in some)
        return sorted(names)

    async def _clear_disk(self) -> None:
        """Have append-only files and snapshots written anew, without what was deleted, on copies too."""
        try:
            settings = await self._everywhere("CONFIG", "GET", "appendonly")
            if any(b"yes" in one for one in settings):
                await self._everywhere("BGREWRITEAOF")
            saves = await self._everywhere("CONFIG", "GET", "save")
            if any(any(one[1::2]) for one in saves):
                await self._everywhere("BGSAVE", "SCHEDULE")
        except CacheUnavailable as error:
            if error.code not in ("cache.failed", "cache.unauthorised"):
                raise
            log.warning("the Redis server does not let us rewrite its files (%s): its operator has to", error.code)
            return
        await self._wait_for_disk()

    async def _wait_for_disk(self) -> None:
        gives_up = asyncio.get_running_loop().time() + self._disk_seconds
        busy = (b"aof_rewrite_in_progress:1", b"aof_rewrite_scheduled:1", b"rdb_bgsave_in_progress:1")
        while True:
            told = b" ".join(await self._everywhere("INFO", "persistence")).split()
            if not any(flag in told for flag in busy):
                break
            if asyncio.get_running_loop().time() > gives_up:
                raise CacheUnavailable("Redis did not rewrite its files in time", code="erasure.redis_files")
            await asyncio.sleep(_POLL_SECONDS)
        if b"aof_last_bgrewrite_status:err" in told or b"rdb_last_bgsave_status:err" in told:
            raise CacheUnavailable("Redis could not rewrite its files", code="erasure.redis_files")

    async def _everywhere(self, *command: str) -> list[Any]:
        return await self._client.everywhere(*command, replicas=True)


def _is_of(key: str, traces: Traces) -> bool:
    if not key.startswith(OWN):
        return _is_cached(key, traces)
    found = _OWN_KEY.fullmatch(key)
    if found is None or found["kind"] in _WORDLESS:
        return False
    conversations = {part(one) for one in traces.conversation_ids}
    whose = {part(pair(traces.tenant_id, user)) for user in traces.user_ids} | conversations
    return found["tag"] in whose or not conversations.isdisjoint(found["rest"].split(":"))


def _is_cached(key: str, traces: Traces) -> bool:
    """A key of the published cache, in any namespace: a cache may be emptied at any time."""
    parts = set(key.split(":"))
    ids = {traces.customer_id, *traces.user_ids, *traces.conversation_ids, *traces.account_ids}
    return not parts.isdisjoint(part(one) for one in ids)
