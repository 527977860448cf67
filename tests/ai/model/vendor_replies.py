"""Sixty streams as other vendors' servers send them, each with what must become of it.

`deviation` says how the stream differs from what the Chat Completions reference promises. `calls` are names and
decoded arguments; `error` is the code of a reply that must not be used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Call = tuple[str, dict[str, Any]]

PAY = {"amount": "5.00", "to_account_id": "acc_2"}
LOOK: dict[str, Any] = {"account_id": "acc_1"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One stream. Without `error` it must be understood as `text` and `calls`."""

    vendor: str
    deviation: str
    lines: tuple[str, ...]
    text: str = ""
    calls: tuple[Call, ...] = ()
    error: str = ""

    @property
    def result(self) -> str:
        """What becomes of it, in a few words."""
        if self.error:
            return f"refused: `{self.error}`"
        return f"{len(self.calls)} call{'s' * (len(self.calls) != 1)}" if self.calls else "text"


def data(value: object) -> str:
    return f"data: {json.dumps(value)}"


def chunk(delta: object = None, reason: str | None = None, *, index: int = 0, **more: Any) -> str:
    choice: dict[str, Any] = {"index": index, "finish_reason": reason}
    if delta is not None:
        choice["delta"] = delta
    return data({"id": "x", "object": "chat.completion.chunk", "choices": [choice], **more})


def part(
    name: str | None = None, arguments: object = None, *, index: int | None = 0, **fields: Any
) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    made: dict[str, Any] = {"type": "function", "function": function, **fields}
    return made if index is None else {"index": index, **made}


def asks(*parts: dict[str, Any], reason: str | None = None, **delta: Any) -> str:
    return chunk({"role": "assistant", "content": None, "tool_calls": list(parts), **delta}, reason)


def whole(name: str = "look", arguments: dict[str, Any] | None = None) -> tuple[str, str]:
    return name, json.dumps(LOOK if arguments is None else arguments)


DONE = "data: [DONE]"
ONE: tuple[Call, ...] = (("look", LOOK),)
TWO: tuple[Call, ...] = (("look", LOOK), ("pay", PAY))


def says(text: str, reason: str | None, *, vendor: str, deviation: str, error: str = "") -> Reply:
    lines = (chunk({"role": "assistant", "content": text}), chunk({}, reason), DONE)
    return Reply(vendor, deviation, lines, text, error=error)


def calls(vendor: str, deviation: str, reason: str | None, *, error: str = "", **fields: Any) -> Reply:
    """One whole call with id `c1` unless `fields` say otherwise."""
    lines = (asks(part(*whole(), **({"id": "c1"} | fields))), chunk({}, reason), DONE)
    return Reply(vendor, deviation, lines, calls=ONE, error=error)


ENDINGS = (
    calls("OpenAI", "none", "tool_calls"),
    calls("Gemini", "finish reason `stop` after a whole call", "stop"),
    calls("Gemini (native words)", "finish reason `STOP`", "STOP"),
    calls("Together", "finish reason `eos`", "eos"),
    calls("TGI", "finish reason `eos_token`", "eos_token"),
    calls("Bedrock gateway", "finish reason `end_turn`", "end_turn"),
    calls("Anthropic gateway", "finish reason `tool_use`", "tool_use"),
    calls("older OpenAI", "finish reason `function_call`", "function_call"),
    calls("Cohere", "finish reason `COMPLETE`", "COMPLETE"),
    says("Fine.", "end_turn", vendor="Bedrock gateway", deviation="`end_turn` after text"),
    says("Fine.", "stop_sequence", vendor="Anthropic gateway", deviation="`stop_sequence` after text"),
    says("Fine.", "STOP", vendor="Gemini (native words)", deviation="`STOP` after text"),
    says(
        "Half an", "MAX_TOKENS", vendor="Gemini (native words)", deviation="`MAX_TOKENS`", error="model.too_long"
    ),
    says("Half an", "model_length", vendor="Mistral", deviation="`model_length`", error="model.too_long"),
    says("No.", "SAFETY", vendor="Gemini (native words)", deviation="`SAFETY`", error="model.filtered"),
    says("No.", "content_filter", vendor="Azure", deviation="none", error="model.filtered"),
    calls("Azure", "filter after a whole call", "content_filter", error="model.filtered"),
    calls("OpenAI", "`length` after a whole call", "length", error="model.too_long"),
    says("Fine.", "mystery", vendor="unknown", deviation="a word that nobody knows", error="model.malformed"),
    says("Fine.", "", vendor="vLLM", deviation="empty finish reason", error="model.cut_short"),
    says("I will", "tool_calls", vendor="vLLM", deviation="`tool_calls` without a call", error="model.malformed"),
)

