"""Server-side login sessions, and which login a browser's socket session belongs to."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import unquote

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own, pair
from ultracore.cache.signing import ValueSigner
from ultracore.principal import Connection, Principal

_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
"""

_CLOCK = Script(_NOW + "return string.format('%.0f', now)")

# Two fields, so that the time it may idle is cut without reading what is signed; whether it has ended is told by
# the signed value alone.
_CREATE = Script("""
local held = redis.call('HGET', KEYS[1], 'principal')
if held then return held end
redis.call('HSET', KEYS[1], 'principal', ARGV[1], 'until', ARGV[2], 'idle', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return ARGV[1]
""")

# ARGV[1]: 0 to look without touching, else the idle time in milliseconds of a session that has none of its own.
_READ = Script(
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'principal', 'until', 'idle')
if not held[1] then return nil end
local left = tonumber(held[2]) - now
if left <= 0 then redis.call('DEL', KEYS[1]); return nil end
if tonumber(ARGV[1]) > 0 then redis.call('PEXPIRE', KEYS[1], math.min(tonumber(held[3] or ARGV[1]), left)) end
return {held[1], string.format('%.0f', now)}
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


Standing = Callable[[Principal], Awaitable[Principal | None]]


async def unchanged(principal: Principal) -> Principal | None:
    """For programs without users of their own: what was true at sign-in stays true."""
    return principal


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A login session with what is known of its browser. `since` and `until` are UTC."""

    principal: Principal
    since: datetime | None
    until: datetime
    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """After how long a session ends: without use, and in any case."""

    idle_seconds: float = 15 * 60
    absolute_seconds: float = 8 * 3600

    @classmethod
    def of(cls, idle_minutes: float, hours: float) -> SessionLimits:
        """The limits in the units in which people say them."""
        return cls(idle_seconds=idle_minutes * 60, absolute_seconds=hours * 3600)


class LoginSessions:
    """A login session ends after `idle_seconds` without `get`, after `absolute_seconds` in any case, or by revoke.

    `staff` has limits of its own, if it is given. All go by the server's clock. After `revoke` has returned,
    no process gets the principal any more. `standing` says what the person may do now: a session that it knows
    nothing of any more ends.
    """

    def __init__(
        self,
        client: RedisClient,
        signer: ValueSigner,
        *,
        standing: Standing = unchanged,
        idle_seconds: float = 15 * 60,
        absolute_seconds: float = 8 * 3600,
        staff: SessionLimits | None = None,
    ) -> None:
        self._client = client
        self._signer = signer
        self._standing = standing
        self._customers = SessionLimits(idle_seconds=idle_seconds, absolute_seconds=absolute_seconds)
        self._staff = staff or self._customers
        self.begun: Callable[[Principal], None] | None = None
        """Told of each session that has begun; it must not wait for anything."""

    @classmethod
    def lasting(
        cls,
        client: RedisClient,
        signer: ValueSigner,
        standing: Standing,
        customers: SessionLimits | None,
        staff: SessionLimits | None,
    ) -> LoginSessions:
        """Sessions with these limits; the usual ones if none are given."""
        usual = customers or SessionLimits()
        idle, absolute = usual.idle_seconds, usual.absolute_seconds
        return cls(client, signer, standing=standing, idle_seconds=idle, absolute_seconds=absolute, staff=staff)

    async def create(self, principal: Principal, connection: Connection | None = None) -> None:
        """Begin the session `principal.login_id`. Raises `ValueError` if the id is somebody else's."""
        key = _login_key(principal.login_id)
        limits = self._staff if principal.is_staff else self._customers
        absolute = round(limits.absolute_seconds * 1000)
        since = int(await self._client.script(_CLOCK, [key], repeatable=True))
        until, browser = since + absolute, connection or Connection()
        known = {"since": since, "ip_address": browser.ip_address, "user_agent": browser.user_agent}
        text = json.dumps([until, principal.to_dict(), known], sort_keys=True)
        # The index first: a session that `end_logins` could not find must never exist.
        await self._client.script(
            _INDEX, [_user_key(principal.tenant_id, principal.user_id)], principal.login_id, absolute
        )
        idle, signed = min(round(limits.idle_seconds * 1000), absolute), self._signer.signed(key, text)
        held = await self._client.script(_CREATE, [key], signed, until, idle, repeatable=True)
        begun = self._opened(principal.login_id, held)
        if begun is None or begun.principal != principal:
            raise ValueError("this login id is already in use")
        if self.begun is not None:
            self.begun(principal)

    async def get(self, login_id: str) -> Principal | None:
        """Who is signed in, and the idle time begins anew; None if the session has ended."""
        return await self._read(login_id, round(self._customers.idle_seconds * 1000))

    async def peek(self, login_id: str) -> Principal | None:
        """As `get`, but the idle time runs on."""
        return await self._read(login_id, 0)

    async def revoke(self, login_id: str) -> Principal | None:
        """End the session at once. Gives whose it was, or None. Idempotent."""
        found = self._opened(login_id, await self._client.script(_REVOKE, [_login_key(login_id)]))
        if found is None:
            return None
        principal = found.principal
        await self._client.call("ZREM", _user_key(principal.tenant_id, principal.user_id), login_id)
        return principal

    async def of_user(self, tenant_id: str, user_id: str) -> list[str]:
        """The login ids of a user that are still alive, the oldest first."""
        return [one.principal.login_id for one in await self.live_of(tenant_id, user_id)]

    async def live_of(self, tenant_id: str, user_id: str) -> list[LiveSession]:
        """A user's sessions that are still alive, the oldest first."""
        # The index holds a login until its absolute end; looking leaves out the ones that idled away before. It is
        # not signed: what it names counts only if it is this user's.
        names = await _indexed(self._client, tenant_id, user_id)
        found = [await self._session(name, 0) for name in names]
        whose = (tenant_id, user_id)
        return [one for one in found if one and (one.principal.tenant_id, one.principal.user_id) == whose]

    async def living(self, most: int) -> list[Principal]:
        """Some of those who are signed in, at most so many."""
        found: list[Principal] = []
        async for names in self._client.scan(_login_key("").partition("{")[0] + "*"):
            for name in names:
                tag = name.decode(errors="replace").partition("{")[2].removesuffix("}")
                principal = await self.peek(unquote(tag))
                if principal is not None:
                    found.append(principal)
                if len(found) >= most:
                    return found
        return found

    async def _read(self, login_id: str, idle: int) -> Principal | None:
        session = await self._session(login_id, idle)
        return None if session is None else session.principal

    async def _session(self, login_id: str, idle: int) -> LiveSession | None:
        reply = await self._client.script(_READ, [_login_key(login_id)], idle, repeatable=True)
        found = None if reply is None else self._opened(login_id, reply[0])
        if found is None or found.until <= _moment(int(reply[1])):
            return None
        principal = await self._standing(found.principal)
        if principal is None:
            await self.revoke(login_id)
            return None
        return replace(found, principal=principal)

    def _opened(self, login_id: str, kept: bytes | None) -> LiveSession | None:
        """The session, if we signed it for this login."""
        text = self._signer.opened(_login_key(login_id), kept)
        if text is None:
            return None
        # Sessions of versions that knew nothing of browsers are two values.
        until, told, *more = json.loads(text)
        known = more[0] if more else {"since": None, "ip_address": None, "user_agent": None}
        return LiveSession(
            principal=Principal.from_dict(told),
            since=None if known["since"] is None else _moment(known["since"]),
            until=_moment(until),
            ip_address=known["ip_address"],
            user_agent=known["user_agent"],
        )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def end_logins(client: RedisClient, tenant_id: str, user_id: str) -> list[str]:
    """End every session of a user. Gives the login ids that were alive. Raises `CacheUnavailable`."""
    names = await _indexed(client, tenant_id, user_id)
    ended = [name for name in names if await client.script(_REVOKE, [_login_key(name)]) is not None]
    for name in names:
        await client.call("ZREM", _user_key(tenant_id, user_id), name, repeatable=True)
    return ended


