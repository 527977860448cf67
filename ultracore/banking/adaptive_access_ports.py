"""What the bank asks of its surroundings: keyed digests, the newest events of a login, and the number to call."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ultracore.audit.events import AuditEvent
from ultracore.banking.seals import Digest, plain_digest

RecentEvents = Callable[[str, str | None, int], Awaitable[Sequence[AuditEvent]]]
"""The newest events of a tenant and a login, newest first, at most so many."""


def remembering(digest: Digest) -> Digest:
    """The digest under which surroundings are remembered: a keyed one, since an address can be guessed.

    A bank without a record has no key that lasts, so that it remembers for as long as its process lives.
    """
    if digest is not plain_digest:
        return digest
    key = secrets.token_bytes(32)
    return lambda value: hmac.new(key, repr(value).encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()


async def no_events(_tenant_id: str, _user_id: str | None, _limit: int) -> Sequence[AuditEvent]:
    """For programs without a record."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the container brings: the record's newest events and the bank's own number."""

    recent_events: RecentEvents = no_events
    support_phone: str = "13 00 00 00"
