"""The client posts by the SDK's general door: what goes out is what `chat.completions.create` would send."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.support.scripted_model import ScriptedModel, ScriptedRequest, say, scripted_model
from ultracore.ai.openai_client import OpenAIClient

__all__ = ["scripted_model"]

KEY = "sk-key"
CALL = {"id": "c1", "type": "function", "function": {"name": "a", "arguments": "{}"}}
MESSAGES: list[Any] = [
    {"role": "system", "content": "You are Anya."},
    {"role": "user", "content": "Grüße, 2026-11-23"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": '{"balance": "5.00"}'},
]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}]


def essence(request: ScriptedRequest) -> tuple[object, ...]:
    """A request but for the time limit, which is ours, and the address."""
    headers = {key: value for key, value in request.headers.items() if not key.startswith("x-stainless-read")}
    return (request.method, request.path, headers, request.body)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_request_is_the_one_that_the_sdk_would_make(scripted_model: ScriptedModel, streamed: bool) -> None:
    scripted_model.expect(say("ok"), say("ok"))
    asked: dict[str, Any] = {"model": "gpt-4.1-mini", "messages": MESSAGES, "tools": TOOLS}
    if streamed:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    else:
        asked |= {"tool_choice": "auto", "temperature": 0.0}
    async with openai.AsyncOpenAI(api_key=KEY, base_url=scripted_model.base_url) as sdk:
        answer: Any = await sdk.chat.completions.create(**asked)
        if streamed:
            _ = [chunk async for chunk in answer]
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as client:
        if streamed:
            _ = [item async for item in client.stream_turn(MESSAGES, TOOLS)]
        else:
            await client.chat_completion(MESSAGES, 0.0, functions=[TOOLS[0]["function"]], function_call="auto")
    theirs, ours = scripted_model.requests
    assert essence(ours) == essence(theirs)
