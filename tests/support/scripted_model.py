"""An OpenAI-compatible Chat Completions server on a loopback socket that does what a test tells it.

    with ScriptedModel([call("get_account_balance", {"account_id": "acc_1"}), say("Done.")]) as model:
        ...                    # let the program under test use model.base_url
    model.requests[0].messages # what it sent

It runs in a thread of its own, so that synchronous browser tests can use it too. Leaving the block fails the test
where steps are left over, or where a request came for which there was no step. `python -m
tests.support.scripted_model --tokens 40` serves one fixed answer from a process of its own, for benchmarks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import pytest

from tests.support.deadlines import PATIENCE
from tests.support.scripted_steps import (
    ScriptedCall,
    Step,
    call,
    completion,
    cut_after,
    fail,
    finish_only,
    junk,
    say,
    silent,
    stream_lines,
    together,
    verbatim,
)

__all__ = [
    "ScriptedCall",
    "ScriptedModel",
    "ScriptedRequest",
    "Step",
    "call",
    "cut_after",
    "fail",
    "finish_only",
    "junk",
    "say",
    "scripted_model",
    "silent",
    "together",
    "verbatim",
]

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class ScriptedRequest:
    """One request as it came over the wire. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages that the client sent."""
        messages: list[dict[str, Any]] = self.body.get("messages", [])
        return messages

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools that were offered."""
        return [tool["function"]["name"] for tool in self.body.get("tools", [])]

    @property
    def tool_results(self) -> list[Any]:
        """The decoded tool messages after the last message of the user."""
        results: list[Any] = []
        for message in self.messages:
            if message["role"] == "user":
                results = []
            elif message["role"] == "tool":
                results.append(json.loads(message["content"]))
        return results


