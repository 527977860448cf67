"""The closed vocabulary of a conversation's record: the only way in which chat and agents write to it.

Every method of `TurnRecord` is durable when it returns, masks what people and models wrote, raises
`AuditUnavailable` when the event is not in the record, and returns the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ultracore.audit import evidence
from ultracore.audit.events import AuditEvent, AuditEventType, AuditSeverity, wire_time
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Subject
from ultracore.principal import Connection, Principal

Outcome = Literal["success", "failure", "unknown"]
Decision = Literal["allowed", "denied", "needs_approval"]
Arguments = Mapping[str, Any] | str

_NO_CONNECTION = Connection()
_SEVERITY_OF_OUTCOME: dict[Outcome, AuditSeverity] = {
    "success": AuditSeverity.INFO,
    "failure": AuditSeverity.WARNING,
    "unknown": AuditSeverity.ERROR,
}


@dataclass(frozen=True, slots=True)
class Written:
    """How an answer was written: its `number` in the turn, from 1, and when its first piece was shown.

    `interrupted` where its end never came: a Stop, a model that broke off, a process that died.
    """

    number: int
    began_at: datetime
    interrupted: bool = False


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
        self._conversation = conversation
        self.conversation_id = conversation.conversation_id
        self.turn_id = turn_id
        self.reference = reference
        self._subject = Subject.of(conversation.principal)

    def about(self, customer_id: str) -> None:
        """What follows in this turn of a member of staff tells of a customer: that customer's key seals it."""
        self._subject = Subject("customer", self._conversation.principal.tenant_id, customer_id)

    async def session_started(self, *, greeting: str, notice: str) -> AuditEvent:
        """The conversation begins; `greeting` and `notice` are what was shown above the first message."""
        return await self._write(
            AuditEventType.SESSION_STARTED, "Conversation started", {"greeting": greeting, "notice": notice}
        )

    async def session_routed(self, *, label: str, agent: str, score: float) -> AuditEvent:
        """The router chose an agent for the conversation."""
        return await self._write(
            AuditEventType.SESSION_ROUTED,
            "Conversation routed",
            {"label": label, "agent": agent, "score": score},
            action="route",
        )

    async def user_message(self, text: str) -> AuditEvent:
        """What the person wrote."""
        return await self._write(AuditEventType.USER_MESSAGE, "User message", {"text": text})

    async def assistant_message(
        self, text: str, *, agent: str, kind: str = "answer", written: Written | None = None
    ) -> AuditEvent:
        """What was shown. Kinds: `answer notice error card receipt handoff question`.

        `written` tells of an answer that came piece by piece.
        """
        metadata: dict[str, Any] = {"text": text, "agent": agent, "kind": kind}
        if written is not None:
            metadata |= {"answer": written.number, "began_at": wire_time(written.began_at)}
            metadata |= {"interrupted": True} if written.interrupted else {}
        return await self._write(AuditEventType.ASSISTANT_MESSAGE, "Assistant message", metadata)

    async def tool_requested(self, tool: str, arguments: Arguments, *, agent: str, call_id: str) -> AuditEvent:
        """The model asked for a tool. `arguments` may be the text that could not be read as JSON."""
        metadata = {**self._about(tool, arguments), "agent": agent, "call_id": call_id}
        return await self._write_tool(AuditEventType.TOOL_REQUESTED, "Tool requested", tool, metadata)

    async def tool_decided(
        self,
        tool: str,
        arguments: Arguments,
        *,
        result: Decision,
        reason: str | None = None,
        proposal: str | None = None,
        shown: Mapping[str, Any] | None = None,
    ) -> AuditEvent:
        """The registry decided. `allowed` is the intent: its event's id belongs on effect and outcome.

        `shown` is what the person then saw of the call, where that was its end.
        """
        return await self._write_tool(
            AuditEventType.TOOL_DECIDED,
            f"Tool {result.replace('_', ' ')}",
            tool,
            {**self._about(tool, arguments, proposal), "reason": reason, "proposal": proposal, "shown": shown},
            result=result,
            severity=AuditSeverity.WARNING if result == "denied" else AuditSeverity.INFO,
        )

    async def tool_executed(
        self,
        tool: str,
        arguments: Arguments,
        *,
        outcome: Outcome,
        result: Mapping[str, Any] | None,
        intent: str,
        proposal: str | None = None,
        entry: str | None = None,
        reason: str | None = None,
        shown: Mapping[str, Any] | None = None,
    ) -> AuditEvent:
        """The tool ran under `intent`. With `unknown` the intent stays open until `outcome_resolved`.

        `shown` is what the person saw of it.
        """
        closing = {"intent": intent, "proposal": proposal, "entry": entry, "reason": reason}
        return await self._write_tool(
            AuditEventType.TOOL_EXECUTED,
            f"Tool executed: {outcome}",
            tool,
            {**self._about(tool, arguments, proposal), **closing, "result": result, "shown": shown},
            result=outcome,
            severity=_SEVERITY_OF_OUTCOME[outcome],
        )

    async def outcome_resolved(
        self, tool: str, *, outcome: Outcome, intent: str, proposal: str | None = None, entry: str | None = None
    ) -> AuditEvent:
        """What the ledger answered about an intent whose outcome was not on the record."""
        return await self._write_tool(
            AuditEventType.OUTCOME_RESOLVED,
            f"Outcome resolved: {outcome}",
            tool,
            {"tool": tool, "intent": intent, "proposal": proposal, "entry": entry},
            result=outcome,
            severity=_SEVERITY_OF_OUTCOME[outcome],
        )

    async def approval_requested(
        self,
        tool: str,
        *,
        proposal: str,
        card: Mapping[str, Any],
        expires_at: datetime,
        agent: str | None = None,
    ) -> AuditEvent:
        """`agent` showed a card. With the person's own words on it, it is also a message under their key."""
        kept = evidence.card_without_words(card)
        expiry = wire_time(expires_at)
        metadata = {"tool": tool, "proposal": proposal, "card": kept, "expires_at": expiry, "agent": agent}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        requested = await self._write_tool(AuditEventType.APPROVAL_REQUESTED, "Approval requested", tool, metadata)
        if kept != card:
            await self.assistant_message(evidence.card_text(card), agent=agent or "Anya", kind="card")
        return requested

    async def approval_given(self, tool: str, *, proposal: str) -> AuditEvent:
        """The signed-in person pressed the button."""
        return await self._approval(AuditEventType.APPROVAL_GIVEN, "Approval given", tool, proposal)

    async def approval_declined(self, tool: str, *, proposal: str, reason: str) -> AuditEvent:
        """The person declined, or the proposal became void; `reason` is a stable code."""
        return await self._approval(AuditEventType.APPROVAL_DECLINED, "Approval declined", tool, proposal, reason)

    async def approval_expired(self, tool: str, *, proposal: str) -> AuditEvent:
        """The proposal expired unanswered."""
        return await self._approval(AuditEventType.APPROVAL_EXPIRED, "Approval expired", tool, proposal)

    async def handoff_requested(self, *, source: str, target: str, reason: str, score: float | None) -> AuditEvent:
        """One agent hands the conversation to another."""
        return await self._write(
            AuditEventType.HANDOFF_REQUESTED,
            "Handoff requested",
            {"source": source, "target": target, "reason": reason, "score": score},
            action="handoff",
        )

    async def guardrail_triggered(self, *, reason: str, detail: str | None = None) -> AuditEvent:
        """A rule stopped something before it reached a person or a tool; `reason` is a stable code."""
        return await self._write(
            AuditEventType.GUARDRAIL_TRIGGERED,
            "Guardrail triggered",
            {"reason": reason, "detail": detail},
            result="denied",
            severity=AuditSeverity.WARNING,
        )

    async def rate_limit_exceeded(self, *, limit: int, retry_after: float) -> AuditEvent:
        """A message was refused because there were too many; `retry_after` is in seconds."""
        return await self._write(
            AuditEventType.RATE_LIMIT_EXCEEDED,
            "Rate limit exceeded",
            {"limit": limit, "retry_after": retry_after},
            result="denied",
            severity=AuditSeverity.WARNING,
        )

    async def turn_failed(self, *, reason: str) -> AuditEvent:
        """The turn ended without an answer; `reason` is a stable code."""
        return await self._write(
            AuditEventType.TURN_FAILED,
            "Turn failed",
            {"reason": reason},
            result="failure",
            severity=AuditSeverity.ERROR,
        )

    async def turn_stopped(self) -> AuditEvent:
        """The person pressed Stop."""
        return await self._write(AuditEventType.TURN_STOPPED, "Turn stopped", None)

    async def data_accessed(self, customer_id: str, *, action: str) -> AuditEvent:
        """A member of staff is about to read a customer; `action` is the tool, or what they did to name them."""
        return await self._write(
            AuditEventType.DATA_ACCESSED,
            "Customer data read by staff",
            {"pii_accessed": True},
            action=action,
            result="success",
            severity=AuditSeverity.WARNING,
            customer_id=customer_id,
        )

    async def session_ended(self, *, reason: str) -> AuditEvent:
        """The conversation ended; `reason` is a stable code."""
        return await self._write(AuditEventType.SESSION_ENDED, "Conversation ended", {"reason": reason})

    def _about(self, tool: str, arguments: Arguments, proposal: str | None = None) -> dict[str, Any]:
        digest = self._conversation.trail.digest(arguments)
        kept = arguments if proposal is None else evidence.without_words(arguments)
        return {"tool": tool, "arguments_digest": digest, "arguments": kept}

    def _seals(self, metadata: Mapping[str, Any]) -> Subject:
        """What belongs to a proposal is transaction evidence, which outlives the customer's key."""
        return evidence.evidence_of(self._subject, datetime.now(UTC)) if "proposal" in metadata else self._subject

    async def _approval(
        self, event_type: AuditEventType, description: str, tool: str, proposal: str, reason: str | None = None
    ) -> AuditEvent:
        metadata = {"tool": tool, "proposal": proposal, "reason": reason}
        return await self._write_tool(event_type, description, tool, metadata)

    async def _write_tool(
        self,
        event_type: AuditEventType,
        description: str,
        tool: str,
        metadata: Mapping[str, Any],
        *,
        result: str | None = None,
        severity: AuditSeverity = AuditSeverity.INFO,
    ) -> AuditEvent:
        return await self._write(event_type, description, metadata, action=tool, result=result, severity=severity)

    async def _write(
        self,
        event_type: AuditEventType,
        description: str,
        metadata: Mapping[str, Any] | None,
        *,
        action: str | None = None,
        result: str | None = None,
        severity: AuditSeverity = AuditSeverity.INFO,
        customer_id: str | None = None,
    ) -> AuditEvent:
        conversation = self._conversation
        told = {name: value for name, value in (metadata or {}).items() if value is not None}
        return await conversation.trail.log_event(
            event_type,
            conversation.principal.tenant_id,
            description,
            user_id=conversation.principal.user_id,
            session_id=self.conversation_id,
            severity=severity,
            resource_type=None if customer_id is None else "customer",
            resource_id=customer_id,
            action=action,
            result=result,
            ip_address=conversation.connection.ip_address,
            user_agent=conversation.connection.user_agent,
            request_id=self.reference,
            metadata=told or None,
            compliance_tags=None if customer_id is None else ["privacy"],
            stream_id=self.conversation_id,
            turn_id=self.turn_id,
            subject=self._seals(told),
        )
