"""Rate limits: exact sliding windows by the server's clock."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own

# A list of admission times in microseconds, oldest first, never longer than the limit. Times more than a window
# ahead come from a clock that was set back: they are forgotten.
# Lua writes a number of this size with an exponent and fourteen digits; `%.0f` keeps every microsecond.
RATE_LIMIT = Script("""
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
        allowed, remaining, wait = await self._client.script(RATE_LIMIT, [redis_key], limit, window)
        return RateDecision(bool(allowed), limit, int(remaining), int(wait) / _MICROSECONDS)
