"""A TCP proxy before PostgreSQL that loses the answer to a COMMIT."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Moment = Literal["before", "after", "silent"]
_COMMITS = (b"COMMIT\x00", b"COMMIT;\x00")
"""As the record and as the ledger send it."""


class CuttingProxy:
    """`arm` it, and the next COMMIT's connection is cut: before the server hears of it, or after it was done.

    `silent` does not cut it: the commit is done and nothing is ever answered.
    """

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._armed: Moment | None = None
        self._links: set[asyncio.Task[None]] = set()
        self.refusing = False
        self.cuts = 0
        self.port = 0

    def arm(self, moment: Moment) -> None:
        """Lose the answer to the next COMMIT."""
        self._armed = moment

    def disarm(self) -> None:
        """Lose nothing from now on."""
        self._armed = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            if not self.refusing:
                await self._relay(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._links.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        answers = asyncio.create_task(self._copy(up_reader, writer))
        try:
            while data := await reader.read(65_536):
                moment = self._armed if any(commit in data for commit in _COMMITS) else None
                if moment is not None:
                    self._armed = None
                    self.cuts += 1
                    answers.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await answers
                    if moment == "after":
                        up_writer.write(data)
                        await up_reader.read(1)  # the server answers once the commit is done
                    if moment == "silent":
                        up_writer.write(data)
                        await reader.read()  # until the client gives up
                    return
                up_writer.write(data)
                await up_writer.drain()
        finally:
            answers.cancel()
            up_writer.close()

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def end(self) -> None:
        """Cut whatever is open."""
        for task in set(self._links):
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)


@asynccontextmanager
async def cutting_proxy(upstream: int) -> AsyncIterator[CuttingProxy]:
    """A proxy on a port of its own before the port `upstream`."""
    proxy = CuttingProxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
