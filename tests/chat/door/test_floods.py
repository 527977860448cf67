"""What a browser may cost us before it has said anything: handshakes, headers, bodies, requests."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from tests.chat.doubles import open_memory_app
from tests.support.ports import free_port
from ultracore.chat.admission import Budget
from ultracore.chat.door import Gate, Routes, token_for
from ultracore.chat.door.slow_clients import ImpatientProtocol
from ultracore.chat.runtime import Runtime
from ultracore.principal import Principal, Role
from ultracore.settings import Settings

PERSON = Principal(tenant_id="tenant_1", user_id="ada", login_id="login-1", roles=frozenset({Role.CUSTOMER}))
ORIGIN = "http://127.0.0.1:8000"


class Hasty(ImpatientProtocol):
    header_seconds = 0.3


async def reachable(port: int) -> None:
    async with asyncio.timeout(10):
        for _ in range(1000):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                return writer.close()


@asynccontextmanager
async def listening(protocol: type[ImpatientProtocol]) -> AsyncIterator[int]:
    port = free_port()
    config = uvicorn.Config(PlainTextResponse("ok"), port=port, http=protocol, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    await reachable(port)
    yield port
    server.should_exit = True
    await task


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
async def test_headers_that_do_not_end_are_hung_up_on(sent: bytes) -> None:
    async with listening(Hasty) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await reader.read() == b""
        writer.close()


async def test_a_second_request_has_a_deadline_too_and_a_whole_one_is_answered() -> None:
    async with listening(Hasty) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.write(b"GET / HTTP/1.1\r\nHo")
        rest = await reader.read()
        assert rest.count(b"HTTP/1.1") == 0
        writer.close()


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setenv("CHAINLIT_AUTH_SECRET", "0123456789abcdef" * 4)
    return Runtime(Settings(), open_memory_app, origins=[ORIGIN], lock=io.StringIO())


async def answer(request: Request) -> Response:
    await request.body()
    return JSONResponse({"ok": True})


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("passed on")


def gate(runtime: Runtime) -> Gate:
    paths = [("GET", "/user"), ("POST", "/project/action"), ("GET", "/ready"), ("GET", "/health")]
    return Gate(nobody, runtime, Routes(dict.fromkeys(paths, answer), {}), body_seconds=0.1)


async def status(asked: Gate, method: str, path: str, *, client: str = "127.0.0.1", body: bool = True) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        if not body:
            await asyncio.Event().wait()
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    cookie = f"access_token={token_for(PERSON)}"
    headers = [(b"cookie", cookie.encode()), (b"origin", ORIGIN.encode())]
    scope: Scope = {"type": "http", "method": method, "path": path, "client": (client, 1), "headers": headers}
    await asked({**scope, "scheme": "http", "query_string": b""}, receive, send)
    return int(sent[0]["status"])


async def test_a_body_that_does_not_come_is_answered_and_not_waited_for(runtime: Runtime) -> None:
    assert await status(gate(runtime), "POST", "/project/action", body=False) == 408


async def test_how_the_app_is_is_told_to_listed_addresses_alone(runtime: Runtime) -> None:
    assert await status(gate(runtime), "GET", "/ready") == 200
    assert await status(gate(runtime), "GET", "/ready", client="203.0.113.5") == 404
    assert await status(gate(runtime), "GET", "/health", client="203.0.113.5") == 200


async def test_a_person_has_one_budget_over_all_requests(runtime: Runtime) -> None:
    runtime.requests = Budget(3)
    asked = gate(runtime)
    codes = [await status(asked, "GET", "/user"), await status(asked, "POST", "/project/action")]
    codes += [await status(asked, "GET", "/user") for _ in range(3)]
    assert codes == [200, 200, 200, 429, 429]
    assert await status(asked, "GET", "/health") == 200


async def test_silent_sockets_of_one_person_are_counted_at_the_handshake(runtime: Runtime) -> None:
    held, refused = asyncio.Event(), 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await held.wait()

    asked = Gate(app, runtime, Routes({}, {}))

    async def handshake() -> None:
        nonlocal refused

        async def send(message: Message) -> None:
            nonlocal refused
            refused += message["type"] == "websocket.close"

        headers = [(b"cookie", f"access_token={token_for(PERSON)}".encode()), (b"origin", ORIGIN.encode())]
        scope: Scope = {"type": "websocket", "path": "/ws/socket.io/", "scheme": "ws", "headers": headers}
        await asked(scope, _nothing, send)

    tasks = [asyncio.create_task(handshake()) for _ in range(60)]
    await asyncio.sleep(0)
    assert refused == 50
    held.set()
    await asyncio.gather(*tasks)
    await handshake()
    assert refused == 50


async def _nothing() -> Message:
    return {}


def test_a_budget_moves_on_with_time() -> None:
    now = [0.0]
    budget = Budget(2, 60.0, clock=lambda: now[0])
    assert [budget.admits("ada") for _ in range(3)] == [True, True, False]
    assert budget.admits("bob")
    now[0] = 61.0
    assert budget.admits("ada")
