"""The seal of a proposal: a digest of what was proposed, by whom and in which conversation, compared at each step.

With a keyed digest (the container brings the record's) a person who alters a row cannot seal it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

Digest = Callable[[Any], str]
"""64 hexadecimal digits of a JSON-able value, equal for equal values."""

SEALED: Final = (
    "proposal_id",
    "tenant_id",
    "customer_id",
    "user_id",
    "login_id",
    "conversation_id",
    "turn_id",
    "reference",
    "tool",
    "kind",
    "arguments",
    "arguments_digest",
    "terms",
    "policy_version",
    "payee_id",
    "payee_version",
    "source_account_id",
    "destination_account_id",
    "amount_minor",
    "currency",
    "created_at",
    "expires_at",
    "two_persons",
)
"""The columns that say what was proposed. What changes on the way (state, times, outcome) is not among them."""


def plain_digest(value: Any) -> str:
    """SHA-256 over JSON, for a bank without a record: it finds accidents, not a person who seals anew."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def seal_of(values: Mapping[str, Any], digest: Digest) -> str:
    """The seal of a row, or of the values that will be one."""
    return digest({name: _plain(values.get(name)) for name in SEALED})


def _plain(value: object) -> object:
    # A database may give a moment back in another zone, which must not break the seal.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
