"""A master and its copies, watched by sentinels: they are asked who the master is."""

from __future__ import annotations

from collections.abc import Sequence

from redis import exceptions

from ultracore.cache.nodes.addresses import Address, Addresses
from ultracore.cache.nodes.discovery import Discovery, MakePool
from ultracore.cache.nodes.errors import LOST, TIMED_OUT, may_be_done
from ultracore.cache.nodes.pool import Argument, NodePool
from ultracore.cache.nodes.topology import CHECK_KEY, NodeRoute


class WatchedMaster(Discovery):
    """The master of one name. A master that has become a copy refuses writes, and then the new one is found."""

    def __init__(self, addresses: Addresses, make_pool: MakePool) -> None:
        super().__init__(addresses, make_pool)
        self._sentinels = {seed: make_pool(addresses.sentinels, seed) for seed in addresses.seeds}
        self._master: NodeRoute | None = None
        self._copies: tuple[NodePool, ...] = ()

    async def route(self, key: Argument | None) -> NodeRoute:
        if self._doubted:
            await self.current()
        if self._master is None:
            raise exceptions.ConnectionError("there is no master")
        return self._master

    async def reroute(self, error: Exception, route: NodeRoute, key: Argument | None) -> NodeRoute | None:
        if not isinstance(error, (*LOST, *TIMED_OUT, exceptions.ReadOnlyError)):
            return None
        self.doubt()
        if isinstance(error, TIMED_OUT):
            return None
        again = await self.route(key)
        # The same server is asked again only after a broken connection: it may have been restarted.
        return again if again.node is not route.node or may_be_done(error) else None

    async def primaries(self) -> Sequence[NodePool]:
        return ((await self.route(None)).node,)

    async def replicas(self) -> Sequence[NodePool]:
        await self.current()
        return self._copies

    async def sample_keys(self) -> Sequence[tuple[NodePool, str]]:
        return tuple((node, CHECK_KEY.format("0")) for node in await self.primaries())

    async def aclose(self) -> None:
        await super().aclose()
        for sentinel in self._sentinels.values():
            await sentinel.aclose()

    def _is_known(self) -> bool:
        return self._master is not None

    async def _look(self) -> None:
        name = self._addresses.master
        sentinels = sorted(self._sentinels.values(), key=lambda pool: -pool.answered)
        sentinel, reply = await self._first_answer(sentinels, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
        address = _address(reply)
        if self._master is None or self._master.node.address != address:
            self._master = NodeRoute(self._pool(address))
        told = await sentinel.exchange(("SENTINEL", "REPLICAS", name))
        copies = [_address_of_copy(one) for one in told]
        self._copies = tuple(self._pool(one) for one in copies if one is not None)
        for gone in set(self._pools) - {address, *copies}:
            await self._pools.pop(gone).aclose()


def _address(reply: object) -> Address:
    if not isinstance(reply, list):
        raise exceptions.InvalidResponse("a sentinel names a master by host and port")
    return reply[0].decode(), int(reply[1])


def _address_of_copy(fields: Sequence[bytes]) -> Address | None:
    told = dict(zip(fields[::2], fields[1::2], strict=False))
    if b"s_down" in told.get(b"flags", b""):
        return None
    return told[b"ip"].decode(), int(told[b"port"])