class SocketBindings:
    """The browser chooses its session id; the first login that connects with one owns it from then on.

    A binding lasts `seconds` from the last `bind`, longer than any login session. The places that `admit` gives
    are kept for `place_seconds` from the last `admit`. A process asks again for the sockets that it holds, so the
    places of one that crashed are free a minute later.
    """

    def __init__(
        self, client: RedisClient, signer: ValueSigner, *, seconds: float = 9 * 3600, place_seconds: float = 60
    ) -> None:
        self._client = client
        self._signer = signer
        self._milliseconds = round(seconds * 1000)
        self._place = round(place_seconds * 1000)

    async def bind(self, session_id: str, login_id: str) -> bool:
        """True if the session is this login's, now or already; False if it is somebody else's."""
        key = _socket_key(session_id)
        signed = self._signer.signed(key, login_id)
        return bool(await self._client.script(_BIND, [key], signed, self._milliseconds, repeatable=True))

    async def owner(self, session_id: str) -> str | None:
        """The login id that owns the session."""
        key = _socket_key(session_id)
        owner = self._signer.opened(key, await self._client.call("GET", key, repeatable=True))
        return None if owner is None else owner.decode()

    async def release(self, session_id: str, login_id: str = "") -> None:
        """Forget whose the session is; with a `login_id` only if it is this login's. Idempotent."""
        key = _socket_key(session_id)
        await self._client.script(_RELEASE, [key], self._signer.signed(key, login_id) if login_id else "")

    async def admit(self, user_id: str, session_id: str, limit: int = 5) -> bool:
        """Take or keep one of the user's `limit` places; False if all are taken by other sessions."""
        reply = await self._client.script(
            _ADMIT, [_places_key(user_id)], session_id, limit, self._place, repeatable=True
        )
        return bool(reply)

    async def leave(self, user_id: str, session_id: str) -> None:
        """Give the place back. Idempotent."""
        await self._client.call("ZREM", _places_key(user_id), session_id)


async def _indexed(client: RedisClient, tenant_id: str, user_id: str) -> list[str]:
    ids = await client.call("ZRANGE", _user_key(tenant_id, user_id), 0, -1, repeatable=True)
    return [login_id.decode() for login_id in ids]


def _login_key(login_id: str) -> str:
    return own("login", login_id)


def _user_key(tenant_id: str, user_id: str) -> str:
    return own("logins", pair(tenant_id, user_id))


def _socket_key(session_id: str) -> str:
    return own("socket", session_id)


def _places_key(user_id: str) -> str:
    return own("sockets", user_id)
