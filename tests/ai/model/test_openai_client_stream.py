"""`stream_turn` over a real socket: what may come out of a stream, and what must not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.support.deadlines import PATIENCE, gives_up
from tests.support.scripted_model import (
    ScriptedModel,
    Step,
    call,
    cut_after,
    fail,
    finish_only,
    junk,
    say,
    scripted_model,
    silent,
    together,
)
from ultracore.ai.model import Deadlines, ModelTurn, TextDelta, Usage
from ultracore.ai.openai_client import OpenAIClient
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable

__all__ = ["scripted_model"]

QUESTION = [{"role": "user", "content": "What's my balance?"}]
QUICK = Deadlines(connect=0.5, first_byte=0.3, between_chunks=0.3, turn=5.0, retry_after=0.2)
TRANSFER = {"amount": "50.00", "to_account_id": "City Power"}


@pytest.fixture
async def client(scripted_model: ScriptedModel) -> AsyncIterator[OpenAIClient]:
    async with OpenAIClient("key", base_url=scripted_model.base_url, deadlines=QUICK) as built:
        yield built


async def answer_of(client: OpenAIClient) -> tuple[list[str], ModelTurn]:
    """The text pieces and the turn that ends them."""
    events = [event async for event in client.stream_turn(QUESTION)]
    turn = events.pop()
    assert isinstance(turn, ModelTurn)
    return [event.text for event in events if isinstance(event, TextDelta)], turn


async def failure_of(client: OpenAIClient) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        await answer_of(client)
    return caught.value


async def test_pieces_come_in_order_and_the_turn_last(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(say("It is AUD 5.00.", pieces=["It is ", "AUD ", "5.00."], usage=(7, 3)))
    assert await answer_of(client) == (
        ["It is ", "AUD ", "5.00."],
        ModelTurn("It is AUD 5.00.", (), "stop", Usage(7, 3), "gpt-4.1-mini", Decimal("0.0000076")),
    )
    body = scripted_model.requests[0].body
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


async def test_several_calls_in_one_answer_are_put_together_in_order(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(
        together(say("Let me look."), call("a", {"x": 1}, call_id="c1"), call("b", "{broken", call_id="c2"))
    )
    pieces, turn = await answer_of(client)
    assert "".join(pieces) == turn.content == "Let me look."
    assert [(made.name, made.arguments_json) for made in turn.tool_calls] == [("a", '{"x": 1}'), ("b", "{broken")]
    assert len({made.call_id for made in turn.tool_calls}) == 2
    assert turn.finish_reason == "tool_calls"


async def test_tools_are_offered_as_given(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    tool = {"type": "function", "function": {"name": "a", "parameters": {"type": "object", "properties": {}}}}
    scripted_model.expect(say("ok"))
    _ = [event async for event in client.stream_turn(QUESTION, [tool])]
    assert scripted_model.requests[0].body["tools"] == [tool]


async def test_tool_result_whose_call_was_cut_from_the_history_is_not_sent(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    made = {"id": "c2", "type": "function", "function": {"name": "a", "arguments": "{}"}}
    history: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": "c1", "content": "{}"},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Again."},
        {"role": "assistant", "content": "", "tool_calls": [made]},
        {"role": "tool", "tool_call_id": "c2", "content": "{}"},
    ]
    scripted_model.expect(say("ok"))
    _ = [event async for event in client.stream_turn(history)]
    assert scripted_model.requests[0].messages == history[1:]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (cut_after(2), "model.cut_short"),
        (cut_after(4, call("execute_transaction", TRANSFER)), "model.cut_short"),
        (cut_after(2, abruptly=True), "model.cut_short"),
        (junk(), "model.malformed"),
        (junk("data: 42"), "model.malformed"),
        (junk("data: []"), "model.malformed"),
        (junk('data: {"choices": "text"}'), "model.malformed"),
        (junk('data: {"choices": [7]}'), "model.malformed"),
        (junk('data: {"choices": [{"delta": {"content": 5}}]}'), "model.malformed"),
        (junk('data: {"choices": [{"delta": {"tool_calls": 5}}]}'), "model.malformed"),
        (junk('data: {"choices": [{"delta": {"tool_calls": [{"index": "a"}]}}]}'), "model.malformed"),
        (finish_only("length", say("half an")), "model.too_long"),
        (finish_only("length", call("execute_transaction", TRANSFER)), "model.too_long"),
        (finish_only("content_filter", call("execute_transaction", TRANSFER)), "model.filtered"),
        (finish_only("stop", call("execute_transaction", '{"amount": 5')), "model.malformed"),
        (finish_only("MAX_TOKENS", call("execute_transaction", TRANSFER)), "model.too_long"),
        (finish_only("SAFETY", call("execute_transaction", TRANSFER)), "model.filtered"),
        (finish_only("whatever", call("execute_transaction", TRANSFER)), "model.malformed"),
        (finish_only("tool_calls", say("no call")), "model.malformed"),
        (finish_only("stop"), "model.malformed"),
        (call("", {}), "model.malformed"),
    ],
)
async def test_answer_that_is_not_whole_is_an_error_and_never_a_tool_call(
    step: Step, code: str, scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(step)
    error = await failure_of(client)
    assert isinstance(error, ModelAnswerInvalid)
    assert error.code == code


async def test_error_inside_a_stream_is_the_endpoints_failure(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(junk('data: {"error": {"message": "overloaded"}}'))
    assert (await failure_of(client)).code == "model.server_error"


async def test_next_request_works_after_each_failure(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    for step in (cut_after(1), cut_after(1, abruptly=True), junk(), silent(after=1), fail(400)):
        scripted_model.expect(step, say("fine"))
        await failure_of(client)
        assert (await answer_of(client))[1].content == "fine"


@pytest.mark.parametrize(
    ("status", "code", "tries"),
    [
        (400, "model.request_refused", 1),
        (401, "model.unauthorised", 1),
        (403, "model.unauthorised", 1),
        (404, "model.request_refused", 1),
        (429, "model.rate_limited", 4),
        (500, "model.server_error", 4),
        (503, "model.server_error", 4),
    ],
)
async def test_status_is_translated_and_only_what_may_pass_is_retried(
    status: int, code: str, tries: int, scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(*[fail(status, retry_after=0.01)] * tries)
    error = await failure_of(client)
    assert error.code == code
    assert not isinstance(error, ModelAnswerInvalid)


async def test_failure_that_passes_is_not_seen(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(fail(500, retry_after=0.01), fail(429, retry_after=0.01), say("fine"))
    assert (await answer_of(client))[1].content == "fine"
    assert client.get_usage_stats()["total_requests"] == 1


@pytest.mark.parametrize("asked", [90, "Wed, 21 Oct 2099 07:28:00 GMT"])
async def test_long_retry_after_is_cut_to_our_limit(
    asked: float | str, scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(fail(429, retry_after=asked), say("fine"))
    began = time.monotonic()
    async with gives_up(within=20):
        assert (await answer_of(client))[1].content == "fine"
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("asked", ["nan", "inf", "soon"])
async def test_retry_after_that_is_no_time_is_ignored(
    asked: str, scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(fail(429, retry_after=asked), say("fine"))
    assert (await answer_of(client))[1].content == "fine"


async def test_endpoint_that_says_nothing_is_given_up_at_the_first_byte_deadline(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(silent())
    began = time.monotonic()
    async with gives_up(within=8):
        assert (await failure_of(client)).code == "model.silent"
    assert time.monotonic() - began >= 0.3
    assert len(scripted_model.requests) == 1, "silence is not retried"


async def test_stream_that_stops_talking_is_given_up(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(silent(after=2))
    assert (await failure_of(client)).code == "model.silent"
    scripted_model.wait_for_hang_up()


async def test_endless_trickle_ends_at_the_turns_deadline(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("x " * 200, delay=0.1))
    deadlines = Deadlines(turn=2)
    async with OpenAIClient("key", base_url=scripted_model.base_url, deadlines=deadlines) as client:
        async with gives_up(within=8):
            assert (await failure_of(client)).code == "model.silent"


async def test_retries_end_at_the_turns_deadline(scripted_model: ScriptedModel) -> None:
    scripted_model.answer_with(lambda request: fail(500, retry_after=0.2))
    deadlines = Deadlines(turn=0.3)
    async with OpenAIClient(
        "key", max_retries=50, base_url=scripted_model.base_url, deadlines=deadlines
    ) as client:
        assert (await failure_of(client)).code == "model.silent"


async def test_endpoint_that_nobody_listens_on_is_unreachable(free_port: int) -> None:
    address = f"http://127.0.0.1:{free_port}/v1"
    async with OpenAIClient("key", max_retries=0, base_url=address, deadlines=QUICK) as client:
        assert (await failure_of(client)).code == "model.unreachable"


async def test_cancelling_closes_the_connection_and_is_not_swallowed(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("x " * 200, delay=0.05))
    begun = asyncio.Event()

    async def talk() -> None:
        async for _ in client.stream_turn(QUESTION):
            begun.set()

    task = asyncio.create_task(talk())
    await asyncio.wait_for(begun.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(scripted_model.wait_for_hang_up)


async def test_reader_that_stops_early_closes_the_connection(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("x " * 200, delay=0.05))
    async with aclosing(client.stream_turn(QUESTION)) as events:
        await anext(events)
    await asyncio.to_thread(scripted_model.wait_for_hang_up)


class HangingTransport(httpx2.AsyncBaseTransport):
    """Ignores every limit that the HTTP client sets."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError("never reached")


class StallingTransport(httpx2.AsyncBaseTransport):
    """Begins an answer and never goes on."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._body())

    async def _body(self) -> AsyncIterator[bytes]:
        yield b'data: {"choices": [{"index": 0, "delta": {"content": "I will"}}]}\n\n'
        await asyncio.Event().wait()


class RaisingTransport(httpx2.AsyncBaseTransport):
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise self._error


@pytest.mark.parametrize("transport", [HangingTransport(), StallingTransport()])
async def test_limits_hold_around_a_transport_that_ignores_them(transport: httpx2.AsyncBaseTransport) -> None:
    async with OpenAIClient(transport=transport, deadlines=QUICK) as client:
        async with gives_up(within=8):
            assert (await failure_of(client)).code == "model.silent"


@pytest.mark.parametrize(
    ("error", "code"),
    [(ValueError("raw"), "model.malformed"), (OSError("down"), "model.unreachable")],
)
async def test_what_a_transport_raises_comes_out_translated(error: Exception, code: str) -> None:
    async with OpenAIClient(transport=RaisingTransport(error), max_retries=0, deadlines=QUICK) as client:
        assert (await failure_of(client)).code == code
