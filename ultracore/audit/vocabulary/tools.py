"""Events of the calls of tools, and of the cards that they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from ultracore.audit.events import AuditEventType, AuditSeverity, wire_time
from ultracore.audit.evidence import card_text, card_without_words
from ultracore.audit.vocabulary.conversation import AssistantMessage
from ultracore.audit.vocabulary.values import Arguments, Details, Event

Outcome = Literal["success", "failure", "unknown"]
Decision = Literal["allowed", "denied", "needs_approval"]

_SEVERITY_OF_OUTCOME: Final[Mapping[Outcome, AuditSeverity]] = {
    "success": AuditSeverity.INFO,
    "failure": AuditSeverity.WARNING,
    # Above a failure: money may have moved, and the customer cannot be told yet.
    "unknown": AuditSeverity.ERROR,
}


@dataclass(frozen=True, slots=True)
class ToolRequested(Event):
    """The model asked for a tool."""

    type = AuditEventType.TOOL_REQUESTED
    tool: str
    arguments: Arguments
    _: KW_ONLY
    agent: str
    call_id: str

    def details(self) -> Details:
        told = {"tool": self.tool, "agent": self.agent, "call_id": self.call_id}
        return Details("Tool requested", told, action=self.tool, arguments=self.arguments)


@dataclass(frozen=True, slots=True)
class ToolDecided(Event):
    """The registry decided. `allowed` is the intent: its event's id belongs on effect and outcome.

    `reason` is a stable code. `shown` is what the person then saw of the call, if that was its end.
    """

    type = AuditEventType.TOOL_DECIDED
    tool: str
    arguments: Arguments
    _: KW_ONLY
    result: Decision
    reason: str | None = None
    proposal: str | None = None
    shown: Mapping[str, Any] | None = None

    def details(self) -> Details:
        told = {"tool": self.tool, "reason": self.reason, "proposal": self.proposal, "shown": self.shown}
        return Details(
            f"Tool {self.result.replace('_', ' ')}",
            told,
            action=self.tool,
            result=self.result,
            severity=AuditSeverity.WARNING if self.result == "denied" else AuditSeverity.INFO,
            arguments=self.arguments,
        )


@dataclass(frozen=True, slots=True)
class ToolExecuted(Event):
    """The tool ran under `intent`. With `unknown` the intent stays open until an `OutcomeResolved`.

    `shown` is what the person saw of it.
    """

    type = AuditEventType.TOOL_EXECUTED
    tool: str
    arguments: Arguments
    _: KW_ONLY
    outcome: Outcome
    result: Mapping[str, Any] | None
    intent: str
    proposal: str | None = None
    entry: str | None = None
    reason: str | None = None
    shown: Mapping[str, Any] | None = None

    def details(self) -> Details:
        told = {"tool": self.tool, "intent": self.intent, "proposal": self.proposal, "entry": self.entry}
        return Details(
            f"Tool executed: {self.outcome}",
            {**told, "reason": self.reason, "result": self.result, "shown": self.shown},
            action=self.tool,
            result=self.outcome,
            severity=_SEVERITY_OF_OUTCOME[self.outcome],
            arguments=self.arguments,
        )


@dataclass(frozen=True, slots=True)
class OutcomeResolved(Event):
    """The ledger's answer about an intent whose outcome was not on the record.

    `arguments` are for what stands beside it: its own call is on the record with the intent.
    """

    type = AuditEventType.OUTCOME_RESOLVED
    tool: str
    _: KW_ONLY
    outcome: Outcome
    intent: str
    proposal: str | None = None
    entry: str | None = None
    arguments: Arguments | None = None

    def details(self) -> Details:
        return Details(
            f"Outcome resolved: {self.outcome}",
            {"tool": self.tool, "intent": self.intent, "proposal": self.proposal, "entry": self.entry},
            action=self.tool,
            result=self.outcome,
            severity=_SEVERITY_OF_OUTCOME[self.outcome],
        )


@dataclass(frozen=True, slots=True)
class ApprovalRequested(Event):
    """`agent` showed a card, which is open until `expires_at`.

    `asked_for` is False if its amount stands in no message of the person's. `case` is that of staff who propose.
    """

    type = AuditEventType.APPROVAL_REQUESTED
    tool: str
    _: KW_ONLY
    proposal: str
    card: Mapping[str, Any]
    expires_at: datetime
    agent: str | None = None
    asked_for: bool = True
    case: str | None = None

    def details(self) -> Details:
        told = ({} if self.case is None else {"case": self.case}) | {
            "tool": self.tool,
            "proposal": self.proposal,
            # Evidence outlives the customer's key, so it must not hold words of their own.
            "card": card_without_words(self.card),
            "expires_at": wire_time(self.expires_at),
            "agent": self.agent,
        }
        return Details("Approval requested", told, action=self.tool)

    def in_words(self) -> AssistantMessage | None:
        """The card as a message under the person's own key, if their free words are on it."""
        if card_without_words(self.card) == self.card:
            return None
        return AssistantMessage(card_text(self.card), agent=self.agent or "Anya", kind="card")


@dataclass(frozen=True, slots=True)
class ApprovalGiven(Event):
    """The signed-in person pressed the button."""

    type = AuditEventType.APPROVAL_GIVEN
    tool: str
    _: KW_ONLY
    proposal: str

    def details(self) -> Details:
        return Details("Approval given", {"tool": self.tool, "proposal": self.proposal}, action=self.tool)


@dataclass(frozen=True, slots=True)
class ApprovalDeclined(Event):
    """The person declined, or the proposal became void; `reason` is a stable code."""

    type = AuditEventType.APPROVAL_DECLINED
    tool: str
    _: KW_ONLY
    proposal: str
    reason: str

    def details(self) -> Details:
        told = {"tool": self.tool, "proposal": self.proposal, "reason": self.reason}
        return Details("Approval declined", told, action=self.tool)


@dataclass(frozen=True, slots=True)
class ApprovalExpired(Event):
    """The card was not answered in time."""

    type = AuditEventType.APPROVAL_EXPIRED
    tool: str
    _: KW_ONLY
    proposal: str

    def details(self) -> Details:
        return Details("Approval expired", {"tool": self.tool, "proposal": self.proposal}, action=self.tool)
