"""The four reports, computed from the record: from what programs logged and from what conversations did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ultracore.audit.events import AuditEvent, AuditEventType, as_utc, wire_time
from ultracore.audit.interfaces import EventFilter
from ultracore.audit.trail import AuditTrail
from ultracore.errors import InvalidInput

_ACCESS: Final = frozenset(
    {
        AuditEventType.PERMISSION_GRANTED,
        AuditEventType.PERMISSION_DENIED,
        AuditEventType.ACCESS_BLOCKED,
        AuditEventType.DATA_ACCESSED,
        AuditEventType.TOOL_DECIDED,
    }
)
_MONEY: Final = frozenset(
    {
        AuditEventType.TRANSACTION_CREATED,
        AuditEventType.DEPOSIT,
        AuditEventType.WITHDRAWAL,
        AuditEventType.TRANSFER,
        AuditEventType.TOOL_EXECUTED,
        AuditEventType.OUTCOME_RESOLVED,
    }
)
_SECURITY: Final = {
    AuditEventType.FRAUD_DETECTED: "fraud_detections",
    AuditEventType.ANOMALY_DETECTED: "anomalies",
    AuditEventType.THREAT_DETECTED: "threats",
    AuditEventType.SECURITY_INCIDENT: "incidents",
}
_COMPLIANCE: Final = frozenset({AuditEventType.COMPLIANCE_CHECK, AuditEventType.COMPLIANCE_VIOLATION})
_DENIED: Final = frozenset({AuditEventType.PERMISSION_DENIED, AuditEventType.ACCESS_BLOCKED})
_STATUS: Final = {"success": "completed", "failure": "failed", "unknown": "pending"}
_MONEY_TOOL: Final = "execute_transaction"
_INCIDENT_TOOL: Final = "report_incident"


class ComplianceReporter:
    """Reports over a tenant's events from `start_date` (inclusive) to `end_date` (exclusive).

    Naive times are UTC. An end before the start is `InvalidInput`.
    """

    def __init__(self, audit_trail: AuditTrail) -> None:
        self.audit_trail = audit_trail

    async def generate_access_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Accesses and access decisions, by user and by resource (`type:id`)."""
        found = await self._events(tenant_id, start_date, end_date, _ACCESS)
        # What waits for an approval is decided when the button was pressed: it is counted then.
        events = [event for event in found if event.result != "needs_approval"]
        denied = sum(event.event_type in _DENIED or event.result == "denied" for event in events)
        summary = {
            "total_access_attempts": len(events),
            "granted": len(events) - denied,
            "denied": denied,
            "by_user": _counts(event.user_id for event in events),
            "by_resource": _counts(_resource(event) for event in events),
        }
        return _report("access_control", tenant_id, start_date, end_date, {"summary": summary})

    async def generate_transaction_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Movements of money, logged or made in a conversation. `total_amount` is a `Decimal` over the completed.

        A conversation's outcome that became known later counts as it became known, where that is in the period.
        """
        found = await self._events(tenant_id, start_date, end_date, _MONEY)
        known = {_told(event, "intent"): event.result for event in found if _is_resolution(event)}
        events = [event for event in found if _moves_money(event)]
        results = [known.get(_told(event, "intent"), event.result) for event in events]
        pairs = zip(events, results, strict=True)
        summary = {
            "total_transactions": len(events),
            "total_amount": sum((_amount(event) for event, result in pairs if result == "success"), Decimal(0)),
            "by_type": _counts(_transaction_type(event) for event in events),
            "by_status": _counts(_STATUS.get(result or "", result) for result in results),
        }
        return _report("transactions", tenant_id, start_date, end_date, {"summary": summary})

    async def generate_security_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Fraud (refusals of the fraud check too), anomalies, threats and incidents, and their severities."""
        looked_at = frozenset({*_SECURITY, AuditEventType.TOOL_DECIDED, AuditEventType.TOOL_EXECUTED})
        found = await self._events(tenant_id, start_date, end_date, looked_at)
        kinds = [(kind, event) for event in found if (kind := _security_kind(event)) is not None]
        counted = Counter(kind for kind, _ in kinds)
        by_severity = _counts(str(event.severity) for _, event in kinds)
        summary = {**{name: counted[name] for name in _SECURITY.values()}, "by_severity": by_severity}
        return _report("security", tenant_id, start_date, end_date, {"summary": summary})

    async def generate_compliance_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime, compliance_type: str = "all"
    ) -> dict[str, Any]:
        """Compliance checks of one type, or of all; a violation lists what failed and when.

        A type is what a check was logged under; of one that was never logged there are no checks.
        """
        found = await self._events(tenant_id, start_date, end_date, _COMPLIANCE)
        events = [event for event in found if compliance_type in ("all", event.action)]
        failed = [event for event in events if event.event_type is AuditEventType.COMPLIANCE_VIOLATION]
        content = {
            "compliance_type": compliance_type,
            "checks": {"total": len(events), "passed": len(events) - len(failed), "failed": len(failed)},
            "violations": [_violation(event) for event in failed],
            "recommendations": [
                f"Review the failed {name} checks ({count})." for name, count in _counts(_actions(failed)).items()
            ],
        }
        return _report("compliance", tenant_id, start_date, end_date, content)

    async def _events(
        self, tenant_id: str, start: datetime, end: datetime, types: frozenset[AuditEventType]
    ) -> list[AuditEvent]:
        if as_utc(end) < as_utc(start):
            raise InvalidInput("the report's end is before its start", sentence="The end is before the start.")
        store = await self.audit_trail.store()
        return await store.select(
            EventFilter(tenant_id=tenant_id, types=types, since=as_utc(start), until=as_utc(end))
        )


