"""Ends the pages of logins that have ended: by sign-out, by idleness, by age, or in another process."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ultracore.chat.http import SOCKETS_A_USER, chats_of_login
from ultracore.chat.runtime import Runtime
from ultracore.errors import UltracoreError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""A revoked login's sockets are closed within 5 s."""
RENEW_LOOKS = 10
"""After how many looks each open socket asks for its place again."""


class LoginWatch:
    """Looks after the open pages until it is cancelled."""

    def __init__(self, runtime: Runtime, socket_server: Any) -> None:
        self._runtime = runtime
        self._server = socket_server

    async def run(self) -> None:
        """Look again and again. What Redis does not answer is asked at the next look."""
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            try:
                await self._look(renew=looks % RENEW_LOOKS == 0)
            except UltracoreError as error:
                logger.warning("could not look after the logins: %s", error.code)

    async def close_login(self, login_id: str) -> None:
        """Send the login's pages to the sign-in page and close their sockets."""
        for socket, chat in chats_of_login(self._runtime, login_id):
            # Told before the socket is closed: afterwards the page would only try to connect again.
            await chat.page.reload()
            await self._server.disconnect(socket)

    async def _look(self, *, renew: bool) -> None:
        app, live = self._runtime.app, self._connected()
        for login_id in {chat.login_id for _, chat in live}:
            # `peek`, because a look of ours is no use of the session and must not keep it alive.
            if await app.logins.peek(login_id) is None:
                await self.close_login(login_id)
        if renew:
            for _, chat in live:
                # Places run out by themselves after a crash, so the sockets that are really open renew theirs.
                await app.sockets.admit(chat.user_id, chat.session_id, SOCKETS_A_USER)

    def _connected(self) -> list[tuple[str, Any]]:
        return [
            (socket, chat)
            for socket, chat in self._runtime.chats.sockets()
            if self._server.manager.is_connected(socket, "/")
        ]
