"""What a visitor's browser keeps: the name of their conversation, signed by us."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Final

from ultracore.principal import Principal, Role
from ultracore.widget.sessions import Clock, Digest, utc_now

IDLE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetVisit:
    """A visitor's conversation. All three are ours: the browser only brings back what we have signed."""

    tenant_id: str
    visitor_id: str
    conversation_id: str

    @property
    def principal(self) -> Principal:
        """Who is on the record. It is in no session, so no door takes it for a person who is signed in."""
        return Principal(
            tenant_id=self.tenant_id,
            user_id=f"visitor-{self.visitor_id}",
            login_id="",
            roles=frozenset({Role.VISITOR}),
        )


class VisitTokens:
    """Signs visits, the same on every replica."""

    def __init__(self, digest: Digest, clock: Clock = utc_now) -> None:
        self._digest = digest
        self._clock = clock

    def token(self, visit: WidgetVisit) -> str:
        """The visit, and when it ends without use."""
        ends = int((self._clock() + IDLE).timestamp())
        told = json.dumps([visit.tenant_id, visit.visitor_id, visit.conversation_id, ends]).encode()
        return f"{urlsafe_b64encode(told).decode().rstrip('=')}.{self._signature(told)}"

    def visit_of(self, token: str) -> WidgetVisit | None:
        """The visit of a token that we have signed and that has not ended; None for everything else."""
        content, _, signature = token.partition(".")
        try:
            told = urlsafe_b64decode(content + "=" * (-len(content) % 4))
        except (binascii.Error, ValueError):
            return None
        if not compare_digest(signature.encode(), self._signature(told).encode()):
            return None
        tenant_id, visitor_id, conversation_id, ends = json.loads(told)
        if ends <= self._clock().timestamp():
            return None
        return WidgetVisit(tenant_id=tenant_id, visitor_id=visitor_id, conversation_id=conversation_id)

    def _signature(self, told: bytes) -> str:
        return self._digest(["widget visit", told.hex()])
