"""Failed sign-ins: counted hard for a user at one address, softly for a user as a whole, widely for an address.

A guesser cannot lock a named person out: a browser that the person has signed in with before has a count of its
own, and everybody else waits a minute at most. A sign-in is not refused because others are being checked right
now: running checks are waited for.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Final

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own

_MICROSECONDS: Final = 1_000_000
_LEASE_SECONDS: Final = 30
_DEVICE_SECONDS: Final = 180 * 86400
_DEVICES_A_USER: Final = 20
_CLOSED_SECONDS: Final = 86400

# One sorted set of checks by time: members `r:` are running, members `f:` have failed. A check whose process died
# while it ran counts as failed: the guess may have been made.
_RESERVE = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local limit, window, lease, name = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + window), '+inf')
local failed = {}
local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for at = 1, #all, 2 do
  local since = tonumber(all[at + 1])
  if string.sub(all[at], 1, 2) == 'f:' or since < now - lease then failed[#failed + 1] = since end
end
if #failed >= limit then return {1, math.max(1, failed[#failed - limit + 1] + window - now)} end
if #all / 2 >= limit then return {2, 0} end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), 'r:' .. name)
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
return {0, 0}
""")

_SETTLE = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
redis.call('ZREM', KEYS[1], 'r:' .. ARGV[1])
if ARGV[2] == 'failed' then redis.call('ZADD', KEYS[1], string.format('%.0f', now), 'f:' .. ARGV[1]) end
if ARGV[2] == 'cleared' then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if string.sub(member, 1, 2) == 'f:' then redis.call('ZREM', KEYS[1], member) end
  end
end
return redis.call('ZCARD', KEYS[1])
""")

# The user as a whole: failures since the last success, when the last one was, and checks that run (KEYS[2]).
# The wait doubles from one second and ends at a minute, so that the owner is never kept out for longer.
_USER_ADMIT = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local free, window, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local longest, closes, name = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local held = redis.call('HMGET', KEYS[1], 'failures', 'last', 'total')
local failures, last, total = tonumber(held[1] or 0), tonumber(held[2] or 0), tonumber(held[3] or 0)
if total >= closes then return {3, 0} end
if last < now - window or last > now + window then failures = 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - lease))
local running = redis.call('ZCARD', KEYS[2])
if failures + running >= free then
  if running > 0 then return {2, 0} end
  local wait = math.min(longest, 1000000 * 2 ^ math.min(20, failures - free))
  if now < last + wait then return {1, last + wait - now} end
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now), name)
redis.call('PEXPIRE', KEYS[2], math.ceil(lease / 1000) + 1000)
return {0, 0}
""")

_USER_SETTLE = Script("""
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] == 'failed' or ARGV[2] == 'unfinished' then
  local last = tonumber(redis.call('HGET', KEYS[1], 'last') or 0)
  if last < now - tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], 'failures', 0) end
  redis.call('HINCRBY', KEYS[1], 'failures', 1)
  if ARGV[2] == 'failed' then redis.call('HINCRBY', KEYS[1], 'total', 1) end
  redis.call('HSET', KEYS[1], 'last', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]))
elseif ARGV[2] == 'cleared' then
  redis.call('HDEL', KEYS[1], 'failures', 'last')
end
return 0
""")