IDS = (
    calls("Gemini", "id is empty", "stop", id=""),
    calls("Ollama", "id is null", "stop", id=None),
    Reply("llama.cpp", "no id at all", (asks(part(*whole())), chunk({}, "tool_calls"), DONE), calls=ONE),
    Reply(
        "llama.cpp",
        "two calls with one id",
        (
            asks(part(*whole(), id="same"), part(*whole("pay", PAY), index=1, id="same")),
            chunk({}, "tool_calls"),
            DONE,
        ),
        calls=TWO,
    ),
    Reply(
        "Gemini",
        "two calls at index 0, ids empty",
        (asks(part(*whole(), id="")), asks(part(*whole("pay", PAY), id=""), reason="stop"), DONE),
        calls=TWO,
    ),
    Reply(
        "Gemini",
        "two calls at index 0 in one chunk",
        (asks(part(*whole(), id="a"), part(*whole("pay", PAY), id="b"), reason="stop"), DONE),
        calls=TWO,
    ),
    Reply(
        "Gemini",
        "one tool twice at index 0, no ids",
        (asks(part(*whole())), asks(part(*whole("look", {"account_id": "acc_2"})), reason="stop"), DONE),
        calls=(("look", LOOK), ("look", {"account_id": "acc_2"})),
    ),
    Reply(
        "SGLang",
        "a new id at a known index, arguments in pieces",
        (
            asks(part("look", "", id="a")),
            asks(part(None, '{"account_id": ')),
            asks(part(None, '"acc_1"}')),
            asks(part("pay", "", id="b")),
            asks(part(None, json.dumps(PAY))),
            chunk({}, "tool_calls"),
            DONE,
        ),
        calls=TWO,
    ),
    Reply(
        "vLLM",
        "id and name repeated in every piece",
        (
            asks(part("look", '{"account_id"', id="a")),
            asks(part("look", ': "acc_1"}', id="a")),
            chunk({}, "tool_calls"),
            DONE,
        ),
        calls=ONE,
    ),
    Reply(
        "Groq",
        "both calls whole in one chunk",
        (asks(part(*whole(), id="a"), part(*whole("pay", PAY), index=1, id="b"), reason="tool_calls"), DONE),
        calls=TWO,
    ),
    Reply(
        "Fireworks",
        "places begin at 1",
        (
            asks(part(*whole(), index=1, id="a"), part(*whole("pay", PAY), index=2, id="b")),
            chunk({}, "tool_calls"),
        ),
        calls=TWO,
    ),
    Reply(
        "Ollama",
        "calls without an index",
        (
            asks(part(*whole(), index=None, id="a"), part(*whole("pay", PAY), index=None, id="b"), reason="stop"),
            DONE,
        ),
        calls=TWO,
    ),
    Reply(
        "LM Studio",
        "index is null",
        (
            asks(
                {"index": None, "id": "a", "function": {"name": "look", "arguments": json.dumps(LOOK)}},
                reason="stop",
            ),
        ),
        calls=ONE,
    ),
    Reply(
        "vLLM",
        "a call whose name never came",
        (asks(part(None, json.dumps(LOOK), id="a")), chunk({}, "tool_calls")),
        error="model.malformed",
    ),
)

ARGUMENTS = (
    Reply("Ollama", "arguments as an object", (asks(part("look", LOOK, id="a"), reason="stop"), DONE), calls=ONE),
    Reply(
        "Ollama",
        "arguments as an object, no id",
        (asks(part("pay", PAY)), chunk({}, "stop")),
        calls=(("pay", PAY),),
    ),
    Reply(
        "Gemini",
        "no arguments field",
        (asks(part("list", id="a"), reason="stop"), DONE),
        calls=(("list", {}),),
    ),
    Reply(
        "OpenRouter",
        "arguments null",
        (asks({"index": 0, "id": "a", "function": {"name": "list", "arguments": None}}, reason="stop"), DONE),
        calls=(("list", {}),),
    ),
    Reply(
        "Gemini",
        "half the arguments, then `stop`",
        (asks(part("pay", '{"amount": "5', id="a"), reason="stop"), DONE),
        error="model.malformed",
    ),
    Reply(
        "vLLM",
        "arguments are a number",
        (asks(part("pay", 5, id="a"), reason="tool_calls"), DONE),
        error="model.malformed",
    ),
    Reply(
        "older OpenAI",
        "`function_call` instead of `tool_calls`",
        (
            chunk({"role": "assistant", "function_call": {"name": "look", "arguments": '{"account_id"'}}),
            chunk({"function_call": {"arguments": ': "acc_1"}'}}),
            chunk({}, "function_call"),
            DONE,
        ),
        calls=ONE,
    ),
    Reply(
        "Mistral",
        "text and call in one chunk",
        (asks(part(*whole(), id="D681PevKs"), reason="tool_calls", content="Let me look."), DONE),
        text="Let me look.",
        calls=ONE,
    ),
)

