"""The one client of every model endpoint: the official SDK, with our deadlines, checks and error tree around it.

Vendor exceptions are translated here and nowhere else:

    ModelUnavailable     model.unreachable model.unauthorised model.rate_limited model.server_error
                         model.request_refused model.too_large model.silent
    ModelAnswerInvalid   model.cut_short model.filtered model.too_long model.malformed

Cancellation passes through, and the HTTP response is closed. Messages and keys are never logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, ClassVar, cast

import httpx2
import openai
from pydantic import SecretStr

from ultracore.ai.model import (
    PRICES,
    TOO_LARGE,
    DeadlineExceeded,
    Deadlines,
    Endpoint,
    GuardedTransport,
    Habits,
    Message,
    ModelPrice,
    ModelTurn,
    OurDefault,
    Refusal,
    Sampling,
    TextDelta,
    ToolSchema,
    TurnAssembler,
    UsageMeter,
    context_messages,
    cost_of,
    estimated_usage,
    malformed,
    modern_messages,
    published_result,
    read_chunk,
    read_completion,
    tool_choice_of,
    tools_of,
    total_stats,
)
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable

_LIMITS = httpx2.Limits(max_connections=200, max_keepalive_connections=50)
# A custom transport is not wrapped by the SDK: its errors, and a junk line's JSON error, come out as they are.
_TRANSLATED = (
    openai.OpenAIError,
    DeadlineExceeded,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    OSError,
    ValueError,
)
_STATUS_CODES = {401: "model.unauthorised", 403: "model.unauthorised", 429: "model.rate_limited"}
_DEFAULT_TEMPERATURE = OurDefault(0.7)
# A bound for an endpoint that refuses something else each time: hardly more fields could be left out.
_MAX_LESSONS = 4

_logger = logging.getLogger(__name__)


class OpenAIClient:
    """A client of one model behind an OpenAI-compatible endpoint.

    Without `api_key` the settings name the endpoint: `OPENAI_API_KEY` and `OPENAI_BASE_URL`, with neither the
    offline demo model. `transport` replaces the network (our limits stay around it); `http_client` replaces the
    whole HTTP client, of which only the turn's limit is then ours. The SDK alone retries, `max_retries` times, and
    never an answer that has begun. `sampling` is what an operator asks of the model; `prices` replace ours.
    """

    def __init__(
        self,
        api_key: str | None = None,
        model: str = "gpt-4.1-mini",
        max_retries: int = 3,
        *,
        base_url: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        http_client: httpx2.AsyncClient | None = None,
        deadlines: Deadlines | None = None,
        sampling: Sampling | None = None,
        prices: Mapping[str, ModelPrice] | None = None,
    ) -> None:
        self._model = model
        self._sampling = sampling or Sampling()
        # Kept with the client, so that an endpoint's refusal is paid for once and not at each request.
        self._habits = Habits()
        self._max_retries = max_retries
        self._deadlines = deadlines or Deadlines()
        self._endpoint = Endpoint.choose(api_key, base_url, replaced=(transport or http_client) is not None)
        self._transport = transport
        self._given_http_client = http_client
        self._meter = UsageMeter(model, prices=PRICES | dict(prices or {}))
        self._sdk: openai.AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def model(self) -> str:
        """The model's name on the wire."""
        return self._model

    @property
    def is_offline(self) -> bool:
        """True if the offline demo model answers."""
        return self._endpoint.is_offline

    async def chat_completion(
        self,
        messages: Sequence[Message],
        temperature: float = _DEFAULT_TEMPERATURE,
        max_tokens: int | None = None,
        functions: Sequence[Mapping[str, Any]] | None = None,
        function_call: str | Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> dict[str, Any]:
        """Ask for one answer: `content role finish_reason usage`, and if the model made a call `function_call`
        `{name, arguments: dict}` (the first) and `tool_calls` (all, each with its `id`).

        An answer cut at `max_tokens` or by a filter comes with that `finish_reason` and without calls. `stream` is
        how it travels; the result is the same.
        """
        choice = tool_choice_of(function_call)
        asked = {"temperature": temperature, "max_tokens": max_tokens}
        request = self._request(messages, tools_of(functions), choice, **asked)
        assembler = await (self._collect(request) if stream else self._whole(request))
        return published_result(assembler)

    async def stream_completion(
        self, messages: Sequence[Message], temperature: float = _DEFAULT_TEMPERATURE
    ) -> AsyncGenerator[str]:
        """Yield the answer's text piece by piece. Raises `ModelAnswerInvalid` if it ends early."""
        assembler = TurnAssembler()
        request = self._request(messages, temperature=temperature)
        async with aclosing(self._pieces(request, assembler)) as pieces:
            async for piece in pieces:
                yield piece
        assembler.turn()

    async def chat_with_context(
        self,
        user_message: str,
        context: Mapping[str, Any] | Sequence[Message] | str,
        system_prompt: str | None = None,
        functions: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Send system prompt, context and user message in this order; result as `chat_completion`.

        A list of messages is sent as it is, a mapping or a text as one system message.
        """
        messages: list[Message] = [{"role": "system", "content": system_prompt}] if system_prompt else []
        messages += [*context_messages(context), {"role": "user", "content": user_message}]
        return await self.chat_completion(messages, functions=functions, **kwargs)

    async def function_call(
        self,
        user_message: str,
        functions: Sequence[Mapping[str, Any]],
        temperature: float = _DEFAULT_TEMPERATURE,
        context: Mapping[str, Any] | Sequence[Message] | str | None = None,
        force_function: str | None = None,
    ) -> dict[str, Any]:
        """Let the model choose among `functions`, or force one; result as `chat_completion`."""
        messages: list[Message] = [] if context is None else context_messages(context)
        messages.append({"role": "user", "content": user_message})
        choice: str | dict[str, str] = {"name": force_function} if force_function else "auto"
        return await self.chat_completion(messages, temperature, functions=functions, function_call=choice)

    async def stream_turn(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
    ) -> AsyncGenerator[TextDelta | ModelTurn]:
        """Yield `TextDelta`s and, last, one `ModelTurn` (see `ChatModel`).

        Raises `ModelUnavailable` or `ModelAnswerInvalid`; a tool call is part of a turn only if the model ended
        the answer itself and the call is whole. No temperature is sent but an operator's: several models refuse
        every value.
        """
        assembler = TurnAssembler()
        async with aclosing(self._pieces(self._request(messages, tools), assembler)) as pieces:
            async for piece in pieces:
                yield TextDelta(piece)
        turn = assembler.turn()
        yield replace(turn, model=self._model, cost=cost_of(self._model, turn.usage, self._meter.prices))

    def get_usage_stats(self) -> dict[str, Any]:
        """Answered requests, tokens and the estimated cost in US dollars since the last reset; all fits JSON."""
        return self._meter.stats()

    def reset_stats(self) -> None:
        """Count from zero again."""
        self._meter.reset()

    async def aclose(self) -> None:
        """Close the connections. Idempotent; the client can be used again and then connects anew."""
        # Connections of a loop that has ended cannot be closed from another; they went with it.
        if self._sdk is not None and self._loop is asyncio.get_running_loop():
            await self._sdk.close()
        self._sdk = None

    async def __aenter__(self) -> OpenAIClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _request(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        choice: Any = None,
        **asked: float | None,
    ) -> dict[str, Any]:
        """The body of a request. What a caller has `asked` for goes before what the operator has set."""
        request: dict[str, Any] = {"model": self._model, "messages": modern_messages(messages)}
        request |= self._sampling.body()
        request |= {name: value for name, value in asked.items() if value is not None}
        if tools:
            request["tools"] = list(tools)
            # Without tools, endpoints refuse a `tool_choice` as well.
            if choice is not None:
                request["tool_choice"] = choice
        return request

    async def _whole(self, request: dict[str, Any]) -> TurnAssembler:
        assembler = TurnAssembler()
        read_completion(await self._send(request, self._ends_at()), assembler)
        self._meter.count(assembler.usage or estimated_usage(request, assembler.written))
        return assembler

    async def _collect(self, request: dict[str, Any]) -> TurnAssembler:
        assembler = TurnAssembler()
        async with aclosing(self._pieces(request, assembler)) as pieces:
            async for _ in pieces:
                pass
        return assembler

    async def _pieces(self, request: dict[str, Any], assembler: TurnAssembler) -> AsyncGenerator[str]:
        """Stream an answer into the assembler, yielding its text. What it cost is counted also when it is cut."""
        ends_at = self._ends_at()
        # Without `include_usage` a stream says nothing of its tokens, and the cost would be a guess.
        streamed = request | {"stream": True, "stream_options": {"include_usage": True}}
        stream = cast("openai.AsyncStream[object]", await self._send(streamed, ends_at))
        try:
            chunks = aiter(stream)
            while (chunk := await _next_chunk(chunks, ends_at)) is not None:
                if piece := read_chunk(chunk, assembler):
                    yield piece
        finally:
            self._meter.count(assembler.usage or estimated_usage(request, assembler.written))
            # An answer that is not read to its end would keep its connection out of the pool.
            await stream.close()

    async def _send(self, request: dict[str, Any], ends_at: float) -> object:
        """Post what `chat.completions.create` would post, and read JSON.

        `create` looks through every message of the history for things to convert, of which ours has none, and its
        stream makes an object of each chunk: two fifths of a turn's CPU (`docs/performance.md`).
        """
        with translated_errors():
            # Around all retries: the SDK's own limits count for each attempt anew.
            async with asyncio.timeout_at(ends_at):
                for _ in range(_MAX_LESSONS):
                    try:
                        return await self._post(self._habits.applied(request))
                    except openai.APIStatusError as error:
                        refusal = Refusal.read(error.status_code, error.body)
                        if not (refusal.is_of_form and self._habits.learn(request, refusal)):
                            self._tell_operator(refusal, request)
                            raise
                return await self._post(self._habits.applied(request))

    def _tell_operator(self, refusal: Refusal, request: dict[str, Any]) -> None:
        """Log why the endpoint refuses us: no customer can put that right, and no retry does."""
        if refusal.is_ours_to_mend:
            key = self._endpoint.api_key.get_secret_value()
            # Endpoints quote the request in their errors: the key and the conversation's words must not reach the
            # log.
            said = [str(message.get("content") or "") for message in request["messages"]]
            reason = refusal.told(key=key, said=said) or "no reason given"
            _logger.error("The model endpoint refuses requests with HTTP %d: %s", refusal.status, reason)

    async def _post(self, body: dict[str, Any]) -> object:
        streamed = "stream" in body
        headers = dict(self._sampling.headers)
        return await self._client().post(
            "/chat/completions",
            cast_to=object,
            body=body,
            options={"timeout": self._deadlines.of_request(streamed=streamed), "headers": headers},
            stream=streamed,
            stream_cls=openai.AsyncStream[object],
        )

    def _ends_at(self) -> float:
        return asyncio.get_running_loop().time() + self._deadlines.turn

    def _client(self) -> openai.AsyncOpenAI:
        """The SDK's client of the running loop: its connections cannot be used from another."""
        loop = asyncio.get_running_loop()
        if self._sdk is None or (self._loop is not loop and self._given_http_client is None):
            self._loop = loop
            self._sdk = openai.AsyncOpenAI(
                api_key=self._endpoint.api_key.get_secret_value(),
                base_url=self._endpoint.base_url,
                max_retries=self._max_retries,
                http_client=self._given_http_client or self._new_http_client(),
            )
        return self._sdk

    def _new_http_client(self) -> httpx2.AsyncClient:
        inner = self._transport or self._endpoint.offline_transport() or httpx2.AsyncHTTPTransport(limits=_LIMITS)
        # A redirect would carry the conversation to another host than the operator has named.
        return httpx2.AsyncClient(transport=GuardedTransport(inner, self._deadlines), follow_redirects=False)


class AIClientFactory:
    """One client a model, key and endpoint, for programs that are not composed by a container."""

    _clients: ClassVar[dict[tuple[str, SecretStr, str], OpenAIClient]] = {}

    @classmethod
    def get_client(cls, model: str = "gpt-4.1-mini", api_key: str | None = None) -> OpenAIClient:
        """The client of that model and key, made on first use. Without a key the settings' endpoint."""
        endpoint = Endpoint.choose(api_key, None)
        # With the endpoint: settings may change between two calls, and a client keeps the one that it was made
        # with.
        key = (model, endpoint.api_key, endpoint.base_url)
        if key not in cls._clients:
            cls._clients[key] = OpenAIClient(api_key, model)
        return cls._clients[key]

    @classmethod
    def get_total_usage(cls) -> dict[str, Any]:
        """The sum of `get_usage_stats` over all clients."""
        return total_stats(client._meter for client in cls._clients.values())

    @classmethod
    def reset_all_stats(cls) -> None:
        """Count from zero again, in all clients."""
        for client in cls._clients.values():
            client.reset_stats()


@contextmanager
def translated_errors(*, in_stream: bool = False) -> Iterator[None]:
    """Turn what the SDK, its HTTP client or a transport raises into our error tree."""
    try:
        yield
    except _TRANSLATED as error:
        raise translate(error, in_stream=in_stream) from error


def translate(error: Exception, *, in_stream: bool = False) -> ModelUnavailable:
    """The error of our tree for a vendor's. Its message names classes and numbers, nothing of the payload."""
    name = type(error).__name__
    if isinstance(error, openai.APIStatusError):
        return _of_status(Refusal.read(error.status_code, error.body))
    if isinstance(error, openai.LengthFinishReasonError):
        return ModelAnswerInvalid(name, code="model.too_long")
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return ModelAnswerInvalid(name, code="model.filtered")
    if isinstance(error, openai.APIResponseValidationError) or (
        isinstance(error, ValueError) and not isinstance(error, OSError)
    ):
        return malformed(f"the endpoint's answer cannot be read ({name})")
    if isinstance(error, DeadlineExceeded):
        return ModelUnavailable(str(error), code="model.silent")
    if _is_late(error):
        return ModelUnavailable(f"the endpoint did not answer in time ({name})", code="model.silent")
    # After words were shown this is a cut answer and no outage: asking again could say something else.
    if in_stream and isinstance(error, (openai.APIConnectionError, httpx2.TransportError, OSError)):
        return ModelAnswerInvalid(
            f"the connection broke in the middle of the answer ({name})", code="model.cut_short"
        )
    if isinstance(error, (openai.APIConnectionError, httpx2.HTTPError, httpx2.InvalidURL, OSError)):
        return ModelUnavailable(f"the endpoint cannot be reached ({name})", code="model.unreachable")
    return ModelUnavailable(f"the endpoint reported a failure ({name})", code="model.server_error")


def _of_status(refusal: Refusal) -> ModelUnavailable:
    if refusal.is_too_large:
        code = TOO_LARGE
    elif refusal.status in _STATUS_CODES:
        code = _STATUS_CODES[refusal.status]
    else:
        code = "model.server_error" if refusal.status >= 500 else "model.request_refused"
    return ModelUnavailable(f"the endpoint answered with HTTP status {refusal.status}", code=code)


def _is_late(error: Exception) -> bool:
    """True for every time-out but that of connecting, which is an unreachable endpoint."""
    if isinstance(error, openai.APITimeoutError):
        # The SDK makes one exception of every time-out; only its cause tells a dead endpoint from a slow one.
        return not isinstance(error.__cause__, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
    if isinstance(error, (httpx2.ConnectTimeout, httpx2.PoolTimeout)):
        return False
    return isinstance(error, (httpx2.TimeoutException, TimeoutError))


async def _next_chunk(chunks: AsyncIterator[object], ends_at: float) -> object | None:
    with translated_errors(in_stream=True):
        async with asyncio.timeout_at(ends_at):
            return await anext(chunks, None)
