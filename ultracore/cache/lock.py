"""A lock with a lease that renews itself and a fencing token, for `RedisCache.lock`."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from types import TracebackType

from ultracore.cache.client import RedisClient, Script
from ultracore.errors import CacheUnavailable

_POLL_SECONDS = 0.02
_RENEWALS_A_LEASE = 3  # two may be lost before the lease runs out

# Asking again with the same secret gives the same answer, so a lost reply is no riddle. The fencing token is the
# server's time in microseconds, or one more than the last: so it grows even after the server forgot the last one.
_TAKE = Script("""
local holder = redis.call('GET', KEYS[1])
if holder then return holder == ARGV[1] and redis.call('GET', KEYS[2]) end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local token = string.format('%.0f', math.max(now, last + 1))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], token, 'PX', math.max(3600000, ARGV[2]))
return token
""")

_RENEW = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")

_GIVE_BACK = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")


class CacheLock:
    """Held by one task of one process at a time. Not reentrant, not fair.

    The lease is renewed while the lock is held; `timeout` seconds after its holder died or stood still, somebody
    else may take it. `token` is the fencing token: it grows with each holder, so that a store that remembers the
    highest one can refuse a holder that stood still and woke up too late.

    Entering raises `CacheUnavailable` (`cache.lock_busy`) after `blocking_timeout`. Leaving raises
    `CacheUnavailable` (`cache.lock_lost`) if the lease ran out meanwhile.
    """

    def __init__(
        self, client: RedisClient, key: str, timeout: float, blocking_timeout: float | None = None
    ) -> None:
        if timeout <= 0:
            raise ValueError("a lock is held for more than 0 seconds")
        self._client = client
        self._keys = (key, f"{key}:fence")
        self._milliseconds = max(1, round(timeout * 1000))
        self._blocking_timeout = blocking_timeout
        self._secret: str | None = None
        self._fence: int | None = None
        self._renewing: asyncio.Task[None] | None = None

    @property
    def token(self) -> int:
        """The fencing token. Raises `RuntimeError` if the lock is not held."""
        if self._fence is None:
            raise RuntimeError("the lock is not held by this object")
        return self._fence

    async def acquire(self) -> bool:
        """Wait for the lock; False if `blocking_timeout` passed first."""
        if self._secret is not None:
            raise RuntimeError("the lock is held already by this object")
        secret = secrets.token_hex(16)
        try:
            fence = await self._wait(secret)
        except BaseException:
            # The lock may have been taken just before the wait was cancelled; it would stay taken for its whole
            # lease.
            await asyncio.shield(asyncio.create_task(self._forget(secret)))
            raise
        if fence is None:
            return False
        self._secret, self._fence = secret, fence
        self._renewing = asyncio.create_task(self._renew(secret))
        return True

    async def release(self) -> None:
        """Give the lock back. Raises `CacheUnavailable` if it was lost, or the server does not answer."""
        secret, self._secret, self._fence = self._secret, None, None
        if secret is None or self._renewing is None:
            raise RuntimeError("the lock is not held by this object")
        self._renewing.cancel()
        # Goes on if the caller is cancelled: others wait for the lock.
        giving_back = asyncio.create_task(self._client.script(_GIVE_BACK, [self._keys[0]], secret))
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

    async def _wait(self, secret: str) -> int | None:
        loop = asyncio.get_running_loop()
        gives_up = None if self._blocking_timeout is None else loop.time() + self._blocking_timeout
        while True:
            fence = await self._client.script(_TAKE, self._keys, secret, self._milliseconds, repeatable=True)
            if fence is not None:
                return int(fence)
            if gives_up is not None and loop.time() >= gives_up:
                return None
            await asyncio.sleep(_POLL_SECONDS)

    async def _renew(self, secret: str) -> None:
        kept: object = True
        while kept:
            await asyncio.sleep(self._milliseconds / 1000 / _RENEWALS_A_LEASE)
            # A server that is away for less than the lease costs nothing; leaving tells if it was longer.
            with suppress(CacheUnavailable):
                kept = await self._client.script(
                    _RENEW, [self._keys[0]], secret, self._milliseconds, repeatable=True
                )

    async def _forget(self, secret: str) -> None:
        # If the server does not answer, the lease runs out by itself.
        with suppress(CacheUnavailable):
            await self._client.script(_GIVE_BACK, [self._keys[0]], secret)
