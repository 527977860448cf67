"""Replies of other vendors' servers: what cannot be misread is understood, everything else is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ai.model.vendor_replies import REPLIES, Reply, table
from tests.support.scripted_model import ScriptedModel, scripted_model, verbatim
from ultracore.ai.model import ModelTurn
from ultracore.ai.openai_client import OpenAIClient
from ultracore.errors import ModelUnavailable

__all__ = ["scripted_model"]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "models.md"


async def turn_of(model: ScriptedModel, reply: Reply) -> ModelTurn:
    model.expect(verbatim(*reply.lines))
    async with OpenAIClient("key", max_retries=0, base_url=model.base_url) as client:
        items = [item async for item in client.stream_turn([{"role": "user", "content": "hello"}])]
    assert isinstance(items[-1], ModelTurn)
    return items[-1]


@pytest.mark.parametrize("reply", [one for one in REPLIES if not one.error], ids=lambda one: one.deviation)
async def test_a_reply_that_cannot_be_misread_is_understood(reply: Reply, scripted_model: ScriptedModel) -> None:
    turn = await turn_of(scripted_model, reply)
    assert turn.content == reply.text
    assert tuple((call.name, json.loads(call.arguments_json or "{}")) for call in turn.tool_calls) == reply.calls
    assert turn.finish_reason == ("tool_calls" if reply.calls else "stop")


@pytest.mark.parametrize(
    "reply", [one for one in REPLIES if one.calls and not one.error], ids=lambda one: one.deviation
)
async def test_each_call_has_an_id_of_ours(reply: Reply, scripted_model: ScriptedModel) -> None:
    ids = [call.call_id for call in (await turn_of(scripted_model, reply)).tool_calls]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 9 and one.isalnum() for one in ids)


@pytest.mark.parametrize("reply", [one for one in REPLIES if one.error], ids=lambda one: one.deviation)
async def test_a_reply_that_is_not_whole_is_refused(reply: Reply, scripted_model: ScriptedModel) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await turn_of(scripted_model, reply)
    assert caught.value.code == reply.error


def test_there_are_sixty_replies_and_the_page_lists_them() -> None:
    assert len(REPLIES) == 60
    assert table() in PAGE.read_text("utf-8")