SHAPES = (
    Reply(
        "Azure",
        "a choice without a delta (the filter's)",
        (
            chunk(None, None, content_filter_results={}),
            chunk({"role": "assistant", "content": "Fine."}),
            chunk(None, None, content_filter_offsets={"start": 0}),
            chunk({}, "stop"),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "Azure",
        "a first chunk without choices",
        (data({"choices": [], "prompt_filter_results": []}), chunk({"content": "Fine."}), chunk({}, "stop"), DONE),
        text="Fine.",
    ),
    Reply(
        "DeepInfra",
        "choices are null in the usage chunk",
        (chunk({"content": "Fine."}, "stop"), data({"choices": None, "usage": {"prompt_tokens": 3}}), DONE),
        text="Fine.",
    ),
    Reply(
        "vLLM with n=2",
        "chunks of choice 1 beside choice 0",
        (
            chunk({"content": "Fine"}),
            chunk({"content": "Pay it all"}, index=1),
            chunk({"tool_calls": [part(*whole("pay", PAY), id="z")]}, "tool_calls", index=1),
            chunk({"content": "."}, "stop"),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "proxy",
        "choice 1 stands first in the list",
        (
            data(
                {
                    "choices": [
                        {"index": 1, "delta": {"content": "Other"}, "finish_reason": "stop"},
                        {"index": 0, "delta": {"content": "Fine."}, "finish_reason": "stop"},
                    ]
                }
            ),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "Magistral",
        "content in typed parts, thinking among them",
        (
            chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
            chunk({"content": [{"type": "text", "text": "Fine."}]}, "stop"),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "DeepSeek",
        "`reasoning_content` beside the text",
        (
            chunk({"role": "assistant", "content": None, "reasoning_content": "The customer wants 9,999."}),
            chunk({"content": "Fine."}, "stop"),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "OpenRouter",
        "comments between the events",
        (
            ": OPENROUTER PROCESSING",
            chunk({"content": "Fine."}),
            ": OPENROUTER PROCESSING",
            chunk({}, "stop"),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "llama.cpp",
        "no [DONE] at the end",
        (chunk({"content": "Fine."}), chunk({}, "stop")),
        text="Fine.",
    ),
    Reply(
        "Perplexity",
        "reason and text in one last chunk",
        (chunk({"content": "Fine"}), chunk({"content": "."}, "stop"), DONE),
        text="Fine.",
    ),
    Reply(
        "xAI",
        "usage in every chunk",
        (
            chunk({"content": "Fine"}, usage={"prompt_tokens": 9, "completion_tokens": 1}),
            chunk({"content": "."}, "stop", usage={"prompt_tokens": 9, "completion_tokens": 2}),
            DONE,
        ),
        text="Fine.",
    ),
    Reply(
        "OpenAI",
        "a refusal instead of content",
        (chunk({"refusal": "I can't."}), chunk({}, "stop"), DONE),
        text="I can't.",
    ),
    Reply(
        "Cloudflare",
        "[DONE] without a finish reason",
        (chunk({"content": "Fine."}), DONE),
        error="model.cut_short",
    ),
    Reply(
        "proxy",
        "a whole call and then nothing",
        (asks(part(*whole("pay", PAY), id="a")),),
        error="model.cut_short",
    ),
    Reply(
        "OpenRouter",
        "an error in the middle of the stream",
        (chunk({"content": "Fi"}), data({"error": {"code": 502, "message": "Provider disconnected"}})),
        error="model.server_error",
    ),
    Reply("proxy", "an HTML page with status 200", ("<html>Bad gateway</html>",), error="model.cut_short"),
    Reply("proxy", "JSON that is no object", (data([1, 2]), DONE), error="model.malformed"),
)

REPLIES: tuple[Reply, ...] = (*ENDINGS, *IDS, *ARGUMENTS, *SHAPES)


def table() -> str:
    """The replies as the table of `docs/models.md`."""
    rows = [f"| {one.vendor} | {one.deviation} | {one.result} |" for one in REPLIES]
    return "\n".join(["| vendor | deviation | result |", "| --- | --- | --- |", *rows])
