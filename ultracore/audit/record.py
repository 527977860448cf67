"""The record of conversations: the only way in which chat and agents write to it.

An event is a value of `ultracore.audit.vocabulary`. `TurnRecord.write` adds who acted, in which turn and from
which browser, and returns the event once it is on disk.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ultracore.audit import evidence
from ultracore.audit.beside import beside
from ultracore.audit.events import AuditEvent
from ultracore.audit.trail import AuditTrail, Beside
from ultracore.audit.values import Origin, Subject
from ultracore.audit.vocabulary import ApprovalRequested, BankEvent, ConversationEvent, Details
from ultracore.principal import Connection, Principal

_NO_CONNECTION = Connection()


class ConversationRecord:
    """The record of one conversation of one signed-in person, sealed with that person's key."""

    def __init__(
        self,
        trail: AuditTrail,
        principal: Principal,
        conversation_id: str,
        connection: Connection = _NO_CONNECTION,
    ) -> None:
        self.trail = trail
        self.principal = principal
        self.conversation_id = conversation_id
        self.connection = connection

    def turn(self, turn_id: str, reference: str) -> TurnRecord:
        """The record of one turn. `reference` (`7F3A-…`) becomes the `request_id` of its events."""
        return TurnRecord(self, turn_id, reference)


class TurnRecord:
    """One turn of a conversation."""

    def __init__(self, conversation: ConversationRecord, turn_id: str, reference: str) -> None:
        self.conversation_id = conversation.conversation_id
        self.turn_id = turn_id
        self.reference = reference
        self._trail = conversation.trail
        self._tenant_id = conversation.principal.tenant_id
        self._subject = Subject.of(conversation.principal)
        self._origin = Origin(
            tenant_id=self._tenant_id,
            user_id=conversation.principal.user_id,
            session_id=self.conversation_id,
            ip_address=conversation.connection.ip_address,
            user_agent=conversation.connection.user_agent,
            request_id=reference,
            turn_id=turn_id,
            stream_id=self.conversation_id,
        )

    def about(self, customer_id: str) -> None:
        """Seal the rest of this turn with a customer's key: a member of staff works for that customer."""
        self._subject = Subject("customer", self._tenant_id, customer_id)

    async def write(self, event: ConversationEvent) -> AuditEvent:
        """Put one event on the record; it is masked, and on disk when this returns, with what stands beside it.

        A card with the person's own words on it also becomes a message under their key: those words are no
        evidence, and go when the person is erased. Raises `AuditUnavailable` when the event is not in the record.
        """
        # The event first: without it the record would show a card that was never requested.
        written = await self._append(event)
        if isinstance(event, ApprovalRequested) and (words := event.in_words()) is not None:
            await self._append(words)
        return written

    async def _append(self, event: ConversationEvent) -> AuditEvent:
        details = event.details()
        told = self._told(details)
        kept = replace(details, metadata=told or None)
        aside = [self._beside(item) for item in beside(event)]
        return await self._trail.append(event.type, kept, self._origin, self._seals(told), beside=aside)

    def _beside(self, event: BankEvent) -> Beside:
        details = event.details()
        return Beside(event.type, details, self._seals(dict(details.metadata or {})))

    def _told(self, details: Details) -> dict[str, Any]:
        """The metadata without what is empty; of a tool's arguments a keyed digest is there too."""
        told = {name: value for name, value in (details.metadata or {}).items() if value is not None}
        if details.arguments is not None:
            told["arguments_digest"] = self._trail.digest(details.arguments)
            is_evidence = "proposal" in told
            # Evidence outlives the customer's key, so the person's own words must not be in it.
            told["arguments"] = evidence.without_words(details.arguments) if is_evidence else details.arguments
        return told

    def _seals(self, told: dict[str, Any]) -> Subject:
        """The subject that seals an event: a proposal's is evidence, which outlives the customer's key."""
        return evidence.evidence_of(self._subject, datetime.now(UTC)) if "proposal" in told else self._subject
