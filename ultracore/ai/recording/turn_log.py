"""Writing the record of a turn while the audit store may be down.

A customer's own reads go on without a store: what could not be written is counted, the person is told, and the
count is written with the next event that succeeds. Everything else refuses.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ultracore.audit import AuditEvent, TurnRecord
from ultracore.errors import AuditUnavailable

Write = Callable[[], Awaitable[AuditEvent]]

PAUSE_SECONDS = 2.0
"""After a failed write, how long the store is not asked again: each asking can take seconds."""
MANY_CONVERSATIONS = 10_000


@dataclass(slots=True)
class Gaps:
    """How many events of a conversation could not be written, in this process. Shared by its turns and presses."""

    missed: int = 0
    pause_until: float = 0.0


class GapBook:
    """The gaps of every conversation of this process. A count is kept until it is on the record."""

    def __init__(self) -> None:
        self._gaps: dict[str, Gaps] = {}

    def of(self, conversation_id: str) -> Gaps:
        """The one count of a conversation."""
        if len(self._gaps) >= MANY_CONVERSATIONS:
            self._gaps = {key: gaps for key, gaps in self._gaps.items() if gaps.missed}
        return self._gaps.setdefault(conversation_id, Gaps())


@dataclass(slots=True)
class TurnLog:
    """The record of one turn.

    `must` writes or raises `AuditUnavailable`. `may` writes or counts the gap and returns `None`; only where the
    principal is a customer (`tolerant`), else it is `must`. `seconds` is how long the turn waited for the store.
    """

    record: TurnRecord
    gaps: Gaps = field(default_factory=Gaps)
    tolerant: bool = True
    degraded: bool = False
    seconds: float = 0.0

    async def must(self, write: Write) -> AuditEvent:
        """Write durably, or raise `AuditUnavailable`: at once in the pause after a write that failed."""
        if time.monotonic() < self.gaps.pause_until:
            raise AuditUnavailable("the audit store failed a moment ago")
        began = time.monotonic()
        try:
            event = await write()
        except AuditUnavailable:
            self.gaps.pause_until = time.monotonic() + PAUSE_SECONDS
            raise
        finally:
            self.seconds += time.monotonic() - began
        await self._tell_of_gaps()
        return event

    async def may(self, write: Write) -> AuditEvent | None:
        """Write durably, or for a customer count what is missing."""
        return await (self.attempt(write) if self.tolerant else self.must(write))

    async def attempt(self, write: Write) -> AuditEvent | None:
        """Write durably, or count what is missing, whoever acts. For what has happened, or has not, already."""
        try:
            return await self.must(write)
        except AuditUnavailable:
            self.gaps.missed += 1
            self.degraded = True
            return None

    async def _tell_of_gaps(self) -> None:
        missed = self.gaps.missed
        if not missed:
            return
        self.gaps.missed = 0
        try:
            await self.record.guardrail_triggered(
                reason="audit.gap", detail=f"{missed} events could not be written"
            )
        except AuditUnavailable:
            self.gaps.missed += missed
