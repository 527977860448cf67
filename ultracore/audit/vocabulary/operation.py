"""Events of how the bank is run: its policy, the checks of its rules, reports for a regulator, and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged(Event):
    """The program started with another policy than before; each is named by its digest."""

    type = AuditEventType.SYSTEM_CONFIG_CHANGED
    before: str
    now: str

    def details(self) -> Details:
        return Details(
            "The program started with another policy",
            {"kind": "policy", "label": self.now},
            action="policy.change",
            result="success",
            severity=AuditSeverity.WARNING,
            resource_type="policy",
            resource_id=self.now,
            compliance_tags=("configuration",),
            old_value={"policy": self.before},
            new_value={"policy": self.now},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulatoryReport(Event):
    """A report over the record was made; `digest` is the keyed one of its content."""

    type = AuditEventType.REGULATORY_REPORT
    kind: str
    period: Mapping[str, str]
    digest: str

    def details(self) -> Details:
        return Details(
            f"The {self.kind} report was made",
            {"kind": self.kind, "period": self.period, "digest": self.digest},
            action="report",
            result="success",
            resource_type="report",
            resource_id=self.kind,
            compliance_tags=("compliance",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceChecked(Event):
    """A check of the bank's rules found nothing wrong; `looked_at` is how much it looked at."""

    type = AuditEventType.COMPLIANCE_CHECK
    check: str
    looked_at: int

    def details(self) -> Details:
        details = {"looked_at": self.looked_at}
        return Details(
            f"Compliance check {self.check} passed",
            {"check_type": self.check, "passed": True, "details": details},
            action=self.check,
            result="passed",
            compliance_tags=("compliance",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceViolated(Event):
    """A check of the bank's rules found something wrong with `subject`; written at each run."""

    type = AuditEventType.COMPLIANCE_VIOLATION
    check: str
    subject: str
    found: Mapping[str, Any]

    def details(self) -> Details:
        return Details(
            f"Compliance check {self.check} failed",
            {"check_type": self.check, "passed": False, "details": {"subject": self.subject, **self.found}},
            action=self.check,
            result="failed",
            severity=AuditSeverity.ERROR,
            resource_type="violation",
            resource_id=self.subject,
            compliance_tags=("compliance",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(Event):
    """A rule over the record found what people should know of; `about` is the last of its `events`."""

    type = AuditEventType.ALERT_RAISED
    alert: str
    rule: str
    about: str | None
    events: int

    def details(self) -> Details:
        told = {"kind": self.rule, "events": self.events}
        return Details(
            "An alert was raised",
            told if self.about is None else {**told, "about": self.about},
            action="alert",
            result="raised",
            severity=AuditSeverity.WARNING,
            resource_type="alert",
            resource_id=self.alert,
        )
