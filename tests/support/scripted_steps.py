"""What a scripted model can be told to do, and how each step looks on the Chat Completions wire."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

_call_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A tool call. `arguments` goes on the wire as it is, valid JSON or not."""

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Step:
    """One answer, or one way to fail. `pause` is in seconds, before each piece but the first."""

    pieces: tuple[str, ...] = ()
    calls: tuple[ScriptedCall, ...] = ()
    finish_reason: str | None = None
    pause: float = 0.0
    usage: tuple[int, int] = (10, 5)
    status: int = 200
    retry_after: str | None = None
    stop_after: int | None = None
    ending: str = "done"  # done | cut | cut_abruptly | silent
    junk_line: str | None = None
    lines: tuple[str, ...] | None = None
    body: Any = field(default=None)

    @property
    def text(self) -> str | None:
        """The whole text of the answer; None where it has no text."""
        return "".join(self.pieces) if self.pieces else None

    @property
    def reason(self) -> str:
        """The finish reason on the wire: the one that was asked for, else what OpenAI would say."""
        return self.finish_reason or ("tool_calls" if self.calls else "stop")


def say(
    text: str,
    *,
    pieces: int | Sequence[str] | None = None,
    delay: float = 0.0,
    usage: tuple[int, int] = (10, 5),
) -> Step:
    """An answer in words. `pieces`: how many stream pieces, or the pieces themselves; by default one a word."""
    if isinstance(pieces, int):
        parts = _cut(text, pieces)
    elif pieces is None:
        parts = _cut(text, max(1, len(text.split())))
    else:
        parts = tuple(pieces)
    return Step(pieces=parts, pause=delay, usage=usage)


def call(tool: str, arguments: Mapping[str, Any] | str, *, call_id: str | None = None) -> Step:
    """An answer that asks for one tool. A string is sent as it is, so that broken JSON can be scripted."""
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Step(calls=(ScriptedCall(tool, raw, call_id or f"call_{next(_call_numbers)}"),))


def together(*steps: Step) -> Step:
    """One answer that holds the texts and the tool calls of all the given steps, in order."""
    first = steps[0]
    return replace(
        first,
        pieces=tuple(itertools.chain.from_iterable(step.pieces for step in steps)),
        calls=tuple(itertools.chain.from_iterable(step.calls for step in steps)),
    )


def fail(status: int, *, retry_after: float | str | None = None, body: Any = None) -> Step:
    """An HTTP error. The client's SDK retries 408, 409, 429 and 5xx: each try takes a step."""
    header = None if retry_after is None else str(retry_after)
    return Step(status=status, retry_after=header, body=body)


def silent(*, after: int | None = None) -> Step:
    """Accepts the request and says nothing; with `after`, sends that many pieces first."""
    if after is None:
        return Step(ending="silent", stop_after=-1)
    return replace(say("one two three four five six"), ending="silent", stop_after=after)


def cut_after(pieces: int, step: Step | None = None, *, abruptly: bool = False) -> Step:
    """Ends the stream after that many pieces of `step`, without a finish reason.

    By default the HTTP body ends properly, which the SDK takes for a whole answer; `abruptly` breaks the
    connection instead.
    """
    base = step or say("one two three four five six")
    return replace(base, stop_after=pieces, ending="cut_abruptly" if abruptly else "cut")


def finish_only(reason: str, step: Step | None = None) -> Step:
    """Ends with that finish reason (`length`, `content_filter`, …), after what `step` says, if given."""
    return replace(step or Step(), finish_reason=reason)


def junk(line: str = 'data: {"choices": [{"delta": {"content": "un', step: Step | None = None) -> Step:
    """Sends a line that is not a chunk, in the middle of an ordinary answer."""
    return replace(step or say("one two three"), junk_line=line)


def verbatim(*lines: str) -> Step:
    """A stream of exactly these lines, as another vendor's server would send them."""
    return Step(lines=lines)


def stream_lines(step: Step, model: str, include_usage: bool) -> Iterator[str]:
    """The server-sent-event lines of a streamed answer, up to where the step cuts it."""
    if step.lines is not None:
        yield from (f"{line}\n\n" for line in step.lines)
        return
    sent = 0
    yield _event(_chunk(model, {"role": "assistant", "content": "" if step.pieces else None}))
    for delta in _deltas(step):
        if step.stop_after is not None and sent >= step.stop_after:
            return
        yield _event(_chunk(model, delta))
        sent += 1
        if sent == 1 and step.junk_line is not None:
            yield f"{step.junk_line}\n\n"
    if step.ending != "done":
        return
    yield _event(_chunk(model, {}, step.reason))
    if include_usage:
        yield _event(_chunk(model, None) | {"usage": usage_of(step)})
    yield "data: [DONE]\n\n"


def completion(step: Step, model: str) -> dict[str, Any]:
    """The JSON body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": step.text}
    if step.calls:
        message["tool_calls"] = [
            {"id": one.call_id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}}
            for one in step.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": step.reason, "logprobs": None}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": usage_of(step),
    }


def usage_of(step: Step) -> dict[str, int]:
    """The usage object of an answer."""
    prompt, answer = step.usage
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _cut(text: str, count: int) -> tuple[str, ...]:
    edges = [number * len(text) // count for number in range(count + 1)]
    return tuple(text[start:end] for start, end in itertools.pairwise(edges) if end > start)


def _deltas(step: Step) -> Iterator[dict[str, Any]]:
    for piece in step.pieces:
        yield {"content": piece}
    for index, one in enumerate(step.calls):
        head = {"index": index, "id": one.call_id, "type": "function"}
        yield {"tool_calls": [head | {"function": {"name": one.name, "arguments": ""}}]}
        for part in _cut(one.arguments, 3):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def _chunk(model: str, delta: dict[str, Any] | None, finish_reason: str | None = None) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": choices,
    }


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n"