class ScriptedModel:
    """The server: takes its steps in order; a `handler` chooses the step for every request after them."""

    def __init__(
        self, steps: Iterable[Step] = (), *, handler: Callable[[ScriptedRequest], Step] | None = None
    ) -> None:
        self._steps = deque(steps)
        self._handler = handler
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="scripted-model", daemon=True)
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._hang_ups = 0
        self._changed = threading.Condition()
        self.requests: list[ScriptedRequest] = []
        self.unexpected: list[ScriptedRequest] = []

    @property
    def base_url(self) -> str:
        """What goes into `OPENAI_BASE_URL`."""
        return f"http://127.0.0.1:{self._port}/v1"

    def expect(self, *steps: Step) -> None:
        """Add steps to the end of the script."""
        self._steps.extend(steps)

    def answer_with(self, handler: Callable[[ScriptedRequest], Step]) -> None:
        """From now on ask `handler` for each step, as often as requests come."""
        self._handler = handler

    def verify(self) -> None:
        """Raise `AssertionError` where steps are left over or were missing."""
        assert not self.unexpected, f"requests without a step: {[r.messages[-1:] for r in self.unexpected]}"
        assert not self._steps, f"steps that were never asked for: {list(self._steps)}"

    def wait_for_requests(self, count: int, timeout: float = PATIENCE) -> None:
        """Block until that many requests have arrived. Raises `TimeoutError`."""
        self._wait(lambda: len(self.requests) >= count, timeout, f"{count} requests")

    def wait_for_hang_up(self, timeout: float = PATIENCE) -> None:
        """Block until a client has closed its connection before the answer was complete. Raises `TimeoutError`."""
        self._wait(lambda: self._hang_ups > 0, timeout, "a client to hang up")

    def start(self) -> ScriptedModel:
        """Listen on a port chosen by the operating system; returns when connections are accepted."""
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            raise TimeoutError("the scripted model did not start")
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._thread.is_alive() and self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)

    def __enter__(self) -> ScriptedModel:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.verify()

    def _wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"the scripted model waited {timeout} s for {what}")

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        await _rounds(3)  # a connection that has just been accepted takes so many to come to `_accepted`
        connections = list(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        for writer in self._writers:
            # Closed they may be, and still have something to send that nobody reads any more.
            writer.transport.abort()
        await _rounds(2)  # lets the closed transports leave the loop

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # No coroutine: one that is cancelled before it began would leave its connection open.
        self._writers.add(writer)
        self._connections.add(asyncio.get_running_loop().create_task(self._accept(reader, writer)))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            self._note_hang_up()
        except asyncio.CancelledError:
            if self._stopping is None or not self._stopping.is_set():
                raise
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; true where the connection may be used again."""
        request = await _read_request(reader)
        if request is None:
            return False
        if request.method == "GET":
            await _send_json(writer, 200, {"object": "list", "data": [{"id": "gpt-4.1-mini", "object": "model"}]})
            return True
        step = self._next_step(request)
        if step.status != 200:
            await _send_json(writer, step.status, step.body or _error(step.status), step.retry_after)
            return True
        return await self._answer(step, request, reader, writer)

    def _next_step(self, request: ScriptedRequest) -> Step:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        if self._handler is not None and not self._steps:
            return self._handler(request)
        if self._steps:
            return self._steps.popleft()
        self.unexpected.append(request)
        return Step(status=400, body={"error": {"message": "The script has no step left for this request."}})

    async def _answer(
        self, step: Step, request: ScriptedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if step.ending == "silent" and step.stop_after == -1:
            return await self._wait_for_end(reader)
        if request.body.get("stream"):
            await _send_stream(writer, step, request.body)
        else:
            await _send_whole(writer, step, request.body)
        if step.ending == "silent":
            return await self._wait_for_end(reader)
        return step.ending == "done" and (step.junk_line is None or not request.body.get("stream"))

    async def _wait_for_end(self, reader: asyncio.StreamReader) -> bool:
        await reader.read(1)
        self._note_hang_up()
        return False

    def _note_hang_up(self) -> None:
        with self._changed:
            self._hang_ups += 1
            self._changed.notify_all()


async def _rounds(number: int) -> None:
    """Let the event loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


async def _read_request(reader: asyncio.StreamReader) -> ScriptedRequest | None:
    first = await reader.readline()
    if not first:
        return None
    method, path, _ = first.decode("ascii").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return ScriptedRequest(method, path, headers, json.loads(raw) if raw else {})


async def _send_json(
    writer: asyncio.StreamWriter, status: int, body: object, retry_after: str | None = None
) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    extra = f"retry-after: {retry_after}\r\n" if retry_after is not None else ""
    reason = _REASONS.get(status, "Scripted")
    head = f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\n{extra}"
    head += f"content-length: {len(raw)}\r\n\r\n"
    writer.write(head.encode() + raw)
    await writer.drain()


async def _send_stream(writer: asyncio.StreamWriter, step: Step, body: dict[str, Any]) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    for number, line in enumerate(stream_lines(step, body["model"], include_usage)):
        if step.pause and number > 1:
            await asyncio.sleep(step.pause)
        raw = line.encode()
        writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        await writer.drain()
    if step.ending in ("done", "cut"):
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _send_whole(writer: asyncio.StreamWriter, step: Step, body: dict[str, Any]) -> None:
    if step.junk_line is not None:
        await _send_json(writer, 200, step.junk_line)
    elif step.ending == "done":
        await _send_json(writer, 200, completion(step, body["model"]))
    else:
        raw = json.dumps(completion(step, body["model"])).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n"
        writer.write(head.encode() + raw[: len(raw) // 2])
        await writer.drain()


def _error(status: int) -> dict[str, Any]:
    return {"error": {"message": f"scripted failure {status}", "type": "scripted", "param": None, "code": None}}


@pytest.fixture
def scripted_model() -> Iterator[ScriptedModel]:
    """A started server without steps; the test tells it what to `expect`. Fails on leftover and missing steps."""
    with ScriptedModel() as model:
        yield model


def main() -> None:
    """Serve one fixed answer until standard input ends; prints the base URL."""
    parser = argparse.ArgumentParser(description="A scripted Chat Completions server for benchmarks.")
    parser.add_argument("--tokens", type=int, default=40)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each piece but the first")
    options = parser.parse_args()
    answer = say(" ".join(["token"] * options.tokens), pieces=options.tokens, delay=options.delay)
    with ScriptedModel(handler=lambda request: answer) as model:
        sys.stdout.write(f"{model.base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
