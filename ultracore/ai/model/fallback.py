"""Another model for when the first one fails."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from ultracore.ai.model.budget import TOO_LARGE
from ultracore.ai.model.values import ChatModel, Message, ModelTurn, TextDelta, ToolSchema
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable

PAUSE_SECONDS: Final = 30.0
"""How long the first model is not asked after it failed: each try could cost a person its whole deadline."""

_logger = logging.getLogger(__name__)


class FallbackModel:
    """A `ChatModel` over two: what the first one does not begin to answer, the second one is asked.

    An answer that has begun is not begun again, since a person has read of it. A request that is too large goes to
    the caller, which asks with less. `on_switch` is called at each answer that the second one is asked for.
    """

    def __init__(
        self,
        first: ChatModel,
        second: ChatModel,
        *,
        on_switch: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = first
        self._second = second
        self._on_switch = on_switch
        self._clock = clock
        self._away_until = float("-inf")

    @property
    def model(self) -> str:
        """The name of the model that is asked first."""
        return self._first.model

    async def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        """Ask for one answer. Raises what the second model raises if neither answers."""
        if self._clock() >= self._away_until:
            begun = False
            try:
                async with aclosing(_asked(self._first, messages, tools)) as items:
                    async for item in items:
                        begun = True
                        yield item
                    return
            except (ModelUnavailable, ModelAnswerInvalid) as error:
                if begun or error.code == TOO_LARGE:
                    raise
                names = self._first.model, self._second.model
                _logger.warning("model %s failed (%s); %s is asked instead", names[0], error.code, names[1])
                # A server that is away stays away for a while; a bad answer says nothing of the next one.
                if isinstance(error, ModelUnavailable):
                    self._away_until = self._clock() + PAUSE_SECONDS
        self._on_switch()
        async with aclosing(_asked(self._second, messages, tools)) as items:
            async for item in items:
                yield item


async def _asked(
    model: ChatModel, messages: Sequence[Message], tools: Sequence[ToolSchema]
) -> AsyncGenerator[TextDelta | ModelTurn]:
    async for item in model.stream_turn(messages, tools):
        yield item