_REMEMBER = Script("""
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[3]))
return 1
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An admitted check of a password, to be settled by `failed`, `unfinished`, `succeeded` or `withdrawn`."""

    name: str
    user: str
    address: str
    device: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """A refusal: nothing may be checked for `seconds`. `closed` until the bank opens the login again."""

    seconds: float
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """As many checks run as may fail: ask again when one of them has ended."""


class LoginThrottle:
    """The counts. User names are kept as keyed digests only, since people type passwords into that field."""

    def __init__(
        self,
        client: RedisClient,
        *,
        secret: bytes,
        pair_limit: int = 5,
        address_limit: int = 100,
        window_seconds: float = 900,
        longest_wait_seconds: float = 60,
        closes_after: int = 100,
    ) -> None:
        self._client = client
        self._secret = hashlib.sha256(secret).digest()
        self._pair_limit = pair_limit
        self._address_limit = address_limit
        self._window = round(window_seconds * _MICROSECONDS)
        self._longest = round(longest_wait_seconds * _MICROSECONDS)
        self._closes_after = closes_after

    async def admit(self, user_id: str, address: str, device: str | None = None) -> Attempt | Wait | Busy:
        """Ask whether a password may be checked. `device` is a token of `remember`, or anything else.

        A known device passes every count but its own. Raises `CacheUnavailable`.
        """
        user = self._digest(user_id)
        known = await self._known(user, device)
        attempt = Attempt(name=secrets.token_hex(8), user=user, address=network_of(address), device=known)
        if known is not None:
            return await self._reserve(self._device_key(attempt), self._pair_limit, attempt) or attempt
        if refused := await self._admit_user(attempt):
            return refused
        if refused := await self._reserve(self._pair_key(attempt), self._pair_limit, attempt):
            await self._settle_user(attempt, "withdrawn")
            return refused
        if refused := await self._reserve(self._address_key(attempt), self._address_limit, attempt):
            await self._settle_user(attempt, "withdrawn")
            await self._settle(self._pair_key(attempt), attempt, "withdrawn")
            return refused
        return attempt

    async def failed(self, attempt: Attempt) -> None:
        """Password or code were wrong. A device is known no longer after the last failure that it may have."""
        if attempt.device is None:
            await self._settle_user(attempt, "failed")
            await self._settle(self._pair_key(attempt), attempt, "failed")
            await self._settle(self._address_key(attempt), attempt, "failed")
            return
        failures = await self._settle(self._device_key(attempt), attempt, "failed")
        if failures >= self._pair_limit:
            await self._client.call("ZREM", self._devices_key(attempt.user), attempt.device)

    async def unfinished(self, attempt: Attempt) -> None:
        """The password was right, and no code came with it: counted until a sign-in has both.

        A sign-in with a second factor begins so. What closes a login for a day, and what an office's one address
        may fail, is therefore not counted.
        """
        if attempt.device is not None:
            await self._settle(self._device_key(attempt), attempt, "failed")
            return
        await self._settle_user(attempt, "unfinished")
        await self._settle(self._pair_key(attempt), attempt, "failed")
        await self._settle(self._address_key(attempt), attempt, "withdrawn")

    async def succeeded(self, attempt: Attempt) -> None:
        """Password and code were right: the failures of user and pair are forgotten, the address's are not."""
        if attempt.device is not None:
            await self._settle(self._device_key(attempt), attempt, "cleared")
            return
        await self._settle_user(attempt, "cleared")
        await self._settle(self._pair_key(attempt), attempt, "cleared")
        await self._settle(self._address_key(attempt), attempt, "withdrawn")

    async def withdrawn(self, attempt: Attempt) -> None:
        """Nothing was checked after all."""
        if attempt.device is not None:
            await self._settle(self._device_key(attempt), attempt, "withdrawn")
            return
        await self._settle_user(attempt, "withdrawn")
        await self._settle(self._pair_key(attempt), attempt, "withdrawn")
        await self._settle(self._address_key(attempt), attempt, "withdrawn")

    async def remember(self, user_id: str, device: str | None = None) -> str:
        """A signed token for the browser that the user has just signed in with; the one it has, if it is known."""
        user = self._digest(user_id)
        name = await self._known(user, device) or secrets.token_hex(16)
        milliseconds = _DEVICE_SECONDS * 1000
        key = self._devices_key(user)
        await self._client.script(_REMEMBER, [key], name, _DEVICES_A_USER, milliseconds, repeatable=True)
        return f"{name}.{self._signature(user, name)}"

    async def forget_devices(self, user_id: str) -> None:
        """No browser of the user is known any longer, and a closed login is open again."""
        user = self._digest(user_id)
        await self._client.call("DEL", self._devices_key(user), repeatable=True)
        await self._client.call("DEL", self._user_key(user), repeatable=True)

    def cookie_name(self, user_id: str) -> str:
        """Under which name a browser keeps its token for this user: families share browsers."""
        return f"anya_device_{self._digest(user_id)[:12]}"

    async def _known(self, user: str, token: str | None) -> str | None:
        """The name of a device of this user's, if the token is one that we signed and have not revoked."""
        name, _, signature = (token or "").partition(".")
        if not signature or not hmac.compare_digest(_bytes(signature), _bytes(self._signature(user, name))):
            return None
        score = await self._client.call("ZSCORE", self._devices_key(user), name, repeatable=True)
        return None if score is None else name

    async def _admit_user(self, attempt: Attempt) -> Wait | Busy | None:
        numbers = (
            self._pair_limit,
            self._window,
            _LEASE_SECONDS * _MICROSECONDS,
            self._longest,
            self._closes_after,
        )
        keys = [self._user_key(attempt.user), self._running_key(attempt.user)]
        return _refusal(await self._client.script(_USER_ADMIT, keys, *numbers, attempt.name))

    async def _settle_user(self, attempt: Attempt, how: str) -> None:
        keys = [self._user_key(attempt.user), self._running_key(attempt.user)]
        await self._client.script(_USER_SETTLE, keys, attempt.name, how, self._window, _CLOSED_SECONDS * 1000)

    async def _reserve(self, key: str, limit: int, attempt: Attempt) -> Wait | Busy | None:
        lease = _LEASE_SECONDS * _MICROSECONDS
        return _refusal(await self._client.script(_RESERVE, [key], limit, self._window, lease, attempt.name))

    async def _settle(self, key: str, attempt: Attempt, how: str) -> int:
        return int(await self._client.script(_SETTLE, [key], attempt.name, how))

    def _digest(self, user_id: str) -> str:
        text = user_id.encode(errors="surrogatepass")
        return hashlib.blake2b(text, key=self._secret, digest_size=16).hexdigest()

    def _signature(self, user: str, name: str) -> str:
        text = f"{user}.{name}".encode(errors="surrogatepass")
        return hashlib.blake2b(text, key=self._secret, digest_size=16, person=b"device").hexdigest()

    def _user_key(self, user: str) -> str:
        return own("sign-in-user", user)

    def _running_key(self, user: str) -> str:
        return own("sign-in-user", user, "running")

    def _devices_key(self, user: str) -> str:
        return own("sign-in-user", user, "devices")

    def _device_key(self, attempt: Attempt) -> str:
        return own("sign-in-device", attempt.device or "")

    def _pair_key(self, attempt: Attempt) -> str:
        return own("sign-in-pair", f"{attempt.user} {attempt.address}")

    def _address_key(self, attempt: Attempt) -> str:
        return own("sign-in-address", attempt.address)


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64, since a household has as many addresses as it likes."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _refusal(reply: list[int]) -> Wait | Busy | None:
    kind, microseconds = int(reply[0]), int(reply[1])
    if kind == 1:
        return Wait(microseconds / _MICROSECONDS)
    if kind == 3:
        return Wait(float(_CLOSED_SECONDS), closed=True)
    return Busy() if kind == 2 else None


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
