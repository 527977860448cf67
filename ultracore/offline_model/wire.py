"""The Chat Completions wire as the offline model reads and writes it."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ultracore.languages import Language, answered_in
from ultracore.offline_model.staff import customer_of

# Of a longer message only the beginning is read: a question fits into it, and reading stays quick.
MOST_TEXT = 600
_PHONE = re.compile(r"the bank answers on (\+?\d[\d ]{1,22}\d)(?: \(([^()]{1,60})\))?")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered: the call's name and arguments, and the decoded result (an object)."""

    tool: str
    arguments: Mapping[str, Any]
    data: Mapping[str, Any]

    @property
    def error_code(self) -> str | None:
        """The stable code of a refusal; None for a result."""
        error = self.data.get("error")
        if isinstance(error, Mapping):
            return str(error.get("code", "tool.refused"))
        return None if error is None else "tool.refused"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message of the customer, what the tools then answered, and the last text that the assistant wrote.

    `said` are all texts of the assistant, in order: after a card came what the bank said of it.
    """

    user: str
    results: tuple[ToolResult, ...]
    assistant: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WireConversation:
    """A request as the dialogue sees it: earlier exchanges, oldest first, and the one to be answered, last.

    `customer` is how the customer is called if the prompt says that staff write; None if the customer does.
    `phone` and `hours` are when the bank's people answer and at which number, as the prompt says it; `language` is
    the one that it asks for.
    """

    exchanges: tuple[Exchange, ...]
    tools: frozenset[str]
    forced_tool: str | None
    fingerprint: str
    customer: str | None = None
    phone: str | None = None
    hours: str | None = None
    language: Language = "en"

    @property
    def current(self) -> Exchange:
        """The exchange that waits for an answer."""
        return self.exchanges[-1]

    @property
    def earlier(self) -> tuple[Exchange, ...]:
        """The exchanges before it."""
        return self.exchanges[:-1]


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A tool call that the model wants."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: words, or tool calls."""

    text: str = ""
    calls: tuple[ToolRequest, ...] = ()


def read_conversation(body: Mapping[str, Any]) -> WireConversation:
    """Read a request body. Unknown roles are left out; a tool message that is not a JSON object has no data."""
    messages = [one for one in body.get("messages") or () if isinstance(one, Mapping)]
    system = " ".join(_text(one.get("content")) for one in messages if one.get("role") == "system")
    answers_on = _PHONE.search(system)
    choice = body.get("tool_choice")
    forced = choice.get("function", {}).get("name") if isinstance(choice, Mapping) else None
    return WireConversation(
        exchanges=tuple(_exchanges(messages)) or (Exchange("", (), ""),),
        # With `none` the wire forbids every call, even of a tool that is listed.
        tools=frozenset() if choice == "none" else _tool_names(body.get("tools") or ()),
        forced_tool=forced,
        # Ids come from the request, so that the same request has the same bytes as its answer.
        fingerprint=hashlib.sha256(json.dumps(messages, sort_keys=True, default=str).encode()).hexdigest()[:16],
        customer=customer_of(system),
        phone=None if answers_on is None else answers_on[1],
        hours=None if answers_on is None else answers_on[2],
        language=answered_in(system),
    )


def completion_body(reply: Reply, conversation: WireConversation, model: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.calls:
        message["tool_calls"] = _wire_calls(reply, conversation)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(reply)}
    head = _head("chat.completion", conversation, model)
    return head | {"choices": [choice], "usage": _usage(reply, conversation)}


def completion_events(reply: Reply, conversation: WireConversation, model: str, *, usage: bool) -> Iterator[bytes]:
    """The server-sent events of a streamed answer: a piece a word, each tool call whole."""
    head = _head("chat.completion.chunk", conversation, model)
    yield _event(head, {"role": "assistant", "content": "" if reply.text else None})
    for word in _words(reply.text):
        yield _event(head, {"content": word})
    for index, call in enumerate(_wire_calls(reply, conversation)):
        yield _event(head, {"tool_calls": [{"index": index} | call]})
    yield _event(head, {}, _finish_reason(reply))
    if usage:
        yield _encode(head | {"choices": [], "usage": _usage(reply, conversation)})
    yield b"data: [DONE]\n\n"


def _exchanges(messages: Sequence[Mapping[str, Any]]) -> Iterator[Exchange]:
    """Group the messages by the user messages that began them. What precedes the first is not an exchange."""
    user: str | None = None
    results: list[ToolResult] = []
    said: list[str] = []
    calls: dict[str, Mapping[str, Any]] = {}
    for message in messages:
        role, text = message.get("role"), _text(message.get("content"))
        if role == "user":
            if user is not None:
                yield _exchange(user, results, said)
            user, results, said = text[:MOST_TEXT], [], []
        elif role == "assistant":
            said += [text] if text else []
            calls |= {str(one.get("id")): one.get("function") or {} for one in message.get("tool_calls") or ()}
        elif role == "tool":
            results.append(_tool_result(calls.get(str(message.get("tool_call_id")), {}), text))
    if user is not None:
        yield _exchange(user, results, said)


def _exchange(user: str, results: Sequence[ToolResult], said: Sequence[str]) -> Exchange:
    return Exchange(user, tuple(results), said[-1] if said else "", tuple(said))


def _tool_result(function: Mapping[str, Any], content: str) -> ToolResult:
    return ToolResult(str(function.get("name", "")), _object(function.get("arguments")), _object(content))


def _object(raw: object) -> Mapping[str, Any]:
    try:
        value = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return ""


def _tool_names(tools: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(str(tool.get("function", {}).get("name", "")) for tool in tools)


def _wire_calls(reply: Reply, conversation: WireConversation) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{conversation.fingerprint}_{number}",
            "type": "function",
            "function": {"name": call.tool, "arguments": json.dumps(dict(call.arguments))},
        }
        for number, call in enumerate(reply.calls)
    ]


def _finish_reason(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _usage(reply: Reply, conversation: WireConversation) -> dict[str, int]:
    """Words instead of tokens: the offline model has none."""
    prompt = sum(len(one.user.split()) + len(one.assistant.split()) for one in conversation.exchanges)
    answer = len(reply.text.split()) + sum(len(call.arguments) + 1 for call in reply.calls)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _words(text: str) -> Iterator[str]:
    start = 0
    for index, (before, after) in enumerate(itertools.pairwise(text)):
        if before.isspace() and not after.isspace():
            yield text[start : index + 1]
            start = index + 1
    if text[start:]:
        yield text[start:]


def _head(kind: str, conversation: WireConversation, model: str) -> dict[str, Any]:
    # `created` is 0: the time would make two equal answers differ.
    return {"id": f"chatcmpl-{conversation.fingerprint}", "object": kind, "created": 0, "model": model}


def _event(head: dict[str, Any], delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    return _encode(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def _encode(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"
