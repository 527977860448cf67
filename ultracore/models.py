"""The models that the settings describe: endpoint, deadlines, what is asked of them, and the fallback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from ultracore.ai.model import ChatModel, Deadlines, FallbackModel, ModelPrice, OurBound, Sampling
from ultracore.ai.openai_client import OpenAIClient
from ultracore.settings import Settings

MAX_ANSWER_TOKENS = 4096  # Far above any answer that a person reads: it ends a model that does not stop.


def open_model(stack: AsyncExitStack, settings: Settings, on_switch: Callable[[], None]) -> ChatModel:
    """The model that answers until the stack ends, with the fallback behind it if one is set."""
    client = model_of(settings)
    stack.push_async_callback(client.aclose)
    if settings.fallback_model is None:
        return client
    fallback = model_of(fallback_settings(settings))
    stack.push_async_callback(fallback.aclose)
    return FallbackModel(client, fallback, on_switch=on_switch)


def fallback_settings(settings: Settings) -> Settings:
    """The settings with the fallback model in the model's place; at the same endpoint, if it has none itself."""
    url, key = settings.fallback_base_url, settings.fallback_api_key
    at_the_same = url is None and key is None
    return settings.model_copy(
        update={
            "model": settings.fallback_model,
            "openai_base_url": settings.openai_base_url if at_the_same else url,
            "openai_api_key": settings.openai_api_key if at_the_same else key,
            # An operator's headers may hold a secret, which is the first endpoint's alone.
            "model_headers": settings.model_headers if at_the_same else {},
        }
    )


def model_of(settings: Settings, model: str | None = None) -> OpenAIClient:
    """The client of the configured endpoint, or of the offline model if none is configured."""
    key = settings.openai_api_key
    return OpenAIClient(
        api_key=None if key is None else key.get_secret_value(),
        model=model or settings.model,
        base_url=settings.openai_base_url,
        deadlines=Deadlines(
            connect=settings.model_connect_seconds,
            first_byte=settings.model_first_byte_seconds,
            between_chunks=settings.model_gap_seconds,
            turn=settings.model_turn_seconds,
        ),
        sampling=_sampling_of(settings),
        prices={name: ModelPrice(*price) for name, price in settings.model_prices.items()},
    )


def _sampling_of(settings: Settings) -> Sampling:
    """What the operator asks of the model; an answer is bounded also when nothing is set."""
    return Sampling(
        temperature=settings.model_temperature,
        max_tokens=settings.model_max_tokens or OurBound(MAX_ANSWER_TOKENS),
        reasoning_effort=settings.model_reasoning_effort,
        headers={name: value.get_secret_value() for name, value in settings.model_headers.items()},
    )
