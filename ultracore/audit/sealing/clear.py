"""The members of an event that may be published in clear: a closed list, each with the one shape that it may have.

A value of another shape is sealed instead of published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

Shape = Callable[[Any], bool]

_LONGEST: Final = 128
"""Characters of a text in clear. A longer one has none of the shapes, and nothing remembers it."""


def _text_shape(pattern: str) -> Shape:
    fits = lru_cache(maxsize=4_096)(re.compile(pattern).fullmatch)
    return lambda value: isinstance(value, str) and len(value) <= _LONGEST and fits(value) is not None


_is_id: Final = _text_shape(r"[A-Za-z0-9_.:-]{1,128}")
# No colon: it separates the tenant from the date in a system stream's id, and from the stream in a Kafka key.
_is_tenant: Final = _text_shape(r"[A-Za-z0-9_.-]{1,64}")
_is_code: Final = _text_shape(r"[a-z0-9_.]{1,64}")
_is_name: Final = _text_shape(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
# As vendors name them: `gpt-4.1-mini`, `meta-llama/Llama-3.3-70B`, `ft:gpt-4o:bank::7p4l`.
_is_model: Final = _text_shape(r"[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,127}")
_is_cost: Final = _text_shape(r"\d{1,9}\.\d{6}")
_is_digest: Final = _text_shape(r"[0-9a-f]{64}")
_is_time: Final = _text_shape(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    # `True` would pass as an integer in Python, and is no count.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_tags(value: Any) -> bool:
    # Lists are bounded here, because only the envelope's size is checked later, never that of the clear part.
    return isinstance(value, list) and len(value) <= 32 and all(_is_code(tag) for tag in value)


def _is_keys(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 64 and all(_is_id(key) for key in value)


IDS: Final[Mapping[str, Shape]] = {
    "tenant_id": _is_tenant,
    "stream_id": _is_id,
    "session_id": _is_id,
    "user_id": _is_id,
    "resource_id": _is_id,
}
"""An id of another shape is sealed; a keyed digest of it stands in its place, so that it can still be found."""

FIELDS: Final[Mapping[str, Shape]] = {
    "turn_id": _is_id,
    "request_id": _is_id,
    "resource_type": _is_name,
    "action": _is_name,
    "result": _is_code,
    "compliance_tags": _is_tags,
}

SEALED_FIELDS: Final = ("description", "ip_address", "user_agent", "old_value", "new_value")

METADATA: Final[Mapping[str, Shape]] = {
    "tool": _is_name,
    "agent": _is_name,
    "source": _is_name,
    "target": _is_name,
    "model_name": _is_name,
    "language": _is_code,
    "model": _is_model,
    "prompt_version": _is_code,
    "cost": _is_cost,
    "tokens": _is_count,
    "kind": _is_code,
    "label": _is_code,
    "reason": _is_code,
    "rating": _is_code,
    "decision": _is_code,
    "transaction_type": _is_code,
    "check_type": _is_code,
    "projection": _is_code,
    "rejected_type": _is_code,
    "arguments_digest": _is_digest,
    "digest": _is_digest,
    "proposal": _is_id,
    "case": _is_id,
    "intent": _is_id,
    "erasure": _is_id,
    "keys": _is_keys,
    "entry": _is_id,
    "viewed": _is_id,
    "rated": _is_id,
    "beside": _is_id,
    "expires_at": _is_time,
    "began_at": _is_time,
    "answer": _is_count,
    "score": _is_number,
    "confidence": _is_number,
    "fraud_score": _is_number,
    "retry_after": _is_number,
    "limit": _is_count,
    "claim": _is_count,
    "events": _is_count,
    "granted": _is_flag,
    "passed": _is_flag,
    "interrupted": _is_flag,
    "pii_accessed": _is_flag,
}


def split_metadata(metadata: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The clear part (`None` if there is none) and the part to seal."""
    if metadata is None:
        return None, {}
    clear = {name: value for name, value in metadata.items() if name in METADATA and METADATA[name](value)}
    return clear or None, {name: value for name, value in metadata.items() if name not in clear}


def clear_part(event: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept anywhere of an event's published fields; what has to be sealed is None."""
    shapes = {**IDS, **FIELDS}
    kept = {name: value for name, value in event.items() if name not in shapes or _fits(shapes[name], value)}
    sealed = (*SEALED_FIELDS, "sealed")
    return {
        **dict.fromkeys(event),
        **kept,
        **dict.fromkeys(sealed),
        "metadata": split_metadata(event["metadata"])[0],
    }


def _fits(shape: Shape, value: Any) -> bool:
    return value is not None and shape(value)
