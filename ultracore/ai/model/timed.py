"""A model with a stopwatch: how long until its first word, and how long a whole answer takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence

from ultracore.ai.model.values import ChatModel, Message, ModelTurn, TextDelta, ToolSchema
from ultracore.observability import Metrics


class TimedModel:
    """A `ChatModel` that passes everything on. An answer that fails is not counted as a time."""

    def __init__(self, model: ChatModel, metrics: Metrics) -> None:
        self._model = model
        self._metrics = metrics

    @property
    def model(self) -> str:
        """The model's name on the wire."""
        return self._model.model

    async def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        """Ask for one answer."""
        began = time.monotonic()
        first = True
        async for item in self._model.stream_turn(messages, tools):
            if first:
                self._metrics.model_first_seconds.observe(time.monotonic() - began)
                first = False
            yield item
        # Reached by whole answers only: a failure after ten seconds of silence says nothing of the model's speed.
        self._metrics.model_seconds.observe(time.monotonic() - began)
