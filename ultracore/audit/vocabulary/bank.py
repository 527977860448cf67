"""What the events of a conversation mean to the bank: transactions, accounts, fraud, threats, predictions.

Each stands on the tenant's system stream beside an event of a conversation, whose id is its `beside`
(`ultracore/audit/beside.py` says which stands beside which).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyMovement:
    """A payment as its tool was asked for it; what is not known is None."""

    proposal: str | None = None
    intent: str | None = None
    entry: str | None = None
    kind: str | None = None
    amount: str | None = None
    source: str | None = None
    target: str | None = None

    def details(self, what: str, action: str, result: str, reason: str | None = None) -> Details:
        """The part that goes on the record."""
        told: dict[str, Any] = {
            "proposal": self.proposal,
            "intent": self.intent,
            "entry": self.entry,
            "transaction_type": self.kind,
            "amount": self.amount,
            "account_id": self.source,
            "to": self.target,
            "reason": reason,
        }
        return Details(
            what,
            {name: value for name, value in told.items() if value is not None},
            action=action,
            result=result,
            resource_type="transaction",
            resource_id=self.entry or self.proposal,
            compliance_tags=("financial",),
        )


@dataclass(frozen=True, slots=True)
class TransactionCreated(Event):
    """A payment was proposed and waits for its button."""

    type = AuditEventType.TRANSACTION_CREATED
    movement: MoneyMovement

    def details(self) -> Details:
        return self.movement.details("A payment was proposed", "propose", "pending")


@dataclass(frozen=True, slots=True)
class TransactionApproved(Event):
    """A person approved a payment; with two persons, each of them leaves one."""

    type = AuditEventType.TRANSACTION_APPROVED
    movement: MoneyMovement

    def details(self) -> Details:
        return self.movement.details("A payment was approved", "approve", "approved")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRejected(Event):
    """A payment was refused, declined, left to run out, or not done; `reason` is the stable code."""

    type = AuditEventType.TRANSACTION_REJECTED
    movement: MoneyMovement
    reason: str

    def details(self) -> Details:
        return self.movement.details("A payment was not made", "reject", "rejected", self.reason)


@dataclass(frozen=True, slots=True)
class _Settled(Event):
    """Money moved: the ledger has the entry."""

    movement: MoneyMovement

    def details(self) -> Details:
        return self.movement.details("Money moved", self.type.value, "success")


@dataclass(frozen=True, slots=True)
class Deposited(_Settled):
    """A deposit was settled."""

    type = AuditEventType.DEPOSIT


@dataclass(frozen=True, slots=True)
class Withdrawn(_Settled):
    """A withdrawal was settled."""

    type = AuditEventType.WITHDRAWAL


@dataclass(frozen=True, slots=True)
class Transferred(_Settled):
    """A transfer or payment was settled: the ledger has the entry."""

    type = AuditEventType.TRANSFER


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccountChanged(Event):
    """An account changed its state under an approved proposal."""

    account_id: str | None
    proposal: str | None

    def details(self) -> Details:
        return Details(
            self.type.value.replace("_", " ").capitalize(),
            {} if self.proposal is None else {"proposal": self.proposal},
            action=self.type.value,
            result="success",
            resource_type="account",
            resource_id=self.account_id,
            compliance_tags=("financial",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreated(_AccountChanged):
    """A customer opened an everyday or savings account."""

    type = AuditEventType.ACCOUNT_CREATED


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed(_AccountChanged):
    """A customer closed one of their accounts for good."""

    type = AuditEventType.ACCOUNT_CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFrozen(Event):
    """A debit card was frozen: nothing can be paid with it."""

    type = AuditEventType.ACCESS_BLOCKED
    card: str

    def details(self) -> Details:
        return Details(
            "A card was frozen",
            action="card.freeze",
            result="blocked",
            severity=AuditSeverity.WARNING,
            resource_type="card",
            resource_id=self.card,
            compliance_tags=("fraud",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRestricted(Event):
    """The adaptive access rules refused a login something; `reason` is the stable code."""

    type = AuditEventType.ACCESS_BLOCKED
    tool: str
    reason: str

    def details(self) -> Details:
        return Details(
            "A login was refused by the adaptive access rules",
            {"tool": self.tool, "reason": self.reason},
            action=self.tool,
            result="denied",
            severity=AuditSeverity.WARNING,
            compliance_tags=("access_control",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeSaved(Event):
    """A payee was added to a customer's saved payees."""

    type = AuditEventType.DATA_MODIFIED
    payee_id: str | None
    proposal: str | None

    def details(self) -> Details:
        return Details(
            "A payee was saved",
            {} if self.proposal is None else {"proposal": self.proposal},
            action="payee.add",
            result="success",
            resource_type="payee",
            resource_id=self.payee_id,
            compliance_tags=("financial",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudDetected(Event):
    """The fraud check would stop a payment, or stopped it; `score` is 0 to 1 if it was told."""

    type = AuditEventType.FRAUD_DETECTED
    tool: str
    reason: str
    score: float | None = None

    def details(self) -> Details:
        told = {"tool": self.tool, "reason": self.reason, "decision": "block"}
        return Details(
            "The fraud check found signs of fraud",
            told if self.score is None else {**told, "fraud_score": self.score},
            action="fraud_check",
            result="block",
            severity=AuditSeverity.WARNING,
            resource_type="tool",
            resource_id=self.tool,
            compliance_tags=("fraud",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyDetected(Event):
    """Something is unusual: a payment to look at, activity of the last days, or a login."""

    type = AuditEventType.ANOMALY_DETECTED
    tool: str
    reason: str
    score: float | None = None

    def details(self) -> Details:
        told = {"tool": self.tool, "reason": self.reason}
        return Details(
            "Something unusual was found",
            told if self.score is None else {**told, "fraud_score": self.score},
            action="anomaly_check",
            result="review",
            severity=AuditSeverity.WARNING,
            resource_type="tool",
            resource_id=self.tool,
            compliance_tags=("fraud",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatDetected(Event):
    """A sign of an attack: `scam.message`, `scam.reported`, `foreign.identity`, `foreign.account` or
    `instruction.not_asked`.
    """

    type = AuditEventType.THREAT_DETECTED
    kind: str
    tool: str

    def details(self) -> Details:
        return Details(
            "A sign of an attack was found",
            {"kind": self.kind, "tool": self.tool},
            action="threat_check",
            result="suspected",
            severity=AuditSeverity.WARNING,
            resource_type="tool",
            resource_id=self.tool,
            compliance_tags=("security",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReported(Event):
    """A customer reported an incident. It is critical if they are being scammed now, else an error."""

    type = AuditEventType.SECURITY_INCIDENT
    reference: str
    under_attack: bool

    def details(self) -> Details:
        return Details(
            "A customer reported an incident",
            action="incident.report",
            result="open",
            severity=AuditSeverity.CRITICAL if self.under_attack else AuditSeverity.ERROR,
            resource_type="incident",
            resource_id=self.reference,
            compliance_tags=("security",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted(Event):
    """A model of the bank's predicted something: the router, the credit score or the fraud score."""

    type = AuditEventType.AI_PREDICTION
    model: str
    prediction: str | None
    confidence: float | None = None

    def details(self) -> Details:
        return Details(
            f"Prediction of {self.model}",
            {"model_name": self.model, "prediction": self.prediction, "confidence": self.confidence},
            action="predict",
            result="success",
            resource_type="model",
            resource_id=self.model,
            compliance_tags=("ai",),
        )


BankEvent = (
    TransactionCreated
    | TransactionApproved
    | TransactionRejected
    | Deposited
    | Withdrawn
    | Transferred
    | AccountCreated
    | AccountClosed
    | CardFrozen
    | LoginRestricted
    | PayeeSaved
    | FraudDetected
    | AnomalyDetected
    | ThreatDetected
    | IncidentReported
    | Predicted
)
"""What stands beside the events of a conversation."""
