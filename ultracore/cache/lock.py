"""A lock with a lease, for `RedisCache.lock`."""

from __future__ import annotations

import asyncio
import secrets
from types import TracebackType

from ultracore.cache.client import RedisClient, Script
from ultracore.errors import CacheUnavailable

_POLL_SECONDS = 0.02

# Asking again with the same token gives the same answer, so a lost reply is no riddle.
_TAKE = Script("""
local holder = redis.call('GET', KEYS[1])
if holder then return holder == ARGV[1] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

_GIVE_BACK = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")


class CacheLock:
    """Held by one task of one process at a time, `timeout` seconds at most. Not reentrant, not fair.

    Entering raises `CacheUnavailable` (`cache.lock_busy`) after `blocking_timeout`. Leaving raises
    `CacheUnavailable` (`cache.lock_lost`) if the body took longer than `timeout`, since somebody else
    may have had the lock.
    """

    def __init__(
        self, client: RedisClient, key: str, timeout: float, blocking_timeout: float | None = None
    ) -> None:
        if timeout <= 0:
            raise ValueError("a lock is held for more than 0 seconds")
        self._client = client
        self._key = key
        self._milliseconds = max(1, round(timeout * 1000))
        self._blocking_timeout = blocking_timeout
        self._token: str | None = None

    async def acquire(self) -> bool:
        """Wait for the lock; False if `blocking_timeout` passed first."""
        if self._token is not None:
            raise RuntimeError("the lock is held already by this object")
        token = secrets.token_hex(16)
        try:
            taken = await self._wait(token)
        except BaseException:
            # The lock may have been taken just before the wait was cancelled; it would stay taken for its whole
            # lease.
            await asyncio.shield(asyncio.create_task(self._forget(token)))
            raise
        self._token = token if taken else None
        return taken

    async def release(self) -> None:
        """Give the lock back. Raises `CacheUnavailable` if it was lost, or the server does not answer."""
        token, self._token = self._token, None
        if token is None:
            raise RuntimeError("the lock is not held by this object")
        # Goes on if the caller is cancelled: others wait for the lock.
        giving_back = asyncio.create_task(self._client.script(_GIVE_BACK, [self._key], token))
        if not await asyncio.shield(giving_back):
            raise CacheUnavailable("a lock ran out while it was held", code="cache.lock_lost")

    async def __aenter__(self) -> CacheLock:
        if not await self.acquire():
            raise CacheUnavailable("a lock did not become free in time", code="cache.lock_busy")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.release()
        except CacheUnavailable:
            if error is None:  # else the body's own error says more
                raise

    async def _wait(self, token: str) -> bool:
        loop = asyncio.get_running_loop()
        gives_up = None if self._blocking_timeout is None else loop.time() + self._blocking_timeout
        while not await self._client.script(_TAKE, [self._key], token, self._milliseconds, repeatable=True):
            if gives_up is not None and loop.time() >= gives_up:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def _forget(self, token: str) -> None:
        try:
            await self._client.script(_GIVE_BACK, [self._key], token)
        except CacheUnavailable:
            return  # the lease runs out by itself
