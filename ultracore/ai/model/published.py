"""The published shape of a completion: `functions` in, `function_call` out, with `tools` on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ultracore.ai.model.streams import TurnAssembler, malformed
from ultracore.ai.model.values import Message, ModelToolCall, Usage


def tools_of(functions: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Published function definitions as tools; entries that are tools already stay as they are."""
    return [
        dict(one) if one.get("type") == "function" else {"type": "function", "function": dict(one)}
        for one in functions or ()
    ]


def tool_choice_of(function_call: str | Mapping[str, Any] | None) -> Any:
    """`auto`, `none` and `required` as they are; `{"name": n}` as the choice of that one tool; None stays None."""
    if isinstance(function_call, Mapping):
        return {"type": "function", "function": {"name": function_call["name"]}}
    return function_call


def modern_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages with `function_call` and role `function` rewritten to tool calls and tool results.

    A history that is cut to its newest messages may begin with results whose calls are gone: those are left out,
    since endpoints refuse the whole request for them.
    """
    modern: list[dict[str, Any]] = []
    last_id = ""
    for number, message in enumerate(messages):
        rest = {key: value for key, value in message.items() if key != "function_call"}
        if message.get("function_call") and message.get("role") == "assistant":
            # The old wire has no ids; the place in the history tells its calls apart.
            last_id = f"call_published_{number}"
            rest["tool_calls"] = [_tool_call(last_id, message["function_call"])]
        elif message.get("role") == "function":
            rest = {"role": "tool", "tool_call_id": last_id, "content": message.get("content") or ""}
        modern.append(rest)
    return _without_orphans(modern)


def _without_orphans(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made = {call.get("id") for message in messages for call in message.get("tool_calls") or ()}
    return [one for one in messages if one.get("role") != "tool" or one.get("tool_call_id") in made]


def published_result(assembler: TurnAssembler) -> dict[str, Any]:
    """The published result, with the finish reason as the endpoint gave it."""
    # A program may want what there is of a cut answer; its calls are left out, since half of one can look whole.
    if assembler.finish_reason in ("length", "content_filter"):
        return _result(assembler.content, assembler.finish_reason, assembler.usage or Usage(), ())
    reason = assembler.finish_reason
    turn = assembler.turn()
    # A program may have seen the endpoint's ids elsewhere: they stay unless they cannot tell the calls apart.
    ids = assembler.vendor_ids or [call.call_id for call in turn.tool_calls]
    calls = [replace(call, call_id=known) for call, known in zip(turn.tool_calls, ids, strict=True)]
    return _result(turn.content, str(reason), turn.usage, calls)


def context_messages(context: Mapping[str, Any] | Sequence[Message] | str) -> list[Message]:
    """A context as messages: a list of them as it is, a mapping or a text as one system message."""
    if isinstance(context, Mapping | str):
        text = context if isinstance(context, str) else json.dumps(context, default=str)
        return [{"role": "system", "content": f"Context: {text}"}]
    return list(context)


def _result(content: str, reason: str, usage: Usage, calls: Sequence[ModelToolCall]) -> dict[str, Any]:
    total = usage.prompt_tokens + usage.completion_tokens
    result: dict[str, Any] = {
        "content": content or None,
        "role": "assistant",
        "finish_reason": reason,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": total,
        },
    }
    if calls:
        result["tool_calls"] = [
            {"id": one.call_id, "name": one.name, "arguments": _arguments(one)} for one in calls
        ]
        result["function_call"] = {key: result["tool_calls"][0][key] for key in ("name", "arguments")}
    return result


def _arguments(call: ModelToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments_json or "{}")
    except (ValueError, RecursionError) as error:
        raise malformed("the arguments of a tool call are not JSON") from error
    if not isinstance(arguments, dict):
        raise malformed("the arguments of a tool call are not an object")
    return arguments


def _tool_call(call_id: str, function_call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function_call.get("arguments", {})
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": call_id, "type": "function", "function": {"name": function_call["name"], "arguments": raw}}
