"""Redis Cluster: a table of slots, learnt from any node and corrected by what the nodes reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import exceptions
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from ultracore.cache.nodes.addresses import Address, Addresses
from ultracore.cache.nodes.discovery import Discovery, MakePool
from ultracore.cache.nodes.errors import LOST, TIMED_OUT, may_be_done
from ultracore.cache.nodes.pool import Argument, NodePool
from ultracore.cache.nodes.topology import CHECK_KEY, NodeRoute

_Range = tuple[int, int, Address, tuple[Address, ...]]


class Cluster(Discovery):
    """The nodes of a cluster. A command is sent again only if it was not done, or may be done twice."""

    def __init__(self, addresses: Addresses, make_pool: MakePool) -> None:
        super().__init__(addresses, make_pool)
        self._owners: list[NodeRoute | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._primaries: tuple[NodePool, ...] = ()
        self._replicas: tuple[NodePool, ...] = ()

    async def route(self, key: Argument | None) -> NodeRoute:
        if self._doubted:
            await self.current()
        if key is None:
            return NodeRoute(self._primaries[0])
        owner = self._owners[_slot(key)]
        if owner is None:
            self.doubt()
            raise exceptions.ClusterDownError("a slot has no server")
        return owner

    async def reroute(self, error: Exception, route: NodeRoute, key: Argument | None) -> NodeRoute | None:
        if isinstance(error, exceptions.MovedError):  # an AskError too, so before that
            self.doubt()
            return NodeRoute(self._pool(_address(error.host, error.port, route.node.address)))
        if isinstance(error, exceptions.AskError):
            return NodeRoute(self._pool(_address(error.host, error.port, route.node.address)), asking=True)
        if isinstance(error, exceptions.TryAgainError):
            return route
        if not isinstance(error, (*LOST, *TIMED_OUT, exceptions.ClusterDownError, exceptions.ReadOnlyError)):
            return None
        self.doubt()
        if isinstance(error, TIMED_OUT):
            return None
        again = await self.route(key)
        # The same node is asked again only after a broken connection: it may have been restarted.
        return again if again.node is not route.node or may_be_done(error) else None

    async def primaries(self) -> Sequence[NodePool]:
        await self.current()
        return self._primaries

    async def replicas(self) -> Sequence[NodePool]:
        await self.current()
        return self._replicas

    async def sample_keys(self) -> Sequence[tuple[NodePool, str]]:
        await self.current()
        if None in self._owners:
            raise exceptions.ClusterDownError("a slot has no server")
        samples: dict[NodePool, str] = {}
        number = 0
        while len(samples) < len(self._primaries):
            name = CHECK_KEY.format(number)
            owner = self._owners[_slot(name)]
            if owner is not None:
                samples.setdefault(owner.node, name)
            number += 1
        return tuple(samples.items())

    def _is_known(self) -> bool:
        return bool(self._primaries)

    async def _look(self) -> None:
        # First those that answered last: a hung node costs a deadline.
        known = sorted(self._pools.values(), key=lambda pool: -pool.answered)
        seeds = [self._pool(seed) for seed in self._addresses.seeds if seed not in self._pools]
        asked, reply = await self._first_answer([*known, *seeds], "CLUSTER", "SLOTS")
        ranges = _ranges(reply, asked.address)
        if not ranges:
            raise exceptions.ClusterDownError("no slot has a server")
        await self._take(ranges)

    async def _take(self, ranges: Sequence[_Range]) -> None:
        owners: list[NodeRoute | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        routes = {address: NodeRoute(self._pool(address)) for _, _, address, _ in ranges}
        for first, last, address, _ in ranges:
            owners[first : last + 1] = [routes[address]] * (last + 1 - first)
        copies = {address for *_, addresses in ranges for address in addresses}
        self._owners = owners
        self._primaries = tuple(route.node for route in routes.values())
        self._replicas = tuple(self._pool(address) for address in sorted(copies))
        gone = set(self._pools) - set(routes) - copies - set(self._addresses.seeds)
        for address in gone:
            await self._pools.pop(address).aclose()


def _slot(key: Argument) -> int:
    return key_slot(key if isinstance(key, bytes) else str(key).encode())


def _ranges(reply: object, asked: Address | None) -> list[_Range]:
    """What `CLUSTER SLOTS` says. A node that does not know its own name is the one that was asked."""
    rows = reply if isinstance(reply, list) else []
    return [
        (int(row[0]), int(row[1]), _named(row[2], asked), tuple(_named(one, asked) for one in row[3:]))
        for row in rows
    ]


def _named(node: Sequence[Any], asked: Address | None) -> Address:
    return _address(node[0], node[1], asked)


def _address(host: bytes | str | None, port: int, asked: Address | None) -> Address:
    name = host.decode() if isinstance(host, bytes) else host
    return name or (asked[0] if asked else ""), int(port)
