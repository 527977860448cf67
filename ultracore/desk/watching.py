"""Reads the record as it grows, and puts into the queue what the rules find.

Every process does it; the progress moves with what was found, in one transaction, so that each event counts once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from ultracore.ai.persons import Persons
from ultracore.audit import AuditTrail, StreamInfo, read_time
from ultracore.audit.store import RecordReader
from ultracore.banking import Bank
from ultracore.banking.cases import Hit, ReadingMove
from ultracore.desk.rules import PERSON, QueueFact, QueueRule, QueueRules

NAME: Final = "record"
AT_ONCE: Final = 500
LOOK_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class _FoundEvent:
    """An event that rules fit, and the conversation that it belongs to."""

    fact: QueueFact
    at: datetime
    rules: Sequence[QueueRule]
    stream: StreamInfo


@dataclass(frozen=True, slots=True)
class _RecordPart:
    """A part of the record: its last position, and what was found in it."""

    last: int
    found: Sequence[_FoundEvent]


class QueueWatch:
    """Fills the queue. `step` is the work of a `RepeatedTask`."""

    def __init__(self, trail: AuditTrail, bank: Bank, rules: QueueRules, persons: Persons) -> None:
        self._trail = trail
        self._persons = persons
        self._bank = bank
        self._rules = rules
        self._idle_at = 0.0

    async def step(self) -> float:
        """Look once, and now and then for idle people; seconds until the next time. Raises `Unavailable`."""
        more = await self.look()
        if time.monotonic() >= self._idle_at:
            self._idle_at = time.monotonic() + IDLE_SECONDS
            await self._persons.return_idle()
        return 0.0 if more else LOOK_SECONDS

    async def look(self) -> bool:
        """Take in the next part of the record; False if nothing is left. Raises `Unavailable`."""
        before = await self._bank.cases.progress(NAME)
        since = datetime.now(UTC) - timedelta(days=self._rules.days)
        store = await self._trail.store()
        part = await store.read(lambda reader: self._read(reader, before, since))
        if part.last == before:
            return False
        hits = [hit for one in part.found for hit in await self._hits(one)]
        await self._bank.cases.take_in(hits, ReadingMove(NAME, before, part.last))
        return True

    def _read(self, reader: RecordReader, after: int, since: datetime) -> _RecordPart:
        rows = reader.after_position(after, AT_ONCE)
        found: list[_FoundEvent] = []
        for row in rows:
            at = read_time(row.timestamp)
            # By its type first: most events are none that a rule looks at, and need not be parsed.
            if at < since or row.stream_id.startswith("system:") or not self._looks_at(row.event_type):
                continue
            fact = QueueFact.of(json.loads(row.body))
            rules = self._rules.that_fit(fact)
            stream = reader.stream(row.stream_id) if rules else None
            if stream is not None:
                found.append(_FoundEvent(fact, at, rules, stream))
        return _RecordPart(rows[-1].position if rows else after, found)

    def _looks_at(self, event_type: str) -> bool:
        return any(event_type in rule.events for rule in self._rules.rules)

    async def _hits(self, found: _FoundEvent) -> list[Hit]:
        return [_hit(found, rule) for rule in found.rules if await self._is_enough(rule, found.fact)]

    async def _is_enough(self, rule: QueueRule, fact: QueueFact) -> bool:
        if rule.amount_at_least is None:
            return True
        proposal = None if fact.proposal is None else await self._bank.proposals.get(fact.proposal)
        amount = None if proposal is None else proposal.terms.get("amount")
        return amount is not None and Decimal(str(amount)) >= rule.amount_at_least


def _hit(found: _FoundEvent, rule: QueueRule) -> Hit:
    return Hit(
        event_id=found.fact.event_id,
        rule=rule.name,
        urgency=rule.urgency,
        due_at=rule.due_at(found.at),
        at=found.at,
        tenant_id=found.stream.tenant_id,
        conversation_id=found.stream.stream_id,
        user_id=found.stream.user_id,
        customer_id=found.stream.customer_id,
        wish=rule.name == PERSON,
    )
