"""Puts a streamed answer together and decides whether it may be used.

A stream that ends early is not an error to the SDK, and an answer cut by length can look like a complete tool
call. So tool calls leave this module only when the model itself said that it ended: in order to call tools, or, as
several vendors do, with another word for "I am done" after calls that are whole.
"""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass, field

from ultracore.ai.model.values import ModelToolCall, ModelTurn, Usage
from ultracore.errors import ModelAnswerInvalid


@dataclass(slots=True)
class _CallParts:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.arguments)

    def is_whole(self) -> bool:
        """True when the arguments are a JSON object, so that nothing can be missing at their end."""
        try:
            return isinstance(json.loads(self.text), dict)
        except (ValueError, RecursionError):
            return False

    def continues_with(self, call_id: str, name: str, arguments: str) -> bool:
        """False when a part that came for this call's place can only be the beginning of another call.

        Several vendors send all parallel calls at place 0. Taking the second one's parts for the first one's would
        run a tool with the arguments of another.
        """
        if (call_id and self.call_id and call_id != self.call_id) or (name and self.name and name != self.name):
            return False
        # The same tool asked twice: the first call is whole already, so these arguments begin another.
        return not (name and arguments.lstrip().startswith("{") and self.is_whole())


@dataclass(slots=True)
class TurnAssembler:
    """The pieces of one answer, in order. `turn` raises `ModelAnswerInvalid` on all but a whole one."""

    finish_reason: str | None = None
    usage: Usage | None = None
    _texts: list[str] = field(default_factory=list)
    _calls: list[_CallParts] = field(default_factory=list)
    _places: dict[int, _CallParts] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    @property
    def written(self) -> str:
        """Everything that the model has written so far, calls included: what an estimate of its tokens reads."""
        return self.content + "".join(parts.name + parts.text for parts in self._calls)

    @property
    def vendor_ids(self) -> list[str] | None:
        """The endpoint's own ids of the calls, if each has one that no other has."""
        ids = [parts.call_id for parts in self._calls]
        return ids if all(ids) and len(set(ids)) == len(ids) else None

    def add_text(self, piece: str) -> None:
        """A piece of the answer's text."""
        self._texts.append(piece)

    def add_call_part(self, index: int | None, call_id: str, name: str, arguments: str) -> None:
        """A piece of the tool call at place `index`; endpoints that number nothing send each call whole."""
        parts = None if index is None else self._places.get(index)
        if parts is None or not parts.continues_with(call_id, name, arguments):
            parts = _CallParts()
            self._calls.append(parts)
            if index is not None:
                self._places[index] = parts
        parts.call_id = parts.call_id or call_id
        parts.name = parts.name or name
        parts.arguments.append(arguments)

    def turn(self) -> ModelTurn:
        """The whole answer. Its calls have ids of our own, since vendors' are missing, empty or repeated."""
        check_finish_reason(self.finish_reason)
        content = self.content
        calls = tuple(self._finished_calls())
        if not calls and _word(self.finish_reason) in _CALLING:
            raise malformed(f"no tool call with finish reason {self.finish_reason!r}")
        if not calls and not content:
            raise malformed("the answer is empty")
        return ModelTurn(content, calls, "tool_calls" if calls else "stop", self.usage or Usage())

    def _finished_calls(self) -> list[ModelToolCall]:
        """The calls. When the model did not say that it ended in order to call, each must be whole in itself."""
        said_so = _word(self.finish_reason) in _CALLING
        for parts in self._calls:
            if not parts.name:
                raise malformed("a tool call without a name")
            # With `stop` or `eos`, only arguments that parse show that nothing is missing at their end.
            if not said_so and parts.text and not parts.is_whole():
                raise malformed(f"a tool call that is not whole, with finish reason {self.finish_reason!r}")
        return [ModelToolCall(new_call_id(), parts.name, parts.text) for parts in self._calls]


_CALLING = frozenset({"tool_calls", "function_call", "tool_use"})
# Other vendors' words for an answer that the model ended itself. What is not listed is refused.
_ENDED = _CALLING | {"stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete"}
_TOO_LONG = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded"})
_FILTERED = frozenset({"content_filter", "safety", "recitation", "blocklist", "prohibited_content", "refusal"})


def new_call_id() -> str:
    """An id for a tool call: nine letters and digits, the strictest form that an endpoint asks for."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(9))


_ID_LETTERS = string.ascii_letters + string.digits


def check_finish_reason(reason: str | None) -> None:
    """Raise `ModelAnswerInvalid` unless the model ended its answer itself."""
    word = _word(reason)
    if not word:
        raise ModelAnswerInvalid("the stream ended without a finish reason", code="model.cut_short")
    if word in _TOO_LONG:
        raise ModelAnswerInvalid("the answer was cut at the token limit", code="model.too_long")
    if word in _FILTERED:
        raise ModelAnswerInvalid("the endpoint's content filter ended the answer", code="model.filtered")
    if word not in _ENDED:
        raise malformed("the finish reason is unknown")


def _word(reason: str | None) -> str:
    return (reason or "").strip().lower()


def malformed(message: str) -> ModelAnswerInvalid:
    """The error for an answer that is not what the wire promises. `message` quotes nothing of the answer."""
    return ModelAnswerInvalid(message, code="model.malformed")
