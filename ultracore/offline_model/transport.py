"""The HTTP end of the offline model: answers requests in this process instead of sending them anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx2

from ultracore.offline_model.dialogue import answer
from ultracore.offline_model.wire import completion_body, completion_events, read_conversation


class OfflineTransport(httpx2.AsyncBaseTransport):
    """Answers `POST …/chat/completions` (streamed or not) and `GET …/models`; everything else is a 404.

    Deterministic: the same request always gets the same bytes.
    """

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer the request. A body that is not a JSON object is a 400."""
        if request.method == "GET" and request.url.path.endswith("/models"):
            return _json_response(200, {"object": "list", "data": [{"id": "offline-demo", "object": "model"}]})
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _failure(404, "There is no such endpoint.")
        try:
            body = json.loads(await request.aread())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _failure(400, "The request is not a JSON object.")
        return _answer(body)


class _Events(httpx2.AsyncByteStream):
    """Gives the loop a turn between the pieces, as a socket would."""

    def __init__(self, events: Iterable[bytes]) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._events:
            # Without it a whole answer would come in one turn of the loop, and a Stop could never cut it.
            await asyncio.sleep(0)
            yield event


def _answer(body: dict[str, Any]) -> httpx2.Response:
    conversation = read_conversation(body)
    reply = answer(conversation)
    model = str(body.get("model", "offline-demo"))
    if not body.get("stream"):
        return _json_response(200, completion_body(reply, conversation, model))
    usage = bool((body.get("stream_options") or {}).get("include_usage"))
    events = completion_events(reply, conversation, model, usage=usage)
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=_Events(events))


def _json_response(status: int, body: dict[str, Any]) -> httpx2.Response:
    return httpx2.Response(status, json=body)


def _failure(status: int, message: str) -> httpx2.Response:
    return _json_response(status, {"error": {"message": message, "type": "invalid_request_error"}})