def _report(kind: str, tenant_id: str, start: datetime, end: datetime, content: dict[str, Any]) -> dict[str, Any]:
    period = {"start": wire_time(start), "end": wire_time(end)}
    return {"report_type": kind, "tenant_id": tenant_id, "period": period, **content}


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(value for value in values if value is not None).most_common())


def _actions(events: Iterable[AuditEvent]) -> Iterable[str | None]:
    return (event.action for event in events)


def _told(event: AuditEvent, name: str) -> Any:
    return (event.metadata or {}).get(name)


def _resource(event: AuditEvent) -> str | None:
    if event.event_type is AuditEventType.TOOL_DECIDED:
        return f"tool:{event.action}"
    if event.resource_type is None:
        return event.resource_id
    return f"{event.resource_type}:{event.resource_id}"


def _moves_money(event: AuditEvent) -> bool:
    if event.event_type is AuditEventType.TOOL_EXECUTED:
        return event.action == _MONEY_TOOL
    return event.event_type is not AuditEventType.OUTCOME_RESOLVED


def _is_resolution(event: AuditEvent) -> bool:
    return event.event_type is AuditEventType.OUTCOME_RESOLVED and _told(event, "intent") is not None


def _facts(event: AuditEvent) -> Mapping[str, Any]:
    """Where an event tells of its movement: in the arguments of the tool, or itself."""
    told = event.metadata or {}
    if event.event_type is not AuditEventType.TOOL_EXECUTED:
        return told
    arguments = told.get("arguments")
    return arguments if isinstance(arguments, dict) else {}


def _transaction_type(event: AuditEvent) -> str:
    return str(_facts(event).get("transaction_type", event.action or event.event_type))


def _amount(event: AuditEvent) -> Decimal:
    try:
        amount = Decimal(str(_facts(event).get("amount", 0)))
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _security_kind(event: AuditEvent) -> str | None:
    if event.event_type is AuditEventType.TOOL_DECIDED:
        stopped = event.result == "denied" and str(_told(event, "reason")).startswith("fraud.")
        return _SECURITY[AuditEventType.FRAUD_DETECTED] if stopped else None
    if event.event_type is AuditEventType.TOOL_EXECUTED:
        reported = event.action == _INCIDENT_TOOL and event.result == "success"
        return _SECURITY[AuditEventType.SECURITY_INCIDENT] if reported else None
    return _SECURITY[event.event_type]


def _violation(event: AuditEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "time": wire_time(event.timestamp),
        "check_type": event.action,
        "severity": str(event.severity),
        "details": (event.metadata or {}).get("details", {}),
    }
