"""The connections to one server: handed out in order of arrival, with a deadline on every exchange.

The deadline begins when a connection is at hand. Who waits for one waits as long as the server answers others,
`WAIT_SECONDS` at most: a crowd is no outage. When an exchange runs into its deadline and the server has not
answered anybody meanwhile, everybody who waits is told at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import exceptions

from ultracore.cache.nodes.addresses import Address, Login
from ultracore.cache.nodes.deadline import Deadline
from ultracore.cache.nodes.errors import LOST, TIMED_OUT, VENDOR_ERRORS, NeverSentError

WAIT_SECONDS = 5.0
CONNECT_SECONDS = 0.75
CLOSE_SECONDS = 1.0

log = logging.getLogger(__name__)

Argument = str | bytes | int | float
Command = Sequence[Argument]


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How many connections are in use and idle, and how many calls wait for one."""

    busy: int = 0
    idle: int = 0
    waiting: int = 0

    def __add__(self, other: PoolUse) -> PoolUse:
        return PoolUse(self.busy + other.busy, self.idle + other.idle, self.waiting + other.waiting)


class NodePool:
    """At most `most` connections to one server, for one event loop. They open on first use.

    What its methods raise is the library's, `VENDOR_ERRORS`.
    """

    def __init__(self, login: Login, address: Address | None, *, most: int, call_seconds: float) -> None:
        self.address = address
        self._login = login
        self._most = most
        self._call_seconds = call_seconds
        self._connect_seconds = max(CONNECT_SECONDS, call_seconds)
        self._idle: list[Any] = []
        self._all: set[Any] = set()
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._answered = 0.0

    @property
    def answered(self) -> float:
        """The event loop's time of the last reply."""
        return self._answered

    @property
    def usage(self) -> PoolUse:
        """The connections as they stand."""
        idle = len(self._idle)
        return PoolUse(len(self._all) - idle, idle, len(self._waiting))

    async def exchange(self, command: Command) -> Any:
        """The reply to one command."""
        started = asyncio.get_running_loop().time()
        connection = await self._lease()
        try:
            async with Deadline(self._call_seconds):
                await connection.send_command(*command)
                return await self._reply(connection)
        except TIMED_OUT:
            self._give_up(started)
            raise
        finally:
            self._give_back(connection)

    async def exchange_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that are sent at once; an error reply is among them as the library's error."""
        started = asyncio.get_running_loop().time()
        connection = await self._lease()
        try:
            async with Deadline(self._call_seconds):
                await connection.send_packed_command(connection.pack_commands(commands))
                return [await self._reply_or_error(connection) for _ in commands]
        except TIMED_OUT:
            self._give_up(started)
            raise
        finally:
            self._give_back(connection)

    async def connection(self) -> Any:
        """A connection of its own, for a subscription. The caller disconnects it."""
        connection = self._login.connection(self.address)
        await self._connect(connection)
        return connection

    async def aclose(self) -> None:
        """Close every connection. Idempotent. Raises nothing of Redis's: a shutdown goes on."""
        connections, self._idle = list(self._all), []
        self._all.clear()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                for connection in connections:
                    await connection.disconnect(nowait=True)
        except VENDOR_ERRORS as error:
            log.warning("the connections to Redis were not closed in order: %s", type(error).__name__)

    async def _reply(self, connection: Any) -> Any:
        try:
            return await connection.read_response()
        finally:
            # An error reply is an answer too; without a reply there is no connection any more.
            if connection.is_connected:
                self._answered = asyncio.get_running_loop().time()

    async def _reply_or_error(self, connection: Any) -> Any:
        try:
            return await self._reply(connection)
        except exceptions.ResponseError as error:
            return error

    async def _lease(self) -> Any:
        if self._idle:
            connection = self._idle.pop()
        elif len(self._all) < self._most:
            connection = self._login.connection(self.address)
            self._all.add(connection)
        else:
            connection = await self._wait()
        try:
            # A server that has closed the connection is at its end; a late reply must not answer the next call.
            if connection.is_connected and await connection.can_read():
                await connection.disconnect(nowait=True)
            if not connection.is_connected:
                await self._connect(connection)
        except BaseException:
            self._give_back(connection)
            raise
        return connection

    async def _wait(self) -> Any:
        turn: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await turn
        except BaseException:
            # The turn came just as the wait ended: the connection is for the next one.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._give_back(turn.result())
            raise

    def _give_back(self, connection: Any) -> None:
        if connection not in self._all:
            # The pool was closed meanwhile. The library's public way to close has to be awaited.
            connection._close()
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._idle.append(connection)

    def _give_up(self, started: float) -> None:
        if self._answered >= started:
            return
        waiting, self._waiting = self._waiting, deque()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(exceptions.TimeoutError("the server answers nobody"))

    async def _connect(self, connection: Any) -> None:
        started = asyncio.get_running_loop().time()
        try:
            async with Deadline(self._connect_seconds):
                await connection.connect()
        except VENDOR_ERRORS as error:
            if isinstance(error, TIMED_OUT):
                self._give_up(started)
            if isinstance(error, (*LOST, *TIMED_OUT, OSError)):
                raise NeverSentError from error
            raise
