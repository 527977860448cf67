"""A history is kept within its budget: shortened results first, then whole turns are summed up."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModel, fail, say, scripted_model
from ultracore.ai.model import BudgetedModel, Message, ModelTurn, TextDelta
from ultracore.ai.openai_client import OpenAIClient
from ultracore.errors import ModelUnavailable

__all__ = ["scripted_model"]

SYSTEM = {"role": "system", "content": "You are Anya."}


def turn(number: int, result: str = "{}") -> list[Message]:
    call = {"id": f"c{number}", "type": "function", "function": {"name": "get_account_balance", "arguments": "{}"}}
    return [
        {"role": "user", "content": f"question {number}"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{number}", "content": result},
        {"role": "assistant", "content": f"answer {number}"},
    ]


def conversation(turns: int, result: str = "{}") -> list[Message]:
    return [SYSTEM, *(one for number in range(turns) for one in turn(number, result)), *turn(turns)[:1]]


async def sent(model: ScriptedModel, messages: Sequence[Message], tokens: int) -> list[dict[str, Any]]:
    model.expect(say("ok"))
    async with OpenAIClient("key", base_url=model.base_url) as client:
        items = [item async for item in BudgetedModel(client, tokens).stream_turn(messages)]
    assert isinstance(items[-1], ModelTurn)
    return model.requests[-1].messages


def orphans(messages: Sequence[Message]) -> set[str]:
    made = {call["id"] for one in messages for call in one.get("tool_calls") or ()}
    return made ^ {one["tool_call_id"] for one in messages if one["role"] == "tool"}


async def test_what_fits_is_sent_as_it_is(scripted_model: ScriptedModel) -> None:
    messages = conversation(3)
    assert await sent(scripted_model, messages, 24_000) == messages


async def test_results_of_earlier_turns_are_shortened_first(scripted_model: ScriptedModel) -> None:
    messages = conversation(3, json.dumps({"rows": ["x" * 50] * 400}))
    kept = await sent(scripted_model, messages, 3_000)
    assert [one["content"] for one in kept if one["role"] == "user"] == [f"question {n}" for n in range(4)]
    assert all(len(one["content"]) < 400 for one in kept if one["role"] == "tool")


async def test_then_whole_turns_go_and_a_summary_stands_in_their_place(scripted_model: ScriptedModel) -> None:
    kept = await sent(scripted_model, conversation(60), 1_000)
    assert kept[0] == SYSTEM
    assert kept[-1]["content"] == "question 60"
    assert "are left out" in kept[1]["content"]
    assert "get_account_balance" in kept[1]["content"]
    assert not orphans(kept)


async def test_the_present_turn_stays_whole(scripted_model: ScriptedModel) -> None:
    long = json.dumps({"rows": ["x" * 50] * 400})
    messages = [SYSTEM, *turn(0, long), *turn(1, long)[:3]]
    kept = await sent(scripted_model, messages, 1_000)
    assert kept[-1]["content"] == long


async def test_two_messages_of_the_person_never_follow_each_other(scripted_model: ScriptedModel) -> None:
    roles = [one["role"] for one in await sent(scripted_model, conversation(60), 1_000)]
    assert ("user", "user") not in itertools.pairwise(roles)


@pytest.mark.parametrize(
    "refusal",
    [
        fail(413),
        fail(400, body={"error": {"message": "too long", "code": "context_length_exceeded"}}),
        fail(400, body={"error": {"message": "This model's maximum context length is 8192 tokens."}}),
        fail(400, body={"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}),
        fail(400, body={"message": "The input token count exceeds the maximum number of tokens allowed"}),
    ],
)
async def test_a_request_that_is_too_large_is_repeated_once_with_less(
    refusal: Any, scripted_model: ScriptedModel
) -> None:
    scripted_model.expect(refusal)
    kept = await sent(scripted_model, conversation(40), 24_000)
    assert len(scripted_model.requests) == 2
    assert len(kept) < len(scripted_model.requests[0].messages)


async def test_a_request_that_stays_too_large_is_repeated_no_further(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(fail(413), fail(413))
    async with OpenAIClient("key", base_url=scripted_model.base_url) as client:
        with pytest.raises(ModelUnavailable) as caught:
            _ = [item async for item in BudgetedModel(client, 24_000).stream_turn(conversation(3))]
    assert caught.value.code == "model.too_large"


class _BreakingModel:
    """Says something, then reports that it was asked too much."""

    model = "breaking"

    async def stream_turn(
        self, messages: Sequence[Message], tools: Any = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        yield TextDelta("I see ")
        raise ModelUnavailable("too large", code="model.too_large")


async def test_an_answer_that_has_begun_is_never_asked_for_again() -> None:
    items = BudgetedModel(_BreakingModel(), 24_000).stream_turn(conversation(1))
    assert await anext(items) == TextDelta("I see ")
    with pytest.raises(ModelUnavailable):
        await anext(items)
