"""Events of erasing a customer and of legal holds. They go to the tenant's system stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.operator import Operator
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureAdvanced(Event):
    """One step of an erasure was taken; `told` is what only this step has to say."""

    type = AuditEventType.DATA_DELETED
    customer_id: str | None
    action: str
    result: str
    erasure: str
    subject_kind: str
    keys: Sequence[str]
    told: Mapping[str, Any]
    by: Operator

    def details(self) -> Details:
        told = {"erasure": self.erasure, "kind": self.subject_kind, **self.told}
        if self.keys:
            # In clear, so that the topic also tells which keys must not come back with a restored database.
            told["keys"] = list(self.keys)
        return _of_erasure("An erasure", self, self.action, self.result, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRefused(Event):
    """An erasure, or the release of a hold, was asked for and not allowed; `reason` is a stable code."""

    type = AuditEventType.PERMISSION_DENIED
    customer_id: str | None
    action: str
    reason: str
    by: Operator

    def details(self) -> Details:
        return _of_erasure("An erasure was refused", self, self.action, "denied", {"reason": self.reason})


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldChanged(Event):
    """A legal hold was placed or released."""

    type = AuditEventType.DATA_MODIFIED
    customer_id: str | None
    placed: bool
    reason: str
    by: Operator

    def details(self) -> Details:
        action = "hold.place" if self.placed else "hold.release"
        return _of_erasure("A legal hold changed", self, action, "success", {"stated_reason": self.reason})


def _of_erasure(
    description: str,
    event: ErasureAdvanced | ErasureRefused | LegalHoldChanged,
    action: str,
    result: str,
    told: Mapping[str, Any],
) -> Details:
    """The customer stands in clear by their id; who acted is sealed."""
    return Details(
        description,
        {**told, "operating_system_user": event.by.account, "person": event.by.person},
        action=action,
        result=result,
        severity=AuditSeverity.WARNING,
        resource_type="customer",
        resource_id=event.customer_id,
        compliance_tags=("privacy",),
    )
