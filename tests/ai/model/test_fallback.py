"""A second model for when the first one fails: asked once, in time, and never in the middle of an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModel, Step, cut_after, fail, say
from ultracore.ai.model import FallbackModel, ModelTurn, TextDelta
from ultracore.ai.openai_client import OpenAIClient
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable, UltracoreError
from ultracore.models import fallback_settings
from ultracore.settings import Settings

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]


@dataclass
class House:
    """Two scripted endpoints and the model over both."""

    first: ScriptedModel
    second: ScriptedModel
    model: FallbackModel
    now: float = 0.0
    switches: int = 0

    async def ask(self) -> tuple[str, str]:
        """What was said, and by which model."""
        items = [item async for item in self.model.stream_turn(HELLO)]
        turn = items[-1]
        assert isinstance(turn, ModelTurn)
        return "".join(item.text for item in items if isinstance(item, TextDelta)), turn.model


@pytest.fixture
def endpoints() -> Iterator[tuple[ScriptedModel, ScriptedModel]]:
    with ScriptedModel() as first, ScriptedModel() as second:
        yield first, second


@pytest.fixture
async def house(endpoints: tuple[ScriptedModel, ScriptedModel]) -> AsyncIterator[House]:
    first, second = endpoints
    async with (
        OpenAIClient("key-1", "one", max_retries=0, base_url=first.base_url) as one,
        OpenAIClient("key-2", "two", max_retries=0, base_url=second.base_url) as two,
    ):

        def switched() -> None:
            made.switches += 1

        made = House(first, second, FallbackModel(one, two, on_switch=switched, clock=lambda: made.now))
        yield made


async def test_the_first_one_answers_while_it_can(house: House) -> None:
    house.first.expect(say("from one"))
    assert await house.ask() == ("from one", "one")
    assert (house.switches, house.second.requests) == (0, [])


@pytest.mark.parametrize("failure", [fail(500), fail(401), fail(429), cut_after(0)])
async def test_the_second_one_answers_what_the_first_did_not_begin(house: House, failure: Step) -> None:
    house.first.expect(failure)
    house.second.expect(say("from two"))
    assert await house.ask() == ("from two", "two")
    assert house.switches == 1
    assert house.second.requests[0].headers["authorization"] == "Bearer key-2"


async def test_a_first_one_that_was_away_is_not_asked_for_half_a_minute(house: House) -> None:
    house.first.expect(fail(503))
    house.second.expect(say("a"), say("b"))
    assert [(await house.ask())[0] for _ in range(2)] == ["a", "b"]
    house.now = 31.0
    house.first.expect(say("back"))
    assert await house.ask() == ("back", "one")


async def test_an_answer_that_has_begun_is_not_begun_again(house: House) -> None:
    house.first.expect(cut_after(1, say("", pieces=["half of", " an answer"])))
    with pytest.raises(UltracoreError) as failed:
        await house.ask()
    assert isinstance(failed.value, ModelAnswerInvalid | ModelUnavailable)
    assert house.second.requests == []


async def test_if_neither_answers_the_error_is_the_seconds(house: House) -> None:
    house.first.expect(fail(500))
    house.second.expect(fail(401))
    with pytest.raises(ModelUnavailable) as failed:
        await house.ask()
    assert failed.value.code == "model.unauthorised"


@pytest.mark.parametrize(
    ("given", "url", "key"),
    [
        ({}, "http://one", "key-1"),
        ({"fallback_base_url": "http://two", "fallback_api_key": "key-2"}, "http://two", "key-2"),
        ({"fallback_base_url": "http://two"}, "http://two", None),
    ],
)
def test_the_secrets_of_the_first_endpoint_go_to_no_other(
    given: dict[str, str], url: str, key: str | None
) -> None:
    headers = {"model_headers": {"x-key": "secret"}}
    told = {
        "OPENAI_BASE_URL": "http://one",
        "OPENAI_API_KEY": "key-1",
        "fallback_model": "two",
        **headers,
        **given,
    }
    made = fallback_settings(Settings.model_validate(told))
    secret = made.openai_api_key.get_secret_value() if made.openai_api_key else None
    assert (made.model, made.openai_base_url, secret) == ("two", url, key)
    assert set(made.model_headers) == (set() if given else {"x-key"})
