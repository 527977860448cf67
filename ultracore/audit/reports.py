"""The four reports, computed from the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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
    }
)
_MONEY: Final = frozenset(
    {
        AuditEventType.TRANSACTION_CREATED,
        AuditEventType.DEPOSIT,
        AuditEventType.WITHDRAWAL,
        AuditEventType.TRANSFER,
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
_STATUS: Final = {"success": "completed", "failure": "failed"}


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
        events = await self._events(tenant_id, start_date, end_date, _ACCESS)
        denied = sum(event.event_type in _DENIED for event in events)
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
        """Movements of money. `total_amount` is a `Decimal` over the completed ones."""
        events = await self._events(tenant_id, start_date, end_date, _MONEY)
        summary = {
            "total_transactions": len(events),
            "total_amount": sum((_amount(event) for event in events if event.result == "success"), Decimal(0)),
            "by_type": _counts(_transaction_type(event) for event in events),
            "by_status": _counts(_STATUS.get(event.result or "", event.result) for event in events),
        }
        return _report("transactions", tenant_id, start_date, end_date, {"summary": summary})

    async def generate_security_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Fraud, anomalies, threats and incidents, and their severities."""
        events = await self._events(tenant_id, start_date, end_date, frozenset(_SECURITY))
        kinds = Counter(_SECURITY[event.event_type] for event in events)
        by_severity = _counts(str(event.severity) for event in events)
        summary = {**{name: kinds[name] for name in _SECURITY.values()}, "by_severity": by_severity}
        return _report("security", tenant_id, start_date, end_date, {"summary": summary})

    async def generate_compliance_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime, compliance_type: str = "all"
    ) -> dict[str, Any]:
        """Compliance checks of one type, or of all; a violation lists what failed and when."""
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


def _resource(event: AuditEvent) -> str | None:
    if event.resource_type is None:
        return event.resource_id
    return f"{event.resource_type}:{event.resource_id}"


def _transaction_type(event: AuditEvent) -> str:
    return str((event.metadata or {}).get("transaction_type", event.event_type))


def _amount(event: AuditEvent) -> Decimal:
    try:
        return Decimal(str((event.metadata or {}).get("amount", 0)))
    except InvalidOperation:
        return Decimal(0)


def _violation(event: AuditEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "time": wire_time(event.timestamp),
        "check_type": event.action,
        "severity": str(event.severity),
        "details": (event.metadata or {}).get("details", {}),
    }
