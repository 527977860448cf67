"""Which of the bank's events stand beside an event of a conversation.

It follows from the event alone, so that every way to write it (a turn, a press, what follows a crash) leaves the
same, and both are appended together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ultracore.audit.vocabulary import (
    AccountClosed,
    AccountCreated,
    AnomalyDetected,
    ApprovalDeclined,
    ApprovalExpired,
    ApprovalGiven,
    ApprovalRequested,
    Arguments,
    BankEvent,
    CardFrozen,
    ConversationEvent,
    ConversationRouted,
    Deposited,
    FraudDetected,
    HandoffRequested,
    IncidentReported,
    LoginRestricted,
    MoneyMovement,
    OutcomeResolved,
    PayeeSaved,
    Predicted,
    ThreatDetected,
    ToolDecided,
    ToolExecuted,
    TransactionApproved,
    TransactionCreated,
    TransactionRejected,
    Transferred,
    Withdrawn,
)

MONEY_TOOL: Final = "execute_transaction"
# A press that comes too late, or twice, says nothing about the payment that its card was for.
_OF_THE_PRESS: Final = "approval."
_FOREIGN_IDENTITY: Final = frozenset(
    {"tenant.mismatch", "customer.mismatch", "user.mismatch", "access.other_customer"}
)
_FOREIGN_ACCOUNT: Final = frozenset({"account.not_found", "card.not_found", "customer.not_found"})
_ADAPTIVE: Final = frozenset({"access.step_up", "access.restricted"})


def beside(event: ConversationEvent) -> tuple[BankEvent, ...]:
    """What the event means to the bank; nothing for most."""
    match event:
        case ConversationRouted(label=label, score=score):
            return (Predicted(model="router", prediction=label, confidence=score),)
        case HandoffRequested(target=target, score=float(score)):
            return (Predicted(model="router", prediction=target, confidence=score),)
        case ToolDecided():
            return tuple(_decided(event))
        case ToolExecuted(outcome="success"):
            return tuple(_done(event))
        case ApprovalRequested(tool=tool, asked_for=False):
            return (ThreatDetected(kind="instruction.not_asked", tool=tool),)
        case _:
            return tuple(_of_a_payment(event))


def _of_a_payment(event: ConversationEvent) -> Iterator[BankEvent]:
    """What a button, a clock or the ledger says about a payment."""
    match event:
        case ApprovalGiven(tool="execute_transaction", proposal=proposal):
            yield TransactionApproved(MoneyMovement(proposal=proposal))
        case ApprovalDeclined(tool="execute_transaction", proposal=proposal, reason=reason):
            yield TransactionRejected(movement=MoneyMovement(proposal=proposal), reason=reason)
        case ApprovalExpired(tool="execute_transaction", proposal=proposal):
            yield TransactionRejected(movement=MoneyMovement(proposal=proposal), reason="approval.expired")
        case ToolExecuted(tool="execute_transaction", outcome="failure"):
            yield _rejected(event.arguments, event.reason, event.proposal, event.intent)
        case OutcomeResolved(tool="execute_transaction"):
            yield _resolved(event)


def _decided(event: ToolDecided) -> Iterator[BankEvent]:
    tool, reason = event.tool, event.reason or ""
    if event.result == "needs_approval" and tool == MONEY_TOOL:
        yield TransactionCreated(_movement(event.arguments, event.proposal))
    if event.result != "denied":
        return
    if tool == MONEY_TOOL and not reason.startswith(_OF_THE_PRESS):
        yield _rejected(event.arguments, reason, event.proposal)
    if reason.startswith("fraud."):
        yield FraudDetected(tool=tool, reason=reason)
    elif reason in _FOREIGN_IDENTITY:
        yield ThreatDetected(kind="foreign.identity", tool=tool)
    elif reason in _FOREIGN_ACCOUNT:
        yield ThreatDetected(kind="foreign.account", tool=tool)
    elif reason in _ADAPTIVE:
        yield LoginRestricted(tool=tool, reason=reason)
        yield AnomalyDetected(tool=tool, reason=reason)


def _done(event: ToolExecuted) -> Iterator[BankEvent]:
    """What a tool did, or found."""
    result, number = event.result or {}, event.proposal
    match event.tool:
        case "execute_transaction":
            yield _settled(_movement(event.arguments, number, event.intent, event.entry))
        case "open_account":
            yield AccountCreated(account_id=_text(result, "account_id"), proposal=number)
        case "close_account":
            yield AccountClosed(account_id=_text(result, "account_id"), proposal=number)
        case "add_payee":
            yield PayeeSaved(payee_id=_text(result, "payee_id"), proposal=number)
        case "report_incident":
            yield IncidentReported(reference=_text(result, "reference") or "incident", under_attack=False)
        case tool:
            yield from _found(tool, result)


def _found(tool: str, result: Mapping[str, Any]) -> Iterator[BankEvent]:
    match tool:
        case "freeze_card" if result.get("changed") is True:
            yield CardFrozen(card=_text(result, "card_id") or "card")
        case "protect_customer":
            yield from _protected(tool, result)
        case "check_message" if result.get("verdict") in ("likely_scam", "suspicious"):
            yield ThreatDetected(kind="scam.message", tool=tool)
        case "detect_fraud":
            yield from _scored(tool, result)
        case "list_unusual_activity" if result.get("activities"):
            yield AnomalyDetected(tool=tool, reason="activity.unusual")
        case "analyze_credit_risk":
            score = _number(result, "risk_score")
            yield Predicted(model="credit", prediction=_text(result, "risk_category"), confidence=score)


def _protected(tool: str, result: Mapping[str, Any]) -> Iterator[BankEvent]:
    yield ThreatDetected(kind="scam.reported", tool=tool)
    for card in result.get("cards") or ():
        yield CardFrozen(card=_text(card, "last_digits") or "card")
    if isinstance(report := result.get("report"), Mapping):
        yield IncidentReported(reference=_text(report, "reference") or "incident", under_attack=True)


def _scored(tool: str, result: Mapping[str, Any]) -> Iterator[BankEvent]:
    decision, score = _text(result, "decision"), _number(result, "fraud_score")
    yield Predicted(model="fraud", prediction=decision, confidence=score)
    if decision == "block":
        yield FraudDetected(tool=tool, reason="fraud.score", score=score)
    elif decision == "review":
        yield AnomalyDetected(tool=tool, reason="fraud.review", score=score)


def _settled(movement: MoneyMovement) -> BankEvent:
    match movement.kind:
        case "deposit":
            return Deposited(movement)
        case "withdrawal":
            return Withdrawn(movement)
        case _:
            return Transferred(movement)


def _resolved(event: OutcomeResolved) -> BankEvent:
    if event.outcome != "success":
        return _rejected(event.arguments, "outcome.not_done", event.proposal, event.intent)
    return _settled(_movement(event.arguments, event.proposal, event.intent, event.entry))


def _rejected(
    arguments: Arguments | None, reason: str | None, proposal: str | None, intent: str | None = None
) -> TransactionRejected:
    return TransactionRejected(movement=_movement(arguments, proposal, intent), reason=reason or "tool.failed")


def _movement(
    arguments: Arguments | None, proposal: str | None, intent: str | None = None, entry: str | None = None
) -> MoneyMovement:
    given = arguments if isinstance(arguments, Mapping) else {}
    return MoneyMovement(
        proposal=proposal,
        intent=intent,
        entry=entry,
        kind=_text(given, "transaction_type"),
        amount=_text(given, "amount"),
        source=_text(given, "from_account_id"),
        target=_text(given, "to_account_id"),
    )


def _text(values: Mapping[str, Any], name: str) -> str | None:
    """As a text; None if it is not there. A model may write anything, so nothing is taken at its type."""
    value = values.get(name)
    return None if value is None else str(value)


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return value if isinstance(value, float) else None
