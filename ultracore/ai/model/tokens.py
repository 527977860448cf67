"""A rough count of tokens, for budgets and for answers that an endpoint did not count. Never a bill.

Byte-pair tokenisers of 2024 to 2026 give English about four characters a token, JSON about three and a half, and
Chinese, Arabic and Hindi between one and two. The estimate rounds up, so that a budget is kept rather than broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ultracore.ai.model.values import Message, Usage

_ASCII_CHARACTERS_A_TOKEN = 3.5
_OTHER_TOKENS_A_CHARACTER = 0.8
_MESSAGE_OVERHEAD = 4


def tokens_of(text: str) -> int:
    """About how many tokens a text has, rounded up."""
    plain = len(text) if text.isascii() else sum(character.isascii() for character in text)
    other = len(text) - plain
    # `+ 0.5` before rounding is rounding up.
    return round(plain / _ASCII_CHARACTERS_A_TOKEN + other * _OTHER_TOKENS_A_CHARACTER + 0.5)


def tokens_of_messages(messages: Iterable[Message]) -> int:
    """About how many tokens messages have, tool calls and the wire's own overhead included."""
    return sum(_tokens_of_message(message) for message in messages)


def estimated_usage(request: Mapping[str, Any], written: str) -> Usage:
    """What a request and the text that came back have cost, when the endpoint did not say."""
    prompt = tokens_of_messages(request.get("messages", ()))
    if tools := request.get("tools"):
        prompt += tokens_of(json.dumps(tools))
    return Usage(prompt, tokens_of(written), estimated=True)


def _tokens_of_message(message: Message) -> int:
    content = message.get("content")
    text = content if isinstance(content, str) else json.dumps(content or "")
    calls = message.get("tool_calls")
    return _MESSAGE_OVERHEAD + tokens_of(text) + (tokens_of(json.dumps(calls)) if calls else 0)
