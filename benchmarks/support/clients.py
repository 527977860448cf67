"""Browsers of a benchmark: they sign in over HTTP and talk over a real socket."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import httpx
import socketio  # type: ignore[import-untyped]

PATIENCE = 30.0
DEMO = "demo"


class Page:
    """One open page. A turn lasts from the message's leaving to the server's word that nothing runs any more."""

    def __init__(self, socket: socketio.AsyncClient) -> None:
        self._socket = socket
        self._texts: dict[str, str] = {}
        self._begun = False
        self._over = asyncio.Event()
        socket.on("*", self._draw)

    def _draw(self, event: str, *data: Any) -> None:
        if event in ("stream_start", "new_message", "update_message"):
            self._texts[data[0]["id"]] = data[0]["output"]
        elif event == "stream_token":
            self._texts[data[0]["id"]] += data[0]["token"]
        elif event == "task_start":
            self._begun = True
        elif event == "task_end" and self._begun:  # a page that opens is told so too
            self._over.set()

    async def turn(self, text: str, expected: str) -> float:
        """Say `text`; the seconds until the turn is over. `AssertionError` if the answer is not `expected`."""
        self._texts.clear()
        self._over.clear()
        self._begun = False
        begun = time.perf_counter()
        await self.shout(text)
        async with asyncio.timeout(PATIENCE):
            await self._over.wait()
        seconds = time.perf_counter() - begun
        assert expected in self._texts.values(), f"the page shows {list(self._texts.values())}"
        return seconds

    async def shout(self, text: str) -> None:
        """Send `text` and wait for nothing."""
        message = {
            "id": str(uuid.uuid4()),
            "type": "user_message",
            "name": "customer",
            "output": text,
            "createdAt": "2026-11-23T00:00:00Z",
        }
        await self._socket.emit("client_message", {"message": message, "fileReferences": []})


async def signed_in(url: str, user: str) -> str:
    """The `Cookie` header of a browser that signed in as `user`."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
        answer = await http.post("/login", data={"username": user, "password": DEMO})
        assert answer.status_code == 200, answer.text
        return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


@asynccontextmanager
async def page(url: str, cookie: str) -> AsyncIterator[Page]:
    """Open a page; closed with the block."""
    async with aiohttp.ClientSession() as transport:
        # Without reconnection, which would hide that the server dropped a page.
        socket = socketio.AsyncClient(reconnection=False, http_session=transport)
        opened = Page(socket)
        claim = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "threadId": "", "userEnv": "{}"}
        headers = {"Cookie": cookie}
        await socket.connect(url, headers, auth=claim, transports=["websocket"], socketio_path="/ws/socket.io")
        try:
            await socket.emit("connection_successful")
            yield opened
        finally:
            await socket.disconnect()


@asynccontextmanager
async def pages(url: str, users: list[str], count: int) -> AsyncIterator[list[Page]]:
    """`count` pages, spread over `users`, each of whom signs in once."""
    cookies = [await signed_in(url, user) for user in users]
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(page(url, cookies[number % len(cookies)])) for number in range(count)
        ]
