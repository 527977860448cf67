"""The published cache: values by key in a namespace, counters, lists, hashes and locks."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any

from ultracore.cache.client import RedisClient, RedisEndpoint, Script
from ultracore.cache.keys import own, pair, part
from ultracore.cache.limits import RateDecision, RateLimiter
from ultracore.cache.lock import CacheLock
from ultracore.cache.mistakes import raise_as_mistake
from ultracore.cache.serialization import Serialization, SignedPickle, dump_json, load_json
from ultracore.cache.single_flight import SingleFlight, over_processes
from ultracore.errors import CacheUnavailable

log = logging.getLogger(__name__)

_LONGEST_SECONDS = 100 * 366 * 86_400  # a time beyond what the server can add to its clock is an error there
_PUSH_COUNT = 1000  # a script passes on some thousand arguments at most

# Writes of counters, lists and hashes: the command, and a time to live for a key that was made by it.
_WRITE = Script("""
local command = {ARGV[2], KEYS[1]}
for index = 3, #ARGV do command[#command + 1] = ARGV[index] end
local reply = redis.pcall(unpack(command))
if type(reply) == 'table' and reply.err then return reply end
if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return reply
""")

# The newest values of a list, and the list's time to live.
_KEEP_NEWEST = Script("""
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('LLEN', KEYS[1])
""")

# A number of Lua has 53 bits, a counter of Redis 64: the sum is read as text.
_COUNT = Script("""
local reply = redis.pcall('INCRBY', KEYS[1], ARGV[2])
if type(reply) == 'table' and reply.err then return reply end
if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return redis.call('GET', KEYS[1])
""")


class InvalidationIncomplete(CacheUnavailable):
    """Redis went away while keys were deleted; `deleted` of them are known to be gone."""

    def __init__(self, deleted: int, cause: CacheUnavailable) -> None:
        super().__init__(f"{deleted} keys were deleted, then: {cause.message}", code=cause.code)
        self.deleted = deleted


class RedisCache:
    """A cache in one namespace of one server.

    Without `host` and `port` the server is that of the settings, else the embedded one under the data directory;
    a `db` other than 0, and a `password`, go before those of `REDIS_URL`.
    It connects by `connect`, or on first use. Two namespaces never see each other's keys. Every key has a time to
    live, `default_ttl` seconds if none is said. Each call raises `CacheUnavailable` if the server does not
    answer within 250 ms, and is never sent twice if that could count twice.

    Keyword-only: `client`, a pool that is shared and stays open at `disconnect`; `secret`, what signs pickled
    values (otherwise it comes from the settings).
    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        db: int = 0,
        password: str | None = None,
        namespace: str = "ultracore",
        default_ttl: float = 3600,
        *,
        client: RedisClient | None = None,
        secret: bytes | None = None,
    ) -> None:
        self.host, self.port, self.db = host, port, db
        self.namespace = namespace
        self.default_ttl = default_ttl
        self._password = password
        self._shared = client is not None
        self._client = client
        self._secret = secret
        self._release: Callable[[], None] | None = None
        # Two first calls at once would open two pools, and only one of them would ever be closed.
        self._connecting = asyncio.Lock()
        self._prefix = part(namespace) + ":"
        self._flights = SingleFlight()

    async def connect(self) -> None:
        """Return when the server answers. Idempotent. Raises `CacheUnavailable`, `OperatorError`."""
        await (await self._connected()).ping()

    async def disconnect(self) -> None:
        """Close what this object has opened. Idempotent; the next call connects again."""
        client, release = self._client, self._release
        if self._shared or client is None:
            return
        # Before the first await: a call that comes in between connects anew instead of using what is being closed.
        self._client = self._release = None
        try:
            await client.aclose()
        finally:
            if release is not None:
                await asyncio.shield(asyncio.to_thread(release))

    async def __aenter__(self) -> RedisCache:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    async def get(self, key: str, deserialize: Serialization = "json") -> Any:
        """The value, or None if there is none.

        A pickled value that is not signed by us for this key counts as none. Raises `ValueError` if the value
        is not what `deserialize` says.
        """
        return (await self._find(key, deserialize))[1]

    async def set(self, key: str, value: Any, ttl: float | None = None, serialize: Serialization = "json") -> bool:
        """Keep a value for `ttl` seconds. True when it is kept.

        As JSON, `Decimal`, dates and times become strings; what JSON cannot hold raises `TypeError` or
        `ValueError`.
        """
        _check(serialize)
        name = self._key(key)
        raw = dump_json(value) if serialize == "json" else self._pickle.dump(name, value)
        await self._call("SET", name, raw, "PX", self._milliseconds(ttl), repeatable=True)
        return True

    async def delete(self, key: str) -> bool:
        """True if there was something to delete."""
        return bool(await self._call("DEL", self._key(key)))

    async def exists(self, key: str) -> bool:
        """True if the key has a value."""
        return bool(await self._call("EXISTS", self._key(key), repeatable=True))

    async def expire(self, key: str, ttl: float) -> bool:
        """Set the time to live in seconds; False if there is no such key."""
        reply = await self._call("PEXPIRE", self._key(key), self._milliseconds(ttl), repeatable=True)
        return bool(reply)

    async def ttl(self, key: str) -> int:
        """The seconds that are left; -2 if there is no such key."""
        return int(await self._call("TTL", self._key(key), repeatable=True))

    async def invalidate_pattern(self, pattern: str) -> int:
        """Delete the keys of this namespace that match a glob (`*`, `?`, `[abc]`). Gives their number.

        Keys written while it runs may stay. Other commands are served in between. If Redis goes away meanwhile,
        `InvalidationIncomplete` says in `deleted` how far it got; calling it again goes on.
        """
        match = self._prefix + pattern  # the prefix is escaped, so it matches only itself
        client, deleted = await self._connected(), 0
        # SCAN and not KEYS, which would stop the server for every other client.
        try:
            async for keys in client.scan(match):
                deleted += sum(await client.many([("UNLINK", key) for key in keys]))
        except CacheUnavailable as error:
            raise InvalidationIncomplete(deleted, error) from error
        return deleted

    async def get_or_set(
        self,
        key: str,
        factory: Callable[[], Any | Awaitable[Any]],
        ttl: float | None = None,
        serialize: Serialization = "json",
    ) -> Any:
        """The kept value, else what `factory` (a function or a coroutine function) makes, which is then kept.

        However many ask at once, in however many processes, one computes and the others wait for its value. If
        `factory` raises, the caller whose turn it was gets the error, and the next one computes.
        """
        if not callable(factory):
            raise TypeError("get_or_set needs a function that makes the value")
        found, value = await self._find(key, serialize)
        if found:
            return value
        async with self._flights.queue(key):
            found, value = await self._find(key, serialize)
            return value if found else await self._make(key, factory, ttl, serialize)

    async def _make(
        self, key: str, factory: Callable[[], Any | Awaitable[Any]], ttl: float | None, serialize: Serialization
    ) -> Any:
        client = await self._connected()
        async with over_processes(client, own("making", pair(self.namespace, key))):
            found, value = await self._find(key, serialize)
            if found:
                return value
            made = factory()
            value = await made if inspect.isawaitable(made) else made
            await self.set(key, value, ttl, serialize)
            return value

    async def lock(self, lock_name: str, timeout: float = 10, blocking_timeout: float | None = None) -> CacheLock:
        """A lock for `async with await cache.lock(…) as lock`, with a fencing token as `lock.token`.

        It is renewed while it is held, and free `timeout` seconds after its holder died. Entering waits until it
        is free, `blocking_timeout` seconds at most if that is given.
        """
        client = await self._connected()
        return CacheLock(client, own("lock", pair(self.namespace, lock_name)), timeout, blocking_timeout)

    async def hit_rate_limit(self, key: str, limit: int, window: float) -> RateDecision:
        """Ask for one of `limit` admissions in any `window` seconds. What is refused does not count."""
        limiter = RateLimiter(await self._connected())
        return await limiter.hit(pair(self.namespace, key), limit, window)

    async def increment(self, key: str, amount: int = 1) -> int:
        """Add to a counter that begins at 0. Gives the sum, exact to 2^63 - 1.

        A new counter lives `default_ttl` seconds. Raises `ValueError` if the sum does not fit, or if the value
        under the key is no integer; the counter then stays.
        """
        if type(amount) is not int:  # True is an int to `isinstance`
            raise TypeError("a counter counts in whole numbers")
        return int(await self._script(_COUNT, key, amount))

    async def decrement(self, key: str, amount: int = 1) -> int:
        """As `increment`, taking `amount` away."""
        return await self.increment(key, -amount if type(amount) is int else amount)

    async def list_push(self, key: str, *values: Any) -> int:
        """Add JSON values at the end of a list, a thousand at a time. Gives its length.

        A new list lives `default_ttl` seconds.
        """
        if not values:
            return int(await self._call("LLEN", self._key(key), repeatable=True))
        texts = [dump_json(value) for value in values]
        length = 0
        for start in range(0, len(texts), _PUSH_COUNT):
            length = int(await self._write(key, "RPUSH", *texts[start : start + _PUSH_COUNT]))
        return length

    async def list_keep(self, key: str, value: Any, most: int) -> int:
        """Add a JSON value at the end of a list and keep the newest `most`. Gives its length.

        The list lives `default_ttl` seconds from now.
        """
        if most < 1:
            raise ValueError("a list keeps one value at least")
        return int(await self._script(_KEEP_NEWEST, key, dump_json(value), most))

    async def list_pop(self, key: str) -> Any:
        """Take the first value of a list (first in, first out), or None if it is empty."""
        raw = await self._call("LPOP", self._key(key))
        return None if raw is None else load_json(raw)

    async def list_range(self, key: str, start: int = 0, end: int = -1) -> list[Any]:
        """The values from `start` to `end`, both included; -1 is the last."""
        reply = await self._call("LRANGE", self._key(key), start, end, repeatable=True)
        return [load_json(raw) for raw in reply]

    async def hash_set(self, key: str, field: str, value: Any) -> bool:
        """Set a field to a JSON value; True if the field is new. A new hash lives `default_ttl` seconds."""
        return bool(await self._write(key, "HSET", field, dump_json(value)))

    async def hash_get(self, key: str, field: str) -> Any:
        """A field's value, or None."""
        raw = await self._call("HGET", self._key(key), field, repeatable=True)
        return None if raw is None else load_json(raw)

    async def hash_get_all(self, key: str) -> dict[str, Any]:
        """All fields; empty if there is no such key."""
        reply = await self._call("HGETALL", self._key(key), repeatable=True)
        pairs = zip(reply[::2], reply[1::2], strict=True)
        return {field.decode(): load_json(raw) for field, raw in pairs}

    async def hash_delete(self, key: str, *fields: str) -> int:
        """Delete fields. Gives the number that were there."""
        return int(await self._call("HDEL", self._key(key), *fields)) if fields else 0

    async def _find(self, key: str, deserialize: Serialization) -> tuple[bool, Any]:
        """Whether there is a value (a kept None is one), and the value."""
        _check(deserialize)
        raw = await self._call("GET", self._key(key), repeatable=True)
        if raw is None:
            return False, None
        if deserialize == "json":
            return True, load_json(raw)
        try:
            return True, self._pickle.load(self._key(key), raw)
        except ValueError:
            log.warning("a cached value was refused: it is not signed by this program for its key")
            return False, None

    async def _write(self, key: str, command: str, *arguments: str | bytes | int) -> Any:
        return await self._script(_WRITE, key, command, *arguments)

    async def _script(self, script: Script, key: str, *arguments: str | bytes | int) -> Any:
        client = self._client or await self._connected()
        try:
            return await client.script(script, [self._key(key)], self._milliseconds(None), *arguments)
        except CacheUnavailable as error:
            raise_as_mistake(error)

    async def _call(self, *command: str | bytes | int, repeatable: bool = False) -> Any:
        client = self._client or await self._connected()
        try:
            return await client.call(*command, repeatable=repeatable)
        except CacheUnavailable as error:
            raise_as_mistake(error)

    async def _connected(self) -> RedisClient:
        async with self._connecting:
            if self._client is None:
                self._client = RedisClient(await self._endpoint())
            return self._client

    async def _endpoint(self) -> RedisEndpoint:
        if self.host is not None or self.port is not None:
            host, port = self.host or "127.0.0.1", self.port or 6379
            return RedisEndpoint(host=host, port=port, password=self._password, db=self.db)
        from ultracore.cache.defaults import default_server

        server = await default_server()
        self._release = server.release
        password = self._password or server.endpoint.password
        return replace(server.endpoint, db=self.db, password=password)

    @cached_property
    def _pickle(self) -> SignedPickle:
        if self._secret is None:
            from ultracore.cache.defaults import default_secret

            return SignedPickle(default_secret())
        return SignedPickle(self._secret)

    def _key(self, key: str) -> str:
        return self._prefix + key

    def _milliseconds(self, ttl: float | None) -> int:
        seconds = self.default_ttl if ttl is None else ttl
        if not isinstance(seconds, int | float):
            raise TypeError("a time to live is a number of seconds")
        if not 0.0005 < seconds <= _LONGEST_SECONDS:  # NaN is neither
            raise ValueError("a time to live is above 0 seconds and at most a hundred years")
        return round(seconds * 1000)


def _check(serialization: str) -> None:
    if serialization not in ("json", "pickle"):
        raise ValueError("a value is kept as 'json' or as 'pickle'")
