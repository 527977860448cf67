"""Customers who wait for a person: into the queue at once, with a place that is said to them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.persons import wording
from ultracore.ai.persons.hours import Hours
from ultracore.audit import AuditEvent
from ultracore.banking.cases import CaseQueue, Hit
from ultracore.errors import UltracoreError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """The line, and how urgent a wish for a person is: its `rule` in the queue, the target in minutes."""

    cases: CaseQueue
    rule: str
    urgency: int
    minutes: int
    hours: Hours

    async def enter(self, turn: OpenTurn, wish: AuditEvent | None) -> str | None:
        """Put the customer in line, and give the sentence about it; None while the line cannot be reached.

        `wish` is their wish as it is on the record, from which the queue would take it too.
        """
        now, who, conversation_id = datetime.now(UTC), turn.principal, turn.conversation_id
        hit = Hit(
            event_id=str(uuid4()) if wish is None else wish.event_id,
            rule=self.rule,
            urgency=self.urgency,
            due_at=now + timedelta(minutes=self.minutes),
            at=now,
            tenant_id=who.tenant_id,
            conversation_id=conversation_id,
            user_id=who.user_id,
            customer_id=who.customer_id,
            wish=True,
        )
        try:
            await self.cases.take_in([hit])
            line = await self.cases.line(who.tenant_id, conversation_id)
        except UltracoreError as error:
            # The telephone is told all the same: a line that is away must not cost a person that answer.
            logger.warning("a customer could not be put in line: %s", error.code)
            return None
        if line is None:
            return None
        return wording.in_line(line.place, self.hours.text(), is_open=self.hours.open_at(now))
