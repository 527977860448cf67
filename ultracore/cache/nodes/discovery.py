"""Asks again who the servers are when something says that they have changed: once at a time, not too often."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence

from ultracore.cache.nodes.addresses import Address, Addresses, Login
from ultracore.cache.nodes.errors import VENDOR_ERRORS
from ultracore.cache.nodes.pool import NodePool

PAUSE_SECONDS = 0.1

MakePool = Callable[[Login, Address | None], NodePool]


class Discovery(ABC):
    """Pools by address, and a picture of them that is drawn at first use and after `doubt`."""

    def __init__(self, addresses: Addresses, make_pool: MakePool) -> None:
        self._addresses = addresses
        self._make_pool = make_pool
        self._pools: dict[Address, NodePool] = {}
        self._doubted = True
        self._looked = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    @abstractmethod
    async def _look(self) -> None:
        """Draw the picture anew. Raises what the last server that was asked has raised."""

    @abstractmethod
    def _is_known(self) -> bool:
        """True if there is a picture at all."""

    def doubt(self) -> None:
        """The picture may be wrong: the next call looks first."""
        self._doubted = True

    async def current(self) -> None:
        """Return when there is a picture that nothing speaks against, or one that was drawn a moment ago."""
        if not self._doubted:
            return
        if self._looking is None:
            loop = asyncio.get_running_loop()
            if self._is_known() and loop.time() - self._looked < PAUSE_SECONDS:
                return
            self._looking = loop.create_task(self._look_once())
        # Others wait for the same look: it goes on if this caller is cancelled.
        await asyncio.shield(self._looking)

    async def _look_once(self) -> None:
        try:
            # Before the look: a doubt that comes up meanwhile stays.
            self._doubted = False
            await self._look()
        except VENDOR_ERRORS:
            self._doubted = True
            # With an old picture calls go on, and say themselves what is wrong.
            if not self._is_known():
                raise
        finally:
            self._looked = asyncio.get_running_loop().time()
            self._looking = None

    async def _first_answer(self, pools: Iterable[NodePool], *command: str) -> tuple[NodePool, object]:
        """The first reply that is not nil, from servers that are asked one after another."""
        failed: Exception | None = None
        for pool in pools:
            try:
                reply = await pool.exchange(command)
            except VENDOR_ERRORS as error:
                failed = error
                continue
            if reply is not None:
                return pool, reply
        raise failed or ConnectionError("no server knows")

    def _pool(self, address: Address) -> NodePool:
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools[address] = self._make_pool(self._addresses.login, address)
        return pool

    def pools(self) -> Sequence[NodePool]:
        """The connections that there are, for figures."""
        return list(self._pools.values())

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        for pool in list(self._pools.values()):
            await pool.aclose()
