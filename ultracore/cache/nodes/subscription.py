"""One subscription, on a connection of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ultracore.cache.nodes.deadline import Deadline
from ultracore.cache.nodes.errors import VENDOR_ERRORS, translate
from ultracore.cache.nodes.topology import Topology


class Subscription:
    """What is published on some channels while it is open: use it as a context manager.

    Messages get lost when the connection does, and it is not told which: they may wake a reader, never tell it
    something. In a cluster any node passes on what was published on any other.
    """

    def __init__(self, topology: Topology, channels: Sequence[str], seconds: float) -> None:
        self._topology = topology
        self._channels = channels
        self._seconds = seconds
        self._connection: Any = None

    async def __aenter__(self) -> Subscription:
        """Return when the server has confirmed every channel. Raises `CacheUnavailable`."""
        try:
            self._connection = await (await self._topology.route(None)).node.connection()
            async with Deadline(self._seconds):
                await self._connection.send_command("SUBSCRIBE", *self._channels)
                for _ in self._channels:
                    await self._connection.read_response()
        except VENDOR_ERRORS as error:
            await self._close()
            raise translate(error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def next(self, seconds: float) -> tuple[str, bytes] | None:
        """The next message as channel and content; None if there was none for `seconds`.

        Raises `CacheUnavailable` if the connection is lost: open another subscription.
        """
        try:
            # With a time of its own the library keeps the connection, unlike a read that is cancelled.
            message = await self._connection.read_response(timeout=seconds)
        except VENDOR_ERRORS as error:
            raise translate(error) from error
        return None if message is None else (message[1].decode(), message[2])

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
