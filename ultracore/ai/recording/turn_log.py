"""Writing the record of a turn while the audit store may be down.

A customer's own reads go on without a store: what could not be written is counted, the person is told, and the
count is written with the next event that succeeds. Everything else refuses.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ultracore.audit import AuditEvent, TurnRecord
from ultracore.audit.vocabulary import ConversationEvent, GuardrailTriggered
from ultracore.errors import AuditUnavailable

PAUSE_SECONDS = 2.0
"""After a failed write, how long the store is not asked again: each asking can take seconds."""
# From here on counts of zero are thrown out: only a gap must not be forgotten.
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
    """The record of one turn, written with one of three guarantees.

    `required`: on disk, or `AuditUnavailable`. `best_effort`: on disk, or counted as missing; for what has
    happened already. `required_for_staff`: `best_effort` for a customer (`tolerant`), else `required`.
    `seconds` is how long the turn waited for the store.
    """

    record: TurnRecord
    gaps: Gaps = field(default_factory=Gaps)
    tolerant: bool = True
    degraded: bool = False
    seconds: float = 0.0

    async def required(self, event: ConversationEvent) -> AuditEvent:
        """Raises `AuditUnavailable`: at once in the pause after a write that failed."""
        if time.monotonic() < self.gaps.pause_until:
            raise AuditUnavailable("the audit store failed a moment ago")
        began = time.monotonic()
        try:
            written = await self.record.write(event)
        except AuditUnavailable:
            self.gaps.pause_until = time.monotonic() + PAUSE_SECONDS
            raise
        finally:
            self.seconds += time.monotonic() - began
        await self._tell_of_gaps()
        return written

    async def required_for_staff(self, event: ConversationEvent) -> AuditEvent | None:
        """`None` if a customer's event is missing. Raises `AuditUnavailable` for a member of staff."""
        return await (self.best_effort(event) if self.tolerant else self.required(event))

    async def best_effort(self, event: ConversationEvent) -> AuditEvent | None:
        """`None` if the event is missing, for customers and staff alike."""
        try:
            return await self.required(event)
        except AuditUnavailable:
            self.gaps.missed += 1
            self.degraded = True
            return None

    async def _tell_of_gaps(self) -> None:
        missed = self.gaps.missed
        if not missed:
            return
        # Set before the write: a second turn of the conversation must not tell of the same gap.
        self.gaps.missed = 0
        try:
            await self.record.write(
                GuardrailTriggered(reason="audit.gap", detail=f"{missed} events could not be written")
            )
        except AuditUnavailable:
            self.gaps.missed += missed
