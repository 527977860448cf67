"""A running server and the browsers of its tests: real HTTP, real sockets."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import socketio  # type: ignore[import-untyped]

from tests.support.deadlines import PATIENCE
from tests.support.environment import without_configuration
from tests.support.ports import free_port
from tests.support.processes import ManagedProcess

CHECKOUT = Path(__file__).resolve().parents[2]
PASSWORD = "demo"

Event = tuple[str, Any]


@dataclass(frozen=True)
class Server:
    """An address, the process behind it, and its data directory."""

    url: str
    process: ManagedProcess
    data: Path

    def events(self) -> list[str]:
        """The lines of the double's record."""
        file = self.data / "events.txt"
        return file.read_text().splitlines() if file.exists() else []


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """`chainlit run` over the doubles."""
    port, data = free_port(), folder / "data"
    env = without_configuration(os.environ) | {
        "ULTRACORE_DATA_DIR": str(data),
        "CHAINLIT_APP_ROOT": str(_root(folder)),
        "PYTHONPATH": str(CHECKOUT),
        **settings,
    }
    argv = [sys.executable, "-m", "chainlit", "run", "tests/chat/memory_app.py", "--headless", "--port", str(port)]
    process = ManagedProcess(argv, log=folder / "server.log", env=env, cwd=CHECKOUT)
    with process:
        url = f"http://127.0.0.1:{port}"
        process.wait_for_http(f"{url}/ready", seconds=PATIENCE)
        yield Server(url, process, data)


def _root(folder: Path) -> Path:
    """Our look without writing into the checkout."""
    root = folder / "root"
    root.mkdir(exist_ok=True)
    for name in ("public", "chainlit.md"):
        if not (root / name).exists():
            (root / name).symlink_to(CHECKOUT / name)
    (root / ".chainlit").mkdir(exist_ok=True)
    (root / ".chainlit" / "config.toml").write_text((CHECKOUT / ".chainlit" / "config.toml").read_text())
    return root


@dataclass
class Page:
    """One open page: its socket and everything that was drawn."""

    session_id: str
    socket: socketio.AsyncClient
    drawn: list[Event] = field(default_factory=list)
    _drawn_more: asyncio.Event = field(default_factory=asyncio.Event)

    def draw(self, event: str, *data: Any) -> None:
        """The server drew something."""
        self.drawn.append((event, data[0] if data else None))
        self._drawn_more.set()

    async def until(self, found: Callable[[list[Event]], Any], what: str = "it") -> Any:
        """What `found` gives once it is true."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (value := found(self.drawn)):
                    self._drawn_more.clear()
                    await self._drawn_more.wait()
        except TimeoutError:
            raise TimeoutError(f"waited in vain for {what}: {self.state()}") from None
        return value

    def state(self) -> str:
        """What a failure says of the page."""
        offered = ", ".join(button["name"] for button in self.buttons())
        return f"running: {self.running}; buttons: {offered}; last texts: {self.texts()[-4:]}"

    @property
    def running(self) -> bool:
        """True while the page offers Stop."""
        return [name for name, _ in self.drawn if name in ("task_start", "task_end")][-1:] == ["task_start"]

    def texts(self) -> list[str]:
        """The text of each step that is on the page, in order of appearance."""
        steps: dict[str, str] = {}
        for name, data in self.drawn:
            if name in ("new_message", "update_message", "stream_start"):
                steps[data["id"]] = data["output"]
            elif name == "resume_thread":
                steps = {step["id"]: step["output"] for step in data["steps"]}
            elif name == "stream_token":
                steps[data["id"]] += data["token"]
            elif name == "delete_message":
                steps.pop(data["id"], None)
        return [text for text in steps.values() if text]

    def buttons(self) -> list[dict[str, Any]]:
        """The buttons that are on the page.

        As Chainlit's page keeps them: one that comes twice stands there twice, and one removal takes one away.
        """
        actions: list[dict[str, Any]] = []
        for name, data in self.drawn:
            if name == "action":
                actions.append(data)
            elif name == "remove_action":
                at = next((at for at, one in enumerate(actions) if one["id"] == data["id"]), None)
                actions = [one for place, one in enumerate(actions) if place != at]
            elif name == "forget_buttons":
                actions.clear()
        return actions

    async def shows(self, text: str) -> None:
        """Return once `text` is on the page."""
        await self.until(lambda _: any(text in shown for shown in self.texts()), text)

    async def offers(self, name: str) -> dict[str, Any]:
        """The button `name`, once it is on the page."""
        found = await self.until(lambda _: [one for one in self.buttons() if one["name"] == name], name)
        button: dict[str, Any] = found[-1]
        return button

    async def say(self, text: str, **fields: Any) -> str:
        """Send a message as Chainlit's page does; `fields` replace its own."""
        message = {
            "id": str(uuid.uuid4()),
            "type": "user_message",
            "name": "customer1",
            "output": text,
            "createdAt": "2026-11-23T00:00:00Z",
            **fields,
        }
        await self.socket.emit("client_message", {"message": message, "fileReferences": []})
        return str(message["id"])

    async def closed(self) -> None:
        """Return once the server has closed the socket."""
        async with asyncio.timeout(PATIENCE):
            await self.socket.wait()


class Browser:
    """Cookies, HTTP and pages of one person."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx.AsyncClient(base_url=server.url, timeout=PATIENCE)

    async def sign_in(
        self, user: str = "customer1", password: str = PASSWORD, *, code: str = ""
    ) -> httpx.Response:
        """Post the sign-in form."""
        return await self.http.post("/login", data={"username": user, "password": password, "code": code})

    def cookie(self) -> str:
        """The `Cookie` header."""
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    @asynccontextmanager
    async def page(
        self, session_id: str | None = None, *, origin: str | None = None, **auth: Any
    ) -> AsyncIterator[Page]:
        """Open a page; `auth` replaces what it claims. Raises `socketio.exceptions.ConnectionError` if refused."""
        async with aiohttp.ClientSession() as transport:
            socket = socketio.AsyncClient(reconnection=False, http_session=transport)
            page = Page(session_id or str(uuid.uuid4()), socket)
            socket.on("*", page.draw)
            claim = {"sessionId": page.session_id, "clientType": "webapp", "threadId": "", "userEnv": "{}", **auth}
            headers = {"Cookie": self.cookie()} | ({"Origin": origin} if origin else {})
            path = "/ws/socket.io"
            await socket.connect(
                self.server.url, headers, auth=claim, transports=["websocket"], socketio_path=path
            )
            try:
                await socket.emit("connection_successful")
                yield page
            finally:
                await socket.disconnect()

    async def press(self, page: Page, button: dict[str, Any], **changes: Any) -> httpx.Response:
        """Press a button as Chainlit's page does; `changes` replace what is sent."""
        body = {"sessionId": page.session_id, "action": button, **changes}
        return await self.http.post("/project/action", json=body)


@asynccontextmanager
async def browser_of(server: Server, user: str | None = "customer1") -> AsyncIterator[Browser]:
    """A browser, signed in as `user`."""
    browser = Browser(server)
    async with browser.http:
        if user is not None:
            answer = await browser.sign_in(user)
            assert answer.status_code == 200, answer.text
        yield browser
