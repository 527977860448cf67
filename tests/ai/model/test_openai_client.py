"""The published client over a real socket: the official SDK against a scripted endpoint."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModel, call, fail, finish_only, say, scripted_model, together
from ultracore.ai.openai_client import AIClientFactory, OpenAIClient
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable

__all__ = ["scripted_model"]

KEY = "sk-very-secret-key"
QUESTION = [{"role": "user", "content": "What's my account balance?"}]
BALANCE = {
    "name": "get_account_balance",
    "description": "Balance of an account",
    "parameters": {"type": "object", "properties": {"account_id": {"type": "string"}}, "required": ["account_id"]},
}


@pytest.fixture
async def client(scripted_model: ScriptedModel) -> AsyncIterator[OpenAIClient]:
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as built:
        yield built


async def test_completion_has_the_published_keys(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(say("AUD 2,500.00.", usage=(12, 4)))
    result = await client.chat_completion(QUESTION)
    assert result == {
        "content": "AUD 2,500.00.",
        "role": "assistant",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16},
    }
    sent = scripted_model.requests[0]
    assert (sent.body["model"], sent.body["temperature"]) == ("gpt-4.1-mini", 0.7)
    assert "tools" not in sent.body
    assert "max_tokens" not in sent.body
    assert sent.headers["authorization"] == f"Bearer {KEY}"


async def test_streamed_completion_gives_the_same_result(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("one two three"), say("one two three"))
    whole = await client.chat_completion(QUESTION, max_tokens=50)
    assert await client.chat_completion(QUESTION, max_tokens=50, stream=True) == whole
    assert scripted_model.requests[1].body["stream_options"] == {"include_usage": True}


async def test_published_functions_travel_as_tools(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(call("get_account_balance", {"account_id": "acc_1"}, call_id="c1"))
    result = await client.chat_completion(QUESTION, functions=[BALANCE], function_call="auto")
    assert result["function_call"] == {"name": "get_account_balance", "arguments": {"account_id": "acc_1"}}
    assert result["tool_calls"] == [
        {"id": "c1", "name": "get_account_balance", "arguments": {"account_id": "acc_1"}}
    ]
    assert result["content"] is None
    body = scripted_model.requests[0].body
    assert body["tools"] == [{"type": "function", "function": BALANCE}]
    assert body["tool_choice"] == "auto"
    assert "functions" not in body
    assert "function_call" not in body


async def test_forced_function_that_ends_with_stop_is_a_call(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(finish_only("stop", call("get_account_balance", {"account_id": "acc_1"})))
    result = await client.function_call("balance?", [BALANCE], force_function="get_account_balance")
    assert result["function_call"]["arguments"] == {"account_id": "acc_1"}
    choice = scripted_model.requests[0].body["tool_choice"]
    assert choice == {"type": "function", "function": {"name": "get_account_balance"}}


async def test_function_call_sends_context_before_the_question(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("Which account?"))
    await client.function_call("balance?", [BALANCE], context={"account": "acc_1"})
    messages = scripted_model.requests[0].messages
    assert [message["role"] for message in messages] == ["system", "user"]
    assert "acc_1" in messages[0]["content"]


async def test_chat_with_context_sends_system_context_and_user_in_order(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("Hello Ada."))
    await client.chat_with_context("Hi", {"customer": "Ada"}, system_prompt="You are Anya.", temperature=0.1)
    body = scripted_model.requests[0].body
    contents = [message["content"] for message in body["messages"]]
    assert contents == ["You are Anya.", 'Context: {"customer": "Ada"}', "Hi"]
    assert body["temperature"] == 0.1


async def test_a_context_of_messages_is_sent_as_it_is(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(say("You asked for your balance."))
    before = [{"role": "user", "content": "My balance?"}, {"role": "assistant", "content": "Which account?"}]
    await client.chat_with_context("What did I ask?", before, system_prompt="You are Anya.")
    system, *others = scripted_model.requests[0].messages
    assert system["content"] == "You are Anya."
    assert others == [*before, {"role": "user", "content": "What did I ask?"}]


async def test_messages_of_the_old_functions_wire_are_sent_as_tool_messages(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("Done."))
    made = {"name": "get_account_balance", "arguments": {"account_id": "acc_1"}}
    history: list[dict[str, Any]] = [
        *QUESTION,
        {"role": "assistant", "content": None, "function_call": made},
        {"role": "function", "name": "get_account_balance", "content": "{}"},
    ]
    await client.chat_completion(history)
    asked, answered = scripted_model.requests[0].messages[1:]
    assert answered == {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "{}"}
    assert "function_call" not in asked


async def test_stream_completion_yields_the_pieces(scripted_model: ScriptedModel, client: OpenAIClient) -> None:
    scripted_model.expect(say("one two three", pieces=["one ", "two ", "three"]))
    assert [piece async for piece in client.stream_completion(QUESTION)] == ["one ", "two ", "three"]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_completion_cut_by_the_endpoint_says_so_and_has_no_call(
    reason: str, scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    half = together(say("I will"), call("get_account_balance", {"account_id": "acc_1"}))
    scripted_model.expect(finish_only(reason, half))
    result = await client.chat_completion(QUESTION, max_tokens=3, functions=[BALANCE])
    assert (result["content"], result["finish_reason"]) == ("I will", reason)
    assert "function_call" not in result
    assert "tool_calls" not in result


@pytest.mark.parametrize("arguments", ["{not json", "[1]", '"text"'])
async def test_call_whose_arguments_are_no_object_is_malformed(
    arguments: str, scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(call("get_account_balance", arguments))
    with pytest.raises(ModelAnswerInvalid) as caught:
        await client.chat_completion(QUESTION, functions=[BALANCE])
    assert caught.value.code == "model.malformed"


async def test_call_that_is_not_whole_and_ends_with_stop_is_not_a_call(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(finish_only("stop", call("get_account_balance", '{"account_id": "acc')))
    with pytest.raises(ModelAnswerInvalid):
        await client.chat_completion(QUESTION, functions=[BALANCE])


async def test_usage_and_cost_are_counted_over_all_kinds_of_requests(
    scripted_model: ScriptedModel, client: OpenAIClient
) -> None:
    scripted_model.expect(say("a", usage=(1000, 500)), say("b", usage=(2000, 100)), fail(401))
    await client.chat_completion(QUESTION)
    assert [piece async for piece in client.stream_completion(QUESTION)] == ["b"]
    with pytest.raises(ModelUnavailable):
        await client.chat_completion(QUESTION)
    stats = client.get_usage_stats()
    assert stats["total_requests"] == 2
    assert (stats["total_prompt_tokens"], stats["total_completion_tokens"]) == (3000, 600)
    assert stats["total_tokens"] == 3600
    assert stats["estimated_cost_usd"] == pytest.approx(0.00216)
    assert json.loads(json.dumps(stats)) == stats
    client.reset_stats()
    assert client.get_usage_stats()["total_tokens"] == 0


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("gpt-4.1-mini", "2.00"),
        ("gpt-4.1-mini-2025-04-14", "2.00"),
        ("gpt-4.1-nano", "0.50"),
        ("gemini-2.5-flash", "2.80"),
    ],
)
async def test_each_model_has_its_own_price(model: str, cost: str, scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("a", usage=(1_000_000, 1_000_000)))
    async with OpenAIClient(KEY, model, base_url=scripted_model.base_url) as client:
        await client.chat_completion(QUESTION)
        assert client.get_usage_stats()["estimated_cost_usd"] == pytest.approx(float(cost))
        assert client.get_usage_stats()["price_known"] is True


async def test_unknown_model_costs_nothing_and_says_so(
    scripted_model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    scripted_model.expect(say("a"), say("b"))
    async with OpenAIClient(KEY, "gpt-4.1", base_url=scripted_model.base_url) as client:
        await client.chat_completion(QUESTION)
        await client.chat_completion(QUESTION)
        stats = client.get_usage_stats()
    assert (stats["estimated_cost_usd"], stats["price_known"]) == (0, False)
    assert caplog.text.count("gpt-4.1") == 1


async def test_factory_gives_one_client_a_model_and_key(
    scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", scripted_model.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "from-settings")
    first = AIClientFactory.get_client("gpt-4.1-nano", "key-a")
    assert AIClientFactory.get_client("gpt-4.1-nano", "key-a") is first
    assert AIClientFactory.get_client("gpt-4.1-nano") is AIClientFactory.get_client(
        "gpt-4.1-nano", "from-settings"
    )
    others = [AIClientFactory.get_client("gpt-4.1-nano", "key-b"), AIClientFactory.get_client(api_key="key-a")]
    AIClientFactory.reset_all_stats()
    scripted_model.expect(say("a", usage=(1000, 1000)), say("b", usage=(1000, 1000)), say("c", usage=(1000, 1000)))
    for client in [first, *others]:
        await client.chat_completion(QUESTION)
        await client.aclose()
    total = AIClientFactory.get_total_usage()
    assert (total["total_requests"], total["total_tokens"], total["price_known"]) == (3, 6000, True)
    assert total["estimated_cost_usd"] == pytest.approx(0.003)


async def test_settings_choose_endpoint_and_key(
    scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", scripted_model.base_url)
    scripted_model.expect(say("hello"), say("hello"))
    for key, sent in (("", "Bearer none"), ("from-settings", "Bearer from-settings")):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        async with OpenAIClient() as client:
            assert not client.is_offline
            await client.chat_completion(QUESTION)
        assert scripted_model.requests[-1].headers["authorization"] == sent


async def test_without_key_and_endpoint_the_offline_model_answers() -> None:
    async with OpenAIClient() as client:
        assert client.is_offline
        result = await client.chat_completion(QUESTION)
    assert "offline demo model" in result["content"]


def test_client_works_in_one_event_loop_after_another(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("first"), say("second"))
    client = OpenAIClient(KEY, base_url=scripted_model.base_url)

    async def ask() -> Any:
        result = await client.chat_completion(QUESTION)
        await client.aclose()
        return result["content"]

    assert [asyncio.run(ask()), asyncio.run(ask())] == ["first", "second"]


async def test_neither_messages_nor_keys_are_logged(
    scripted_model: ScriptedModel, client: OpenAIClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scripted_model.expect(
        say("the answer is a secret"), fail(401, body={"error": {"message": f"wrong key {KEY}"}})
    )
    await client.chat_completion([{"role": "user", "content": "my secret question"}])
    with pytest.raises(ModelUnavailable) as caught:
        await client.chat_completion([{"role": "user", "content": "my secret question"}])
    assert "secret" not in caplog.text
    assert "secret" not in str(caught.value) + repr(client._endpoint)
