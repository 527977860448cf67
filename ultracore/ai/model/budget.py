"""Keeps what a model is asked within a budget of tokens, and asks once more with less if it is still too large."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from typing import Final

from ultracore.ai.model.tokens import tokens_of_messages
from ultracore.ai.model.values import ChatModel, Message, ModelTurn, TextDelta, ToolSchema
from ultracore.errors import ModelUnavailable

TOO_LARGE: Final = "model.too_large"
SHORT_RESULT: Final = 300
SHORT_QUOTE: Final = 80
MAX_QUOTES: Final = 5


class BudgetedModel:
    """A `ChatModel` over another one, whose history never costs more than `tokens`.

    First the results of tools in earlier turns are shortened, then whole turns are dropped, oldest first, with a
    short summary in their place. The system prompt and the present turn always stay whole, and a tool call is
    never without its result. A request that the endpoint refuses for its size is repeated once with half of it.
    """

    def __init__(self, model: ChatModel, tokens: int) -> None:
        self._model = model
        self._tokens = tokens

    @property
    def model(self) -> str:
        """The model's name on the wire."""
        return self._model.model

    async def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        """Ask for one answer."""
        fitting = fit(messages, self._tokens)
        begun = False
        try:
            async with aclosing(self._asked(fitting, tools)) as items:
                async for item in items:
                    begun = True
                    yield item
                return
        except ModelUnavailable as error:
            # Nothing of a refused request has been shown: only then may it be asked again.
            if begun or error.code != TOO_LARGE:
                raise
        async with aclosing(self._asked(fit(fitting, _history_tokens(fitting) // 2), tools)) as items:
            async for item in items:
                yield item

    async def _asked(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema]
    ) -> AsyncGenerator[TextDelta | ModelTurn]:
        async for item in self._model.stream_turn(messages, tools):
            yield item


def fit(messages: Sequence[Message], tokens: int) -> list[Message]:
    """The messages with a history of at most `tokens`; see `BudgetedModel`."""
    system, turns = _turns(messages)
    if _history_tokens(messages) <= tokens:
        return list(messages)
    # The present turn is never cut: without its own question and results the model cannot answer at all.
    *earlier, present = turns or [[]]
    # Results first, because they are the longest and the answer after them says what mattered in them.
    earlier = [[_shortened(message) for message in turn] for turn in earlier]
    dropped: list[Message] = []
    while earlier and tokens_of_messages(_flat(earlier)) > tokens:
        # Whole turns: a tool call without its result makes endpoints refuse the request.
        dropped += earlier.pop(0)
    kept = [*_flat(earlier), *present]
    return [*system, *(_with_summary(kept, dropped) if dropped else kept)]


def _turns(messages: Sequence[Message]) -> tuple[list[Message], list[list[Message]]]:
    """The system messages at the beginning, and the rest cut before each message of the user."""
    start = next((number for number, one in enumerate(messages) if one.get("role") != "system"), len(messages))
    turns: list[list[Message]] = []
    for message in messages[start:]:
        if message.get("role") == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return list(messages[:start]), turns


def _history_tokens(messages: Sequence[Message]) -> int:
    _, turns = _turns(messages)
    return tokens_of_messages(_flat(turns[:-1]))


def _flat(turns: Iterable[Iterable[Message]]) -> list[Message]:
    return [message for turn in turns for message in turn]


def _shortened(message: Message) -> Message:
    content = message.get("content")
    if message.get("role") != "tool" or not isinstance(content, str) or len(content) <= SHORT_RESULT:
        return message
    return {**message, "content": json.dumps({"shortened": content[:SHORT_RESULT]}, ensure_ascii=False)}


def _with_summary(kept: list[Message], dropped: Sequence[Message]) -> list[Message]:
    """The summary goes into the first kept message of the user: several endpoints refuse two in a row."""
    number = next((at for at, message in enumerate(kept) if message.get("role") == "user"), None)
    if number is None:
        return [{"role": "user", "content": summary_of(dropped)}, *kept]
    said = kept[number].get("content") or ""
    return [
        *kept[:number],
        {**kept[number], "content": f"{summary_of(dropped)}\n\n{said}"},
        *kept[number + 1 :],
    ]


def summary_of(dropped: Sequence[Message]) -> str:
    """What was left out, in a few words: how the person's messages began, and which tools were used."""
    said = [" ".join(str(one.get("content") or "").split()) for one in dropped if one.get("role") == "user"]
    quotes = "; ".join(f"“{text[:SHORT_QUOTE]}”" for text in said[-MAX_QUOTES:])
    used = {
        str(call.get("function", {}).get("name")): None for one in dropped for call in one.get("tool_calls") or ()
    }
    tools = f" Tools used then: {', '.join(used)}." if used else ""
    return f"[{len(dropped)} earlier messages of this conversation are left out. I had said: {quotes}.{tools}]"
