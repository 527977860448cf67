"""Puts a streamed answer together and decides whether it may be used.

A stream that ends early is not an error to the SDK, and an answer cut by length can look like a complete tool
call. So tool calls leave this module only where the model itself said that it ended in order to call tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ultracore.ai.model.values import ModelToolCall, ModelTurn, Usage
from ultracore.errors import ModelAnswerInvalid


@dataclass(slots=True)
class _CallParts:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TurnAssembler:
    """The pieces of one answer, in order. `turn` raises `ModelAnswerInvalid` on all but a whole one."""

    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    _texts: list[str] = field(default_factory=list)
    _calls: dict[int, _CallParts] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    @property
    def has_calls(self) -> bool:
        """True where any part of a tool call has arrived."""
        return bool(self._calls)

    def add_text(self, piece: str) -> None:
        """A piece of the answer's text."""
        self._texts.append(piece)

    def add_call_part(self, index: int | None, call_id: str, name: str, arguments: str) -> None:
        """A piece of the tool call number `index`; endpoints that number nothing send each call whole."""
        number = len(self._calls) if index is None else index
        parts = self._calls.setdefault(number, _CallParts())
        parts.call_id = parts.call_id or call_id
        parts.name = parts.name or name
        parts.arguments.append(arguments)

    def turn(self) -> ModelTurn:
        """The whole answer."""
        check_finish_reason(self.finish_reason)
        content = self.content
        calls = tuple(self._finished_calls())
        if bool(calls) != (self.finish_reason == "tool_calls"):
            raise malformed(f"{len(calls)} tool calls with finish reason {self.finish_reason!r}")
        if not calls and not content:
            raise malformed("the answer is empty")
        return ModelTurn(content, calls, self.finish_reason or "", self.usage)

    def _finished_calls(self) -> list[ModelToolCall]:
        calls = []
        for _, parts in sorted(self._calls.items()):
            if not parts.call_id or not parts.name:
                raise malformed("a tool call without id or name")
            calls.append(ModelToolCall(parts.call_id, parts.name, "".join(parts.arguments)))
        if len({one.call_id for one in calls}) != len(calls):
            raise malformed("two tool calls with the same id")
        return calls


def check_finish_reason(reason: str | None) -> None:
    """Raise `ModelAnswerInvalid` unless the model ended its answer itself."""
    if reason is None:
        raise ModelAnswerInvalid("the stream ended without a finish reason", code="model.cut_short")
    if reason == "length":
        raise ModelAnswerInvalid("the answer was cut at the token limit", code="model.too_long")
    if reason == "content_filter":
        raise ModelAnswerInvalid("the endpoint's content filter ended the answer", code="model.filtered")
    if reason not in ("stop", "tool_calls"):
        raise malformed("the finish reason is unknown")


def malformed(message: str) -> ModelAnswerInvalid:
    """The error for an answer that is not what the wire promises. `message` quotes nothing of the answer."""
    return ModelAnswerInvalid(message, code="model.malformed")
