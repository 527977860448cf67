"""Server-side login sessions, and which login a browser's socket session belongs to."""

from __future__ import annotations

import json

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own, pair
from ultracore.principal import Principal

_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
"""

_CREATE = Script(
    _NOW
    + """
local held = redis.call('HGET', KEYS[1], 'principal')
if held then return held == ARGV[1] and 1 or 0 end
local idle, absolute = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('HSET', KEYS[1], 'principal', ARGV[1], 'until', string.format('%.0f', now + absolute))
redis.call('PEXPIRE', KEYS[1], math.min(idle, absolute))
return 1
"""
)

# ARGV[1]: the idle time in milliseconds, or 0 to look without touching.
_READ = Script(
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'principal', 'until')
if not held[1] then return nil end
local left = tonumber(held[2]) - now
if left <= 0 then redis.call('DEL', KEYS[1]); return nil end
local idle = tonumber(ARGV[1])
if idle > 0 then redis.call('PEXPIRE', KEYS[1], math.min(idle, left)) end
return held[1]
"""
)

_REVOKE = Script("""
local principal = redis.call('HGET', KEYS[1], 'principal')
redis.call('DEL', KEYS[1])
return principal
""")

# A sorted set of ids by the time at which they end: what has ended leaves at every visit.
_INDEX = Script(
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
)

_BIND = Script("""
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

_RELEASE = Script("""
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")

_ADMIT = Script(
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
)


class LoginSessions:
    """A login session ends after `idle_seconds` without `get`, after `absolute_seconds` in any case, or by revoke.

    Both limits go by the server's clock. After `revoke` has returned, no process gets the principal any more.
    """

    def __init__(
        self, client: RedisClient, *, idle_seconds: float = 15 * 60, absolute_seconds: float = 8 * 3600
    ) -> None:
        self._client = client
        self._idle = round(idle_seconds * 1000)
        self._absolute = round(absolute_seconds * 1000)

    async def create(self, principal: Principal) -> None:
        """Begin the session `principal.login_id`. Raises `ValueError` if the id is somebody else's."""
        text = json.dumps(principal.to_dict(), sort_keys=True)
        # The index first: a session that `revoke_user` could not find must never exist.
        await self._client.script(
            _INDEX, [_user_key(principal.tenant_id, principal.user_id)], principal.login_id, self._absolute
        )
        created = await self._client.script(
            _CREATE, [_login_key(principal.login_id)], text, self._idle, self._absolute, repeatable=True
        )
        if not created:
            raise ValueError("this login id is already in use")

    async def get(self, login_id: str) -> Principal | None:
        """Who is signed in, and the idle time begins anew; None if the session has ended."""
        return await self._read(login_id, self._idle)

    async def peek(self, login_id: str) -> Principal | None:
        """As `get`, but the idle time runs on."""
        return await self._read(login_id, 0)

    async def revoke(self, login_id: str) -> Principal | None:
        """End the session at once. Gives whose it was, or None. Idempotent."""
        text = await self._client.script(_REVOKE, [_login_key(login_id)])
        if text is None:
            return None
        principal = _principal(text)
        await self._client.call("ZREM", _user_key(principal.tenant_id, principal.user_id), login_id)
        return principal

    async def of_user(self, tenant_id: str, user_id: str) -> list[str]:
        """The login ids of a user that are still alive, the oldest first."""
        ids = await self._client.call("ZRANGE", _user_key(tenant_id, user_id), 0, -1, repeatable=True)
        # The index holds a login until its absolute end; `peek` leaves out the ones that idled away before.
        names = [login_id.decode() for login_id in ids]
        return [name for name in names if await self.peek(name) is not None]

    async def revoke_user(self, tenant_id: str, user_id: str) -> list[str]:
        """End every session of a user. Gives the login ids that were alive."""
        ids = await self._client.call("ZRANGE", _user_key(tenant_id, user_id), 0, -1, repeatable=True)
        names = [login_id.decode() for login_id in ids]
        return [name for name in names if await self.revoke(name) is not None]

    async def _read(self, login_id: str, idle: int) -> Principal | None:
        text = await self._client.script(_READ, [_login_key(login_id)], idle, repeatable=True)
        return None if text is None else _principal(text)


class SocketBindings:
    """The browser chooses its session id; the first login that connects with one owns it from then on.

    A binding lasts `seconds` from the last `bind`, longer than any login session. The places that `admit` gives
    are kept for `place_seconds` from the last `admit`. A process asks again for the sockets that it holds, so the
    places of one that crashed are free a minute later.
    """

    def __init__(self, client: RedisClient, *, seconds: float = 9 * 3600, place_seconds: float = 60) -> None:
        self._client = client
        self._milliseconds = round(seconds * 1000)
        self._place = round(place_seconds * 1000)

    async def bind(self, session_id: str, login_id: str) -> bool:
        """True if the session is this login's, now or already; False if it is somebody else's."""
        reply = await self._client.script(
            _BIND, [_socket_key(session_id)], login_id, self._milliseconds, repeatable=True
        )
        return bool(reply)

    async def owner(self, session_id: str) -> str | None:
        """The login id that owns the session."""
        owner = await self._client.call("GET", _socket_key(session_id), repeatable=True)
        return None if owner is None else str(owner.decode())

    async def release(self, session_id: str, login_id: str = "") -> None:
        """Forget whose the session is; with a `login_id` only if it is this login's. Idempotent."""
        await self._client.script(_RELEASE, [_socket_key(session_id)], login_id)

    async def admit(self, user_id: str, session_id: str, limit: int = 5) -> bool:
        """Take or keep one of the user's `limit` places; False if all are taken by other sessions."""
        reply = await self._client.script(
            _ADMIT, [_places_key(user_id)], session_id, limit, self._place, repeatable=True
        )
        return bool(reply)

    async def leave(self, user_id: str, session_id: str) -> None:
        """Give the place back. Idempotent."""
        await self._client.call("ZREM", _places_key(user_id), session_id)


def _principal(text: bytes) -> Principal:
    return Principal.from_dict(json.loads(text))


def _login_key(login_id: str) -> str:
    return own("login", login_id)


def _user_key(tenant_id: str, user_id: str) -> str:
    return own("logins", pair(tenant_id, user_id))


def _socket_key(session_id: str) -> str:
    return own("socket", session_id)


def _places_key(user_id: str) -> str:
    return own("sockets", user_id)
