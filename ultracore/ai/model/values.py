"""What a model is asked and what it answers: text in pieces, then a whole turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

Message = Mapping[str, Any]

"""One message of the Chat Completions wire: `role`, `content`, and `tool_calls` or `tool_call_id`."""

ToolSchema = Mapping[str, Any]

"""One entry of the wire's `tools`: `{"type": "function", "function": {name, description, parameters}}`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, as the endpoint counted them, or `estimated` by us because it did not."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelToolCall:
    """A tool call as the model wrote it. `arguments_json` is unchecked text, not necessarily JSON."""

    call_id: str
    name: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """The end of one model answer. `tool_calls` is empty unless `finish_reason` is `tool_calls`.

    `model` is the one that answered, `cost` what that is estimated to cost in US dollars.
    """

    content: str
    tool_calls: tuple[ModelToolCall, ...]
    finish_reason: str
    usage: Usage
    model: str = ""
    cost: Decimal = Decimal(0)


class ChatModel(Protocol):
    """A streaming chat model.

    `stream_turn` yields any number of `TextDelta` and, last, exactly one `ModelTurn`. It raises
    `ModelUnavailable` or `ModelAnswerInvalid` instead of ending early.
    """

    @property
    def model(self) -> str:
        """The model's name on the wire."""

    def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        """Ask for one answer."""
