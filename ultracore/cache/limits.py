"""Rate limits and the limit on failed sign-ins: exact sliding windows by the server's clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own

# A list of admission times in microseconds, oldest first, never longer than the limit. Times more than a window
# ahead come from a clock that was set back: they are forgotten.
# Lua writes a number of this size with an exponent and fourteen digits; `%.0f` keeps every microsecond.
_HIT = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local newest = redis.call('LINDEX', KEYS[1], -1)
if newest and tonumber(newest) > now + window then redis.call('DEL', KEYS[1]) end
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local count = redis.call('LLEN', KEYS[1])
if count >= limit then
  local frees = redis.call('LINDEX', KEYS[1], count - limit)
  return {0, 0, tonumber(frees) + window - now}
end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
return {1, limit - count - 1, 0}
""")

# Attempts of one user or one address: a sorted set of attempt names by time in microseconds.
_RESERVE = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + window), '+inf')
local count = redis.call('ZCARD', KEYS[1])
if count >= limit then
  local frees = redis.call('ZRANGE', KEYS[1], count - limit, count - limit, 'WITHSCORES')
  return math.max(1, tonumber(frees[2]) + window - now)
end
local number = 0
while redis.call('ZSCORE', KEYS[1], ARGV[3] .. number) do number = number + 1 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3] .. number)
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
return 0
""")

# Take back the newest attempt whose name begins with ARGV[1].
_GIVE_BACK = Script("""
local members = redis.call('ZREVRANGE', KEYS[1], 0, -1)
for _, member in ipairs(members) do
  if string.sub(member, 1, #ARGV[1]) == ARGV[1] then return redis.call('ZREM', KEYS[1], member) end
end
return 0
""")

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class RateDecision:
    """`retry_after` is in seconds, 0 if allowed. `remaining` counts what is still allowed now."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: float


class RateLimiter:
    """At most `limit` admissions in any window of `window_seconds`. What is refused does not count."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client

    async def hit(self, key: str, limit: int, window_seconds: float) -> RateDecision:
        """Ask for one admission. Raises `ValueError` for a limit or a window below one, `CacheUnavailable`."""
        return await self.hit_key(own("rate", key), limit, window_seconds)

    async def hit_key(self, redis_key: str, limit: int, window_seconds: float) -> RateDecision:
        """As `hit`, for a key that is already written out."""
        if limit < 1 or window_seconds <= 0:
            raise ValueError("a rate limit needs a limit of at least 1 and a window above 0 seconds")
        window = round(window_seconds * _MICROSECONDS)
        allowed, remaining, wait = await self._client.script(_HIT, [redis_key], limit, window)
        return RateDecision(bool(allowed), limit, int(remaining), int(wait) / _MICROSECONDS)


class LoginThrottle:
    """Failed sign-ins: at most `limit` in `window_seconds` for a user, and for an address.

    An attempt is counted by `check`, before the password is hashed, so that guesses at the same time are counted
    too; `succeeded` takes it back. A refused attempt is not counted and makes no wait longer. User names are kept
    as keyed digests only: people type passwords into that field.
    """

    def __init__(
        self,
        client: RedisClient,
        *,
        secret: bytes,
        user_limit: int = 5,
        address_limit: int = 5,
        window_seconds: float = 900,
    ) -> None:
        self._client = client
        self._secret = hashlib.sha256(secret).digest()
        self._user_limit = user_limit
        self._address_limit = address_limit
        self._window = round(window_seconds * _MICROSECONDS)

    async def check(self, user_id: str, address: str) -> float:
        """0 if the attempt may go on (it is counted), else the seconds to wait. Raises `CacheUnavailable`."""
        user = self._digest(user_id)
        # The address first: one address that guesses many names must not use up the attempts of their owners.
        wait = await self._reserve(self._address_key(address), self._address_limit, user)
        if wait:
            return wait
        wait = await self._reserve(self._user_key(user), self._user_limit, user)
        if wait:
            await self._client.script(_GIVE_BACK, [self._address_key(address)], user)
        return wait

    async def failed(self, user_id: str, address: str) -> float:
        """The password was wrong: `check` has counted that. Gives the wait before the next attempt, in seconds."""
        user = self._digest(user_id)
        waits = [
            await self._wait(self._address_key(address), self._address_limit),
            await self._wait(self._user_key(user), self._user_limit),
        ]
        return max(waits)

    async def succeeded(self, user_id: str, address: str) -> None:
        """The password was right: forget the user's failures; of the address's, this attempt only."""
        user = self._digest(user_id)
        await self._client.call("DEL", self._user_key(user))
        await self._client.script(_GIVE_BACK, [self._address_key(address)], user)

    async def _reserve(self, key: str, limit: int, user: str) -> float:
        reply = await self._client.script(_RESERVE, [key], limit, self._window, user)
        return int(reply) / _MICROSECONDS

    async def _wait(self, key: str, limit: int) -> float:
        reply = await self._client.script(_WAIT, [key], limit, self._window)
        return int(reply) / _MICROSECONDS

    def _digest(self, user_id: str) -> str:
        text = user_id.encode(errors="surrogatepass")
        return hashlib.blake2b(text, key=self._secret, digest_size=16).hexdigest() + ":"

    def _user_key(self, digest: str) -> str:
        return own("sign-in-user", digest)

    def _address_key(self, address: str) -> str:
        return own("sign-in-address", address)


_WAIT = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local since = string.format('(%.0f', now - window)
local count = redis.call('ZCOUNT', KEYS[1], since, '+inf')
if count < limit then return 0 end
local frees = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
return math.max(1, tonumber(frees[2]) + window - now)
""")
