"""Events of the desks at which the bank's people do their own work: loan applications, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFileOpened(Event):
    """A member of staff, by user id, reads a customer's file on a page; `action` is the kind of file.

    `case` is the one that they have opened, `told` what the customer may know of its reason.
    """

    type = AuditEventType.DATA_ACCESSED
    by: str
    customer_id: str
    action: str
    reference: str
    case: str | None = None
    told: str | None = None

    def details(self) -> Details:
        return Details(
            f"{self.by} opened a file of the customer",
            {"pii_accessed": True, "reference": self.reference}
            | ({} if self.case is None else {"case": self.case, "stated_reason": self.told}),
            action=self.action,
            result="success",
            severity=AuditSeverity.WARNING,
            resource_type="customer",
            resource_id=self.customer_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFileRefused(Event):
    """A member of staff, by user id, was not let into a file of their own desk; `reason` is a stable code."""

    type = AuditEventType.PERMISSION_DENIED
    by: str
    customer_id: str
    action: str
    reference: str
    reason: str

    def details(self) -> Details:
        return Details(
            f"{self.by} was refused a file of the customer",
            {"reason": self.reason, "reference": self.reference},
            action=self.action,
            result="denied",
            severity=AuditSeverity.WARNING,
            resource_type="customer",
            resource_id=self.customer_id,
            compliance_tags=("access_control",),
        )


LoanStep = Literal["decided", "proposed", "agreed", "given_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDecided(Event):
    """A lender, or a second person, decides on a loan application.

    `result` is `pending` for the intent, which is on the record before anything is changed, and then `success`, or
    `failure` if somebody else was faster. `intent` names the first of the two in the second.
    """

    type = AuditEventType.DATA_MODIFIED
    by: str
    reference: str
    step: LoanStep
    outcome: str
    reasons: Sequence[str]
    letter: str
    result: Literal["pending", "success", "failure"]
    intent: str | None = None

    def details(self) -> Details:
        told = {"kind": self.step, "decision": self.outcome, "by": self.by}
        return Details(
            "A decision on a loan application",
            told if self.intent is None else {**told, "intent": self.intent},
            action="loan.decide",
            result=self.result,
            severity=AuditSeverity.WARNING,
            resource_type="loan_application",
            resource_id=self.reference,
            compliance_tags=("financial",),
            new_value={"reasons": list(self.reasons), "letter": self.letter},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TieDeclared(Event):
    """A member of staff, by user id, says that they or a relative are a customer: they decide nothing there."""

    type = AuditEventType.DATA_MODIFIED
    by: str
    customer_id: str

    def details(self) -> Details:
        return Details(
            f"{self.by} declared a tie to a customer",
            {"kind": "tie"},
            action="tie.declare",
            result="success",
            resource_type="customer",
            resource_id=self.customer_id,
            compliance_tags=("access_control",),
        )


IncidentStep = Literal["assigned", "released", "linked", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentWorked(Event):
    """A member of staff, by user id, changes a reported incident; `target` is whom or what it now belongs to.

    `result` and `intent` are as those of `LoanDecided`.
    """

    type = AuditEventType.DATA_MODIFIED
    by: str
    reference: str
    step: IncidentStep
    target: str | None
    result: Literal["pending", "success", "failure"]
    intent: str | None = None

    def details(self) -> Details:
        told = {"kind": self.step, "by": self.by, "target": self.target, "intent": self.intent}
        return Details(
            "Work on a reported incident",
            {name: value for name, value in told.items() if value is not None},
            action="incident.work",
            result=self.result,
            severity=AuditSeverity.WARNING,
            resource_type="incident",
            resource_id=self.reference,
            compliance_tags=("security",),
        )
