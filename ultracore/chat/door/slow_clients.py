"""An HTTP protocol that does not wait for ever: a client that sends its headers byte by byte is hung up on.

uvicorn bounds how long an idle connection is kept, and nothing between the first byte of a request and its last
header. A few thousand such connections cost an attacker nothing and us every file handle.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# A phone on a bad line needs some seconds for a head; an attacker gets no more from a connection than that.
HEADER_SECONDS = 20.0
GRACE_SECONDS = 0.5


class ImpatientProtocol(H11Protocol):
    """`H11Protocol` that closes a connection whose request has no end of its headers after `HEADER_SECONDS`."""

    header_seconds = HEADER_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _due = 0.0

    def connection_made(self, transport: Any) -> None:
        """A client has connected: from now on its first request is waited for."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; the deadline holds until they make a whole head, and anew for the next request."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._relax()
        elif self._deadline is None:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._relax()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """The connection becomes a socket, whose pings look after it from here on."""
        self._relax()
        super().handle_websocket_upgrade(event)

    def _expect(self) -> None:
        self._wait(self.header_seconds)

    def _wait(self, seconds: float) -> None:
        self._due = self.loop.time() + seconds
        self._deadline = self.loop.call_at(self._due, self._hang_up)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        late = self.loop.time() - self._due
        if late > GRACE_SECONDS:
            # The loop was held up, and the head may lie unread in the socket: bytes first, then the verdict.
            self._wait(GRACE_SECONDS)
            return
        self._deadline = None
        self.transport.close()
