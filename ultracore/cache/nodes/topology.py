"""Which server a key belongs to, and what to do when that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ultracore.cache.nodes.errors import may_be_done
from ultracore.cache.nodes.pool import Argument, Command, NodePool

CHECK_KEY = "@check:{{{}}}"


@dataclass(frozen=True, slots=True)
class NodeRoute:
    """The server for a command. With `asking` the server takes it although it does not own the slot yet."""

    node: NodePool
    asking: bool = False

    async def send(self, command: Command) -> Any:
        """The reply to a command."""
        if not self.asking:
            return await self.node.exchange(command)
        _, reply = await self.node.exchange_all([("ASKING",), command])
        if isinstance(reply, Exception):
            raise reply
        return reply


class Topology(Protocol):
    """The servers that hold the data. What its methods raise is the library's, `VENDOR_ERRORS`."""

    async def route(self, key: Argument | None) -> NodeRoute:
        """The server of a key; any that holds data for None."""

    async def reroute(self, error: Exception, route: NodeRoute, key: Argument | None) -> NodeRoute | None:
        """The server for a command that the first has not done, or that may be done twice; None if there is none.

        `error` is what `route` led to. What it says of the servers is learnt.
        """

    async def primaries(self) -> Sequence[NodePool]:
        """Every server that takes writes: together they hold everything."""

    async def replicas(self) -> Sequence[NodePool]:
        """Every server that copies another."""

    async def sample_keys(self) -> Sequence[tuple[NodePool, str]]:
        """A name of a key for each primary. Raises if some keys have no server."""

    def pools(self) -> Sequence[NodePool]:
        """The connections that there are, for figures."""

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""


class OneServer:
    """One address for everything."""

    def __init__(self, node: NodePool) -> None:
        self._node = node
        self._route = NodeRoute(node)

    async def route(self, key: Argument | None) -> NodeRoute:
        return self._route

    async def reroute(self, error: Exception, route: NodeRoute, key: Argument | None) -> NodeRoute | None:
        return route if may_be_done(error) else None

    async def primaries(self) -> Sequence[NodePool]:
        return (self._node,)

    async def replicas(self) -> Sequence[NodePool]:
        return ()

    async def sample_keys(self) -> Sequence[tuple[NodePool, str]]:
        return ((self._node, CHECK_KEY.format("0")),)

    def pools(self) -> Sequence[NodePool]:
        return (self._node,)

    async def aclose(self) -> None:
        await self._node.aclose()
