"""Tool calls without secrets: the form in which they reach history, record, ledger and screen."""

from __future__ import annotations

import json
from typing import Any

from ultracore.ai.model import ModelToolCall
from ultracore.audit.masking import WrongType, mask, masked


def masked_call(call: ModelToolCall) -> ModelToolCall:
    """The call with cards, passwords, codes and tokens replaced. A call without any stays as it is; idempotent.

    Account numbers stay: a tool that saves a payee needs them. Where something is replaced, numbers become
    strings, which the tools read as well.
    """
    return ModelToolCall(mask(call.call_id), mask(call.name), _masked_arguments(call.arguments_json))


def _masked_arguments(text: str) -> str:
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_unique)
        shown = masked(value, mask, numbers=False)
    except (
        ValueError,
        RecursionError,
        WrongType,
    ):  # whatever it is, it is no arguments; it is recorded all the same
        return mask(text)
    return text if shown == value else json.dumps(shown, ensure_ascii=False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice only one value would be looked at."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
