"""The one door to Redis: a pool, a deadline on every call, one translation of the library's errors.

Nothing else in the program awaits a socket of Redis. A call takes at most `CALL_SECONDS`, the wait for a free
connection and the connecting included, and either gives the raw reply (bytes, int, list, None) or raises
`CacheUnavailable`. Nothing is sent twice, but for calls that say `repeatable=True`: they may be sent once more,
inside the same deadline, after a connection was lost.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, UnixDomainSocketConnection

from ultracore.errors import CacheUnavailable, OperatorError

CALL_SECONDS = 0.25
GRACE_SECONDS = 0.05
CLOSE_SECONDS = 1.0
MAX_CONNECTIONS = 50

log = logging.getLogger(__name__)

Argument = str | bytes | int | float

VENDOR_ERRORS: tuple[type[Exception], ...] = (
    exceptions.RedisError,
    exceptions.RedisClusterException,
    exceptions.CrossSlotTransactionError,
    exceptions.InvalidPipelineStack,
    exceptions.ChildDeadlockedError,
    exceptions.IncorrectPolicyType,
    OSError,  # holds the builtin TimeoutError and ConnectionError, which are not the library's
    EOFError,
)

# The most specific class first.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.BusyLoadingError, "cache.loading"),
    (exceptions.AuthenticationError, "cache.unauthorised"),
    (exceptions.AuthorizationError, "cache.unauthorised"),
    (exceptions.NoPermissionError, "cache.unauthorised"),
    (exceptions.OutOfMemoryError, "cache.full"),
    (exceptions.ReadOnlyError, "cache.read_only"),
    (exceptions.MaxConnectionsError, "cache.busy"),
    (exceptions.TimeoutError, "cache.timeout"),
    (TimeoutError, "cache.timeout"),
    (exceptions.ConnectionError, "cache.unreachable"),
    (OSError, "cache.unreachable"),
    (EOFError, "cache.unreachable"),
)

# A connection that broke: the server may or may not have done the command.
_LOST = (exceptions.ConnectionError, ConnectionError, EOFError)


def translate(error: Exception) -> CacheUnavailable:
    """Our error for one of the library's. The operator's message has the class, never a key or a value."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "cache.failed")
    # The library's own text can quote the command, and with it a person's words.
    return CacheUnavailable(f"Redis did not do its work: {type(error).__name__}.", code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisEndpoint:
    """Where a Redis server listens: a `url`, or a unix socket's `path`, or `host` and `port`."""

    url: str | None = field(default=None, repr=False)
    path: Path | None = None
    host: str = "127.0.0.1"
    port: int = 6379
    password: str | None = field(default=None, repr=False)
    db: int = 0

    def pool(self, max_connections: int) -> BlockingConnectionPool:
        """An unopened pool. Raises `OperatorError` for a URL that cannot be read."""
        # protocol 2 and no driver_info: nothing but AUTH and SELECT is sent when a connection opens. No timeout on
        # pool and socket: `RedisClient` has one deadline around the whole call.
        common: dict[str, Any] = {
            "max_connections": max_connections,
            "timeout": None,
            "protocol": 2,
            "driver_info": None,
            "socket_timeout": None,
            "socket_connect_timeout": None,
        }
        if self.url is not None:
            return self._pool_of_url(self.url, common)
        if self.path is not None:
            common |= {"connection_class": UnixDomainSocketConnection, "path": str(self.path)}
        else:
            common |= {"host": self.host, "port": self.port}
        return BlockingConnectionPool(db=self.db, password=self.password, **common)

    @staticmethod
    def _pool_of_url(url: str, common: dict[str, Any]) -> BlockingConnectionPool:
        try:
            pool: BlockingConnectionPool = BlockingConnectionPool.from_url(url, **common)
        except ValueError as error:
            raise OperatorError(
                "REDIS_URL cannot be read: write it as redis://[user:password@]host:port/db.",
                code="settings.redis_url",
            ) from error
        return pool


# Without slots: `cached_property` keeps the digest in the instance's dictionary.
@dataclass(frozen=True)
class Script:
    """A Lua script. All keys of one script share one `{hash tag}`."""

    source: str

    @cached_property
    def sha(self) -> str:
        # Redis knows a script by its SHA-1. Nothing is protected by it.
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


class Deadline:
    """As `asyncio.timeout`, but fair: an event loop that was itself held up past the end may first read the reply.

    Without that, half a second of somebody else's computing would look like a server that does not answer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._scope = asyncio.timeout(None)
        self._extended = False

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        await self._scope.__aenter__()
        self._due = loop.time() + self._seconds
        self._timer = loop.call_at(self._due, self._expire)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now - self._due > GRACE_SECONDS and not self._extended:
            self._extended = True
            self._timer = loop.call_at(now + GRACE_SECONDS, self._expire)
        else:
            self._scope.reschedule(now)


class RedisClient:
    """One pool of connections to one server, for one event loop. Connections open on first use."""

    def __init__(
        self,
        endpoint: RedisEndpoint,
        *,
        max_connections: int = MAX_CONNECTIONS,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self._pool = endpoint.pool(max_connections)
        self._call_seconds = call_seconds

    async def call(self, *command: Argument, repeatable: bool = False) -> Any:
        """The reply to one command. Raises `CacheUnavailable`."""
        try:
            async with Deadline(self._call_seconds):
                return await self._attempt(command, repeatable)
        except VENDOR_ERRORS as error:
            raise translate(error) from error

    async def script(
        self, script: Script, keys: Sequence[str], *arguments: Argument, repeatable: bool = False
    ) -> Any:
        """The reply of a script. A server that does not know it yet is given it. Raises `CacheUnavailable`."""
        tail = (len(keys), *keys, *arguments)
        try:
            async with Deadline(self._call_seconds):
                try:
                    return await self._attempt(("EVALSHA", script.sha, *tail), repeatable)
                except exceptions.NoScriptError:
                    return await self._attempt(("EVAL", script.source, *tail), repeatable)
        except VENDOR_ERRORS as error:
            raise translate(error) from error

    async def ping(self) -> None:
        """Return when the server answers. Raises `CacheUnavailable`."""
        await self.call("PING", repeatable=True)

    async def aclose(self) -> None:
        """Close every connection. Idempotent. Raises nothing of Redis's: a shutdown goes on."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.disconnect()
        except VENDOR_ERRORS as error:
            log.warning("the connections to Redis were not closed in order: %s", type(error).__name__)

    async def _attempt(self, command: Sequence[Argument], repeatable: bool) -> Any:
        try:
            return await self._send(command)
        except _LOST:
            if not repeatable:
                raise
            return await self._send(command)

    async def _send(self, command: Sequence[Argument]) -> Any:
        # A call that is cancelled while it reads closes its connection: the late reply must not answer the next
        # call.
        connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]  # the library has no types here
        try:
            await connection.send_command(*command)
            return await connection.read_response()
        finally:
            await self._pool.release(connection)
