"""The one door to Redis: a deadline on every call, one translation of the library's errors, any number of servers.

Nothing else in the program awaits a socket of Redis. A call either gives the raw reply (bytes, int, list, None) or
raises `CacheUnavailable`: `CALL_SECONDS` after it was sent if nothing comes back. The wait for a free connection
does not count, as long as the server answers others. Nothing is sent twice that could count twice: a command
goes to another server only if the first has not done it, and calls that say `repeatable=True` are sent once
more after a connection was lost.

In a cluster a command is sent to the server of its key, so that the second word of every command is a key here.
All keys of one script share a `{hash tag}`. What concerns servers rather than keys is `everywhere` and `scan`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from redis import exceptions

from ultracore.cache.nodes import (
    LOST,
    VENDOR_ERRORS,
    Argument,
    Command,
    NodePool,
    NodeRoute,
    PoolUse,
    RedisEndpoint,
    Subscription,
    may_be_done,
    topology_of,
    translate,
)
from ultracore.errors import CacheUnavailable

__all__ = ["VENDOR_ERRORS", "Argument", "RedisClient", "RedisEndpoint", "Script", "translate"]

CALL_SECONDS = 0.25
CHECK_MILLISECONDS = 10_000
MAX_CONNECTIONS = 50
_SCAN_COUNT = 500
# Of moved slots and of what a move leads to: more would be a circle.
_MOST_ROUTES = 5
_TRY_AGAIN_SECONDS = 0.02


# Without slots: `cached_property` keeps the digest in the instance's dictionary.
@dataclass(frozen=True)
class Script:
    """A Lua script. All keys of one script share one `{hash tag}`."""

    source: str

    @cached_property
    def sha(self) -> str:
        # Redis knows a script by its SHA-1. Nothing is protected by it.
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


# What the stores need of a server: it takes a write, gives it back, and runs a script that writes.
_CHECK = Script("""
local held = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return held
""")


class RedisClient:
    """The way to the servers of one endpoint, for one event loop. Connections open on first use."""

    def __init__(
        self,
        endpoint: RedisEndpoint,
        *,
        max_connections: int = MAX_CONNECTIONS,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self._topology = topology_of(endpoint, most=max_connections, call_seconds=call_seconds)
        self._call_seconds = call_seconds
        self.errors: Counter[str] = Counter()
        """What was raised since this object was made, by code."""

    async def call(self, *command: Argument, repeatable: bool = False) -> Any:
        """The reply to one command about the key that is its second word. Raises `CacheUnavailable`."""
        try:
            return await self._send(command, command[1] if len(command) > 1 else None, repeatable)
        except VENDOR_ERRORS as error:
            raise self._told(error) from error

    async def script(
        self, script: Script, keys: Sequence[str], *arguments: Argument, repeatable: bool = False
    ) -> Any:
        """The reply of a script. A server that does not know it yet is given it. Raises `CacheUnavailable`."""
        tail = (len(keys), *keys, *arguments)
        try:
            try:
                return await self._send(("EVALSHA", script.sha, *tail), keys[0], repeatable)
            except exceptions.NoScriptError:
                return await self._send(("EVAL", script.source, *tail), keys[0], repeatable)
        except VENDOR_ERRORS as error:
            raise self._told(error) from error

    async def many(self, commands: Sequence[Command], *, repeatable: bool = False) -> list[Any]:
        """The replies to commands about a key each, in order; those of one server are sent at once.

        Not atomic: if it raises `CacheUnavailable`, some may have been done.
        """
        try:
            return await self._send_many(commands, repeatable)
        except VENDOR_ERRORS as error:
            raise self._told(error) from error

    async def everywhere(self, *command: Argument, replicas: bool = False) -> list[Any]:
        """The replies to a command about no key, from every server that takes writes. Raises `CacheUnavailable`.

        With `replicas` from those too that copy one.
        """
        try:
            nodes = [*await self._topology.primaries(), *(await self._topology.replicas() if replicas else ())]
            return [await _of_node(node, command) for node in nodes]
        except VENDOR_ERRORS as error:
            raise self._told(error) from error

    async def scan(self, match: str = "*") -> AsyncIterator[list[bytes]]:
        """The names of the keys that fit a glob, some at a time, on every server. Raises `CacheUnavailable`.

        A key that stays while this goes through them is among them, some twice; not one that moves meanwhile.
        """
        try:
            for node in await self._topology.primaries():
                cursor = b"0"
                while True:
                    command = ("SCAN", cursor, "MATCH", match, "COUNT", _SCAN_COUNT)
                    cursor, names = await _of_node(node, command)
                    if names:
                        yield names
                    if cursor == b"0":
                        break
        except VENDOR_ERRORS as error:
            raise self._told(error) from error

    def subscription(self, *channels: str) -> Subscription:
        """What is published on the channels from now on, on a connection of its own."""
        return Subscription(self._topology, channels, self._call_seconds)

    async def ping(self) -> None:
        """Return when every server answers that takes writes. Raises `CacheUnavailable`."""
        await self.everywhere("PING")

    async def check(self) -> None:
        """Return when every server that takes writes has taken one, given it back and run a script.

        Raises `CacheUnavailable`, also if some keys have no server.
        """
        token = secrets.token_hex(8)
        try:
            keys = [f"{name}:{token}" for _, name in await self._topology.sample_keys()]
        except VENDOR_ERRORS as error:
            raise self._told(error) from error
        for key in keys:
            await self.call("SET", key, token, "PX", CHECK_MILLISECONDS, repeatable=True)
            if await self.call("GET", key, repeatable=True) != token.encode():
                raise CacheUnavailable("Redis gave back another value than it was given", code="cache.failed")
            await self.script(_CHECK, [key], repeatable=True)

    async def aclose(self) -> None:
        """Close every connection. Idempotent. Raises nothing of Redis's: a shutdown goes on."""
        await self._topology.aclose()

    def usage(self) -> PoolUse:
        """The connections to all servers together, as they stand."""
        return sum((pool.usage for pool in self._topology.pools()), PoolUse())

    def _told(self, error: Exception) -> CacheUnavailable:
        told = translate(error)
        self.errors[told.code] += 1
        return told

    async def _send(self, command: Command, key: Argument | None, repeatable: bool) -> Any:
        route = await self._topology.route(key)
        try:
            return await route.node.exchange(command)
        except VENDOR_ERRORS as error:
            return await self._send_again(error, route, command, key, repeatable)

    async def _send_again(
        self, error: Exception, route: NodeRoute, command: Command, key: Argument | None, repeatable: bool
    ) -> Any:
        """Follow what the servers say, and what is known of them; raise `error` if there is nowhere to go."""
        for _ in range(_MOST_ROUTES):
            again = await self._topology.reroute(error, route, key)
            if again is None:
                break
            if may_be_done(error):
                if not repeatable:
                    break
                repeatable = False  # once more is enough: what breaks every connection would go round for ever
            if isinstance(error, exceptions.TryAgainError):
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
            try:
                return await again.send(command)
            except VENDOR_ERRORS as failed:
                error, route = failed, again
        raise error

    async def _send_many(self, commands: Sequence[Command], repeatable: bool) -> list[Any]:
        routes = [await self._topology.route(command[1]) for command in commands]
        places: dict[NodePool, list[int]] = {}
        for place, route in enumerate(routes):
            places.setdefault(route.node, []).append(place)
        replies: dict[int, Any] = {}

        async def send_to(node: NodePool, mine: list[int]) -> None:
            try:
                found = await node.exchange_all([commands[place] for place in mine])
            except VENDOR_ERRORS as error:
                found = [error] * len(mine)
            replies.update(zip(mine, found, strict=True))

        await asyncio.gather(*(send_to(node, mine) for node, mine in places.items()))
        for place, reply in replies.items():
            if isinstance(reply, Exception):
                command, route = commands[place], routes[place]
                replies[place] = await self._send_again(reply, route, command, command[1], repeatable)
        return [replies[place] for place in range(len(commands))]


async def _of_node(node: NodePool, command: Command) -> Any:
    try:
        return await node.exchange(command)
    except LOST:
        return await node.exchange(command)
