"""What an operator sets for a model, what an endpoint refuses, and who is told."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModel, cut_after, fail, say, scripted_model
from ultracore.ai.model import ModelPrice, ModelTurn, OurBound, Sampling
from ultracore.ai.openai_client import OpenAIClient
from ultracore.errors import ModelUnavailable
from ultracore.models import model_of
from ultracore.settings import Settings

__all__ = ["scripted_model"]

KEY = "sk-live-4f9a1c2d3e4f5a6b7c8d"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "my rent money is gone"}]


def refused(message: str, **error: Any) -> Any:
    return fail(400, body={"error": {"message": message, "type": "invalid_request_error", **error}})


async def asked(client: OpenAIClient) -> ModelTurn:
    items = [item async for item in client.stream_turn(HELLO)]
    assert isinstance(items[-1], ModelTurn)
    return items[-1]


async def test_nothing_is_sent_that_nobody_has_set(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("ok"))
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as client:
        await asked(client)
    assert set(scripted_model.requests[0].body) == {"model", "messages", "stream", "stream_options"}


async def test_what_the_operator_sets_is_sent(scripted_model: ScriptedModel) -> None:
    settings = Settings.model_validate(
        {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": scripted_model.base_url,
            "model_temperature": 0.3,
            "model_max_tokens": 700,
            "model_reasoning_effort": "low",
            "model_headers": {"x-team": "retail"},
        }
    )
    scripted_model.expect(say("ok"))
    async with model_of(settings) as client:
        await asked(client)
    body = scripted_model.requests[0].body
    assert (body["temperature"], body["max_tokens"], body["reasoning_effort"]) == (0.3, 700, "low")
    assert scripted_model.requests[0].headers["x-team"] == "retail"


async def test_an_answer_is_bounded_when_nothing_is_set(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("ok"))
    settings = Settings.model_validate({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": scripted_model.base_url})
    async with model_of(settings) as client:
        await asked(client)
    assert scripted_model.requests[0].body["max_tokens"] == 4096


async def test_a_default_of_ours_that_is_refused_is_left_out_from_then_on(
    scripted_model: ScriptedModel,
) -> None:
    said = (
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) is supported."
    )
    scripted_model.expect(refused(said, param="temperature", code="unsupported_value"), say("ok"), say("again"))
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as client:
        assert (await client.chat_completion(HELLO))["content"] == "ok"
        assert (await client.chat_completion(HELLO))["content"] == "again"
    assert ["temperature" in request.body for request in scripted_model.requests] == [True, False, False]


async def test_a_value_that_a_caller_has_set_is_not_left_out(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(refused("Unsupported value: 'temperature'", param="temperature"))
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as client:
        with pytest.raises(ModelUnavailable) as caught:
            await client.chat_completion(HELLO, temperature=0.2)
    assert caught.value.code == "model.request_refused"


async def test_max_tokens_is_said_in_the_newer_words_when_the_endpoint_wants_them(
    scripted_model: ScriptedModel,
) -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    scripted_model.expect(refused(said, param="max_tokens"), say("ok"))
    sampling = Sampling(max_tokens=700)
    async with OpenAIClient(KEY, base_url=scripted_model.base_url, sampling=sampling) as client:
        await asked(client)
    assert scripted_model.requests[1].body["max_completion_tokens"] == 700
    assert "max_tokens" not in scripted_model.requests[1].body


async def test_several_defaults_may_be_refused_one_after_the_other(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(refused("unknown field stream_options"), refused("unknown field max_tokens"), say("ok"))
    sampling = Sampling(max_tokens=OurBound(700))
    async with OpenAIClient(KEY, base_url=scripted_model.base_url, sampling=sampling) as client:
        assert (await asked(client)).content == "ok"
    assert set(scripted_model.requests[-1].body) == {"model", "messages", "stream"}


@pytest.mark.parametrize(("status", "code"), [(400, "model.request_refused"), (401, "model.unauthorised")])
async def test_the_operator_reads_the_endpoints_reason_without_key_or_customer(
    status: int, code: str, scripted_model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    reason = (
        f"The model `gpt-9` is unknown to key {KEY}; card 4111 1111 1111 1111; you sent 'my rent money is gone'"
    )
    scripted_model.expect(fail(status, body={"error": {"message": reason}}))
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as client:
        with pytest.raises(ModelUnavailable) as caught:
            await asked(client)
    assert caught.value.code == code
    told = next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert "gpt-9" in told
    assert not [secret for secret in (KEY, "4111 1111", "rent money") if secret in caplog.text]


async def test_an_outage_is_not_told_as_a_refusal(
    scripted_model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    scripted_model.expect(fail(503))
    async with OpenAIClient(KEY, max_retries=0, base_url=scripted_model.base_url) as client:
        with pytest.raises(ModelUnavailable):
            await asked(client)
    assert not [record for record in caplog.records if record.levelno == logging.ERROR]


async def test_what_a_cut_answer_has_cost_is_estimated_and_marked(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(cut_after(4), say("whole", usage=(9, 2)))
    async with OpenAIClient(KEY, base_url=scripted_model.base_url) as client:
        with pytest.raises(ModelUnavailable):
            await asked(client)
        cut = client.get_usage_stats()
        await asked(client)
        both = client.get_usage_stats()
    assert cut["estimated_requests"] == 1
    assert cut["total_prompt_tokens"] > 0 < cut["total_completion_tokens"]
    assert both["estimated_requests"] == 1
    assert both["total_requests"] == 2
    assert both["total_completion_tokens"] == cut["total_completion_tokens"] + 2


async def test_a_price_of_the_operators_counts(scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("ok", usage=(1_000_000, 1_000_000)))
    settings = Settings.model_validate(
        {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": scripted_model.base_url,
            "model": "own-model",
            "model_prices": {"own-model": ["2.00", "3.50"]},
        }
    )
    async with model_of(settings) as client:
        await asked(client)
        stats = client.get_usage_stats()
    assert (stats["estimated_cost_usd"], stats["price_known"]) == (5.5, True)


def test_the_environment_says_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ULTRACORE_MODEL_PRICES", json.dumps({"m": ["1", "2"]}))
    monkeypatch.setenv("ULTRACORE_MODEL_HEADERS", json.dumps({"x-a": "b"}))
    monkeypatch.setenv("ULTRACORE_MODEL_TURN_SECONDS", "30")
    settings = Settings()
    assert ModelPrice(*settings.model_prices["m"]).completion == 2
    assert settings.model_headers["x-a"].get_secret_value() == "b"
    assert settings.model_turn_seconds == 30
