"""Reads an endpoint's answers, as decoded JSON, into a `TurnAssembler`.

An endpoint's types are checked nowhere else: a field may be missing or be anything. So every field is read as
untyped and checked here. Raises `ModelAnswerInvalid` (`model.malformed`).

The SDK could make typed objects of it, without checking either: that was a sixth of a turn's CPU.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ultracore.ai.model.streams import TurnAssembler, malformed
from ultracore.ai.model.values import Usage

_ABSENT = object()


def read_chunk(chunk: object, assembler: TurnAssembler) -> str:
    """Add one stream chunk to the answer; returns its text. A chunk without choices carries at most the usage."""
    _read_usage(chunk, assembler)
    choice = _first_choice(chunk)
    if choice is None:
        return ""
    # Azure's content filter sends choices without a delta: they say nothing of the answer.
    return _read_part(choice, _field(choice, "delta"), assembler)


def read_completion(answer: object, assembler: TurnAssembler) -> None:
    """Add an answer that was not streamed."""
    _read_usage(answer, assembler)
    choice = _first_choice(answer)
    if choice is None:
        raise malformed("the answer has no choices")
    message = _field(choice, "message")
    if message is None:
        raise malformed("the answer has another shape")
    _read_part(choice, message, assembler)


def _first_choice(answer: object) -> object | None:
    """Choice 0. Chunks of other choices are another answer to the same question, for which we did not ask."""
    choices = _field(answer, "choices", _ABSENT)
    if not isinstance(choices, (list, type(None))):
        raise malformed("the answer has another shape")
    if not all(isinstance(choice, Mapping) for choice in choices or ()):
        raise malformed("the answer has another shape")
    return next((choice for choice in choices or () if _field(choice, "index", 0) in (0, None)), None)


def _read_part(choice: object, part: object, assembler: TurnAssembler) -> str:
    # The word may come before the last chunk, and later chunks then carry an empty one.
    assembler.finish_reason = _string(choice, "finish_reason") or assembler.finish_reason
    calls = _field(part, "tool_calls") or []
    if not isinstance(calls, list):
        raise malformed("the tool calls have another shape")
    for number, call in enumerate(calls):
        _read_call(call, number, assembler)
    if (legacy := _field(part, "function_call")) is not None:
        _read_call({"index": 0, "function": legacy}, 0, assembler)
    # The model's refusal comes in a field of its own, in place of content.
    text = _text(part) or _string(part, "refusal")
    if text:
        assembler.add_text(text)
    return text


def _text(part: object) -> str:
    """The text of a message; of content that comes in typed parts, the text parts only: the rest is thinking."""
    content = _field(part, "content")
    if not isinstance(content, list):
        return _string(part, "content")
    return "".join(_string(one, "text") for one in content if _field(one, "type") in ("text", "output_text"))


def _read_call(call: object, number: int, assembler: TurnAssembler) -> None:
    # In a whole answer the calls carry no index, and their place is their number.
    index = _field(call, "index", number)
    if index is not None and not isinstance(index, int):
        raise malformed("a tool call has another shape")
    function = _field(call, "function")
    call_id, name = _string(call, "id"), _string(function, "name")
    assembler.add_call_part(index, call_id, name, _arguments(function))


def _arguments(function: object) -> str:
    """The arguments as JSON text: some vendors send the object itself."""
    value = _field(function, "arguments")
    return json.dumps(value) if isinstance(value, Mapping) else _string(function, "arguments")


def _read_usage(answer: object, assembler: TurnAssembler) -> None:
    usage = _field(answer, "usage")
    prompt, completion = _field(usage, "prompt_tokens"), _field(usage, "completion_tokens")
    # Several vendors send the usage with each chunk, running; the last one counts.
    if isinstance(prompt, int) and isinstance(completion, int):
        assembler.usage = Usage(prompt, completion)


def _string(holder: object, name: str) -> str:
    value = _field(holder, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise malformed("a field that should be text is not")
    return value


def _field(holder: object, name: str, default: object = None) -> object:
    """A field of a JSON object; `default` if it is missing or the value is no object."""
    return holder.get(name, default) if isinstance(holder, Mapping) else default
