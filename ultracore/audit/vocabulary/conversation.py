"""Events of a conversation: messages, the agents that answer, and the ends of turns."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ultracore.audit.events import AuditEventType, AuditSeverity, wire_time
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True)
class Written:
    """How an answer was written: its `number` in the turn, from 1, and when its first piece was shown.

    `interrupted` if its end never came: a Stop, a model that broke off, a process that died.
    """

    number: int
    began_at: datetime
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an answer was asked of and what that took: since the turn's answer before it, tool calls included.

    `language` is what it was to be written in, `model` the one that answered, `prompt_version` a digest of what it
    was told; `cost` is an estimate in US
    dollars, zero if the model's price is not known.
    """

    language: str
    model: str
    prompt_version: str
    tokens: int
    cost: Decimal

    def told(self) -> dict[str, Any]:
        """As the record has it."""
        cost = f"{self.cost:.6f}"
        return {
            "language": self.language,
            "model": self.model,
            "prompt_version": self.prompt_version,
            "tokens": self.tokens,
            "cost": cost,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationStarted(Event):
    """The conversation begins; `greeting` and `notice` are what was shown above the first message."""

    type = AuditEventType.SESSION_STARTED
    greeting: str
    notice: str

    def details(self) -> Details:
        return Details("Conversation started", {"greeting": self.greeting, "notice": self.notice})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRouted(Event):
    """The router chose an agent for the conversation."""

    type = AuditEventType.SESSION_ROUTED
    label: str
    agent: str
    score: float

    def details(self) -> Details:
        told = {"label": self.label, "agent": self.agent, "score": self.score}
        return Details("Conversation routed", told, action="route")


@dataclass(frozen=True, slots=True)
class UserMessage(Event):
    """A message that the person wrote."""

    type = AuditEventType.USER_MESSAGE
    text: str

    def details(self) -> Details:
        return Details("User message", {"text": self.text})


@dataclass(frozen=True, slots=True)
class AssistantMessage(Event):
    """A message that was shown. Kinds: `answer notice error card receipt handoff question care`.

    `written` and `spent` tell of an answer that came piece by piece.
    """

    type = AuditEventType.ASSISTANT_MESSAGE
    text: str
    _: KW_ONLY
    agent: str
    kind: str = "answer"
    written: Written | None = None
    spent: Spent | None = None

    def details(self) -> Details:
        told: dict[str, Any] = {"text": self.text, "agent": self.agent, "kind": self.kind}
        if self.written is not None:
            told |= {"answer": self.written.number, "began_at": wire_time(self.written.began_at)}
            told |= {"interrupted": True} if self.written.interrupted else {}
        if self.spent is not None:
            told |= self.spent.told()
        return Details("Assistant message", told)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(Event):
    """The person rated an answer: `good`, `bad`, or `withdrawn` for a rating that was taken back.

    `rated` is the id of the answer's event, `agent` who had answered, `comment` what the person wrote about it.
    """

    type = AuditEventType.FEEDBACK_GIVEN
    rating: str
    rated: str
    agent: str
    comment: str | None = None

    def details(self) -> Details:
        told = {"rating": self.rating, "rated": self.rated, "agent": self.agent, "comment": self.comment}
        return Details("Answer rated", told, action="rate", result=self.rating)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffRequested(Event):
    """One agent hands the conversation to another."""

    type = AuditEventType.HANDOFF_REQUESTED
    source: str
    target: str
    reason: str
    score: float | None

    def details(self) -> Details:
        told = {"source": self.source, "target": self.target, "reason": self.reason, "score": self.score}
        return Details("Handoff requested", told, action="handoff")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailTriggered(Event):
    """A rule stopped something before it reached a person or a tool; `reason` is a stable code.

    With the reason `care` a person in need was given a text. What they need, `care`, is health data: sealed.
    """

    type = AuditEventType.GUARDRAIL_TRIGGERED
    reason: str
    detail: str | None = None
    care: str | None = None

    def details(self) -> Details:
        told = {"reason": self.reason, "detail": self.detail}
        if self.care is None:
            return Details("Guardrail triggered", told, result="denied", severity=AuditSeverity.WARNING)
        told["care"] = self.care
        return Details("Care given", told, action="care", severity=AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitExceeded(Event):
    """A message was refused because there were too many; `retry_after` is in seconds."""

    type = AuditEventType.RATE_LIMIT_EXCEEDED
    limit: int
    retry_after: float

    def details(self) -> Details:
        told = {"limit": self.limit, "retry_after": self.retry_after}
        return Details("Rate limit exceeded", told, result="denied", severity=AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailed(Event):
    """The turn ended without an answer; `reason` is a stable code."""

    type = AuditEventType.TURN_FAILED
    reason: str

    def details(self) -> Details:
        return Details("Turn failed", {"reason": self.reason}, result="failure", severity=AuditSeverity.ERROR)


@dataclass(frozen=True, slots=True)
class TurnStopped(Event):
    """The person pressed Stop."""

    type = AuditEventType.TURN_STOPPED

    def details(self) -> Details:
        return Details("Turn stopped")


@dataclass(frozen=True, slots=True)
class DataAccessed(Event):
    """A member of staff is about to read a customer; `action` is the tool, or what they did to name them.

    `case` is the one that they have opened, `told` what the customer may know of its reason.
    """

    type = AuditEventType.DATA_ACCESSED
    customer_id: str
    _: KW_ONLY
    action: str
    case: str | None = None
    told: str | None = None

    def details(self) -> Details:
        return Details(
            "Customer data read by staff",
            {"pii_accessed": True}
            | ({} if self.case is None else {"case": self.case, "stated_reason": self.told}),
            action=self.action,
            result="success",
            severity=AuditSeverity.WARNING,
            resource_type="customer",
            resource_id=self.customer_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded(Event):
    """The conversation ended; `reason` is a stable code."""

    type = AuditEventType.SESSION_ENDED
    reason: str

    def details(self) -> Details:
        return Details("Conversation ended", {"reason": self.reason})
