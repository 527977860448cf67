"""The four reports, computed from the record: from what programs logged and from what conversations did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from ultracore.audit.events import AuditEventType, as_utc, wire_time
from ultracore.audit.reports.accesses import ACCESSES, accesses, hides_resource
from ultracore.audit.reports.facts import FactFilter, RecordedFact, by_day, facts
from ultracore.audit.store import RecordReader
from ultracore.audit.trail import AuditTrail
from ultracore.errors import InvalidInput
from ultracore.zone import bank_zone

T = TypeVar("T")

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
_STATUS: Final = {"success": "completed", "failure": "failed", "unknown": "pending"}
_MONEY_TOOL: Final = "execute_transaction"
_INCIDENT_TOOL: Final = "report_incident"


class ComplianceReporter:
    """Reports over a tenant's events from `start_date` (inclusive) to `end_date` (exclusive).

    Naive times are UTC. An end before the start is `InvalidInput`. `by_day` counts by days of the bank's time
    zone, which `time_zone` names.
    """

    def __init__(self, audit_trail: AuditTrail) -> None:
        self.audit_trail = audit_trail

    async def generate_access_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Accesses and access decisions, by user and by resource (`type:id`); each read by staff counts once."""
        wanted = _wanted(tenant_id, start_date, end_date, ACCESSES)
        content = await self._ask(lambda reader: _access(facts(reader, wanted, hides_resource)))
        return _report("access_control", tenant_id, start_date, end_date, content)

    async def generate_transaction_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Movements of money, logged or made in a conversation. `total_amount` is a `Decimal` over the completed.

        A conversation's outcome that became known later counts as it became known, if that is in the period.
        """
        wanted = _wanted(tenant_id, start_date, end_date, _MONEY)
        content = await self._ask(lambda reader: _transactions(facts(reader, wanted, _moves_money)))
        return _report("transactions", tenant_id, start_date, end_date, content)

    async def generate_security_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Fraud (refusals of the fraud check too), anomalies, threats and incidents, and their severities.

        A conversation's event and what stands beside it are one.
        """
        looked_at = frozenset({*_SECURITY, AuditEventType.TOOL_DECIDED, AuditEventType.TOOL_EXECUTED})
        wanted = _wanted(tenant_id, start_date, end_date, looked_at)
        content = await self._ask(lambda reader: _security(facts(reader, wanted, lambda _: False)))
        return _report("security", tenant_id, start_date, end_date, content)

    async def generate_compliance_report(
        self, tenant_id: str, start_date: datetime, end_date: datetime, compliance_type: str = "all"
    ) -> dict[str, Any]:
        """Compliance checks of one type, or of all; a violation lists what failed and when.

        A type is what a check was logged under; of one that was never logged there are no checks.
        """
        wanted = _wanted(tenant_id, start_date, end_date, _COMPLIANCE)
        found = await self._ask(lambda reader: list(facts(reader, wanted, _violates)))
        checks = [fact for fact in found if compliance_type in ("all", fact.action)]
        failed = [fact for fact in checks if fact.event_type == AuditEventType.COMPLIANCE_VIOLATION]
        content = {
            "compliance_type": compliance_type,
            "checks": {"total": len(checks), "passed": len(checks) - len(failed), "failed": len(failed)},
            "by_day": by_day(fact.timestamp for fact in checks),
            "violations": [_violation(fact) for fact in failed],
            "recommendations": [
                f"Review the failed {name} checks ({count})."
                for name, count in _counts(fact.action for fact in failed).items()
            ],
        }
        return _report("compliance", tenant_id, start_date, end_date, content)

    async def compliance_types(self, tenant_id: str) -> list[str]:
        """Every type under which a check of the tenant was ever logged, in order."""
        beginning, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        wanted = _wanted(tenant_id, beginning, end, _COMPLIANCE)
        found = await self._ask(lambda reader: {fact.action for fact in facts(reader, wanted, lambda _: False)})
        return sorted(name for name in found if name)

    async def _ask(self, question: Callable[[RecordReader], T]) -> T:
        store = await self.audit_trail.store()
        return await store.read(question)


def _wanted(tenant_id: str, start: datetime, end: datetime, types: frozenset[AuditEventType]) -> FactFilter:
    given: tuple[object, object] = (start, end)
    if not all(isinstance(moment, datetime) for moment in given):
        raise InvalidInput("a report's period is two datetimes", sentence="Give the period as dates with times.")
    if as_utc(end) < as_utc(start):
        raise InvalidInput("the report's end is before its start", sentence="The end is before the start.")
    return FactFilter(tenant_id, types, as_utc(start), as_utc(end))


def _access(found: Iterable[RecordedFact]) -> dict[str, Any]:
    users: Counter[str | None] = Counter()
    resources: Counter[str | None] = Counter()
    times: list[str] = []
    denied = 0
    for access in accesses(found):
        times.append(access.time)
        denied += access.denied
        users[access.user_id] += 1
        resources[access.resource] += 1
    total = len(times)
    summary = {
        "total_access_attempts": total,
        "granted": total - denied,
        "denied": denied,
        "by_user": _most_first(users),
        "by_resource": _most_first(resources),
    }
    return {"summary": summary, "by_day": by_day(times)}


def _transactions(found: Iterable[RecordedFact]) -> dict[str, Any]:
    known: dict[Any, str | None] = {}
    moved: list[RecordedFact] = []
    for fact in found:
        if _moves_money(fact):
            moved.append(fact)
        elif fact.event_type == AuditEventType.OUTCOME_RESOLVED and fact.told("intent") is not None:
            known[fact.told("intent")] = fact.result
    # The later answer counts, because an outcome that was unknown when the tool ran is known to the ledger now.
    results = [known.get(fact.told("intent"), fact.result) for fact in moved]
    pairs = zip(moved, results, strict=True)
    summary = {
        "total_transactions": len(moved),
        "total_amount": sum((_amount(fact) for fact, result in pairs if result == "success"), Decimal(0)),
        "by_type": _counts(_transaction_type(fact) for fact in moved),
        "by_status": _counts(_STATUS.get(result or "", result) for result in results),
    }
    return {"summary": summary, "by_day": by_day(fact.timestamp for fact in moved)}


def _security(found: Iterable[RecordedFact]) -> dict[str, Any]:
    counted: dict[tuple[str, str], tuple[str, str]] = {}
    for fact in found:
        kind = _security_kind(fact)
        if kind is not None:
            # What stands beside a conversation's event takes its place: it knows how severe it is.
            counted[fact.beside or fact.event_id, kind] = fact.severity, fact.timestamp
    kinds = Counter(kind for _, kind in counted)
    severities: Counter[str | None] = Counter(severity for severity, _ in counted.values())
    summary = {**{name: kinds[name] for name in _SECURITY.values()}, "by_severity": _most_first(severities)}
    return {"summary": summary, "by_day": by_day(moment for _, moment in counted.values())}


def _report(kind: str, tenant_id: str, start: datetime, end: datetime, content: dict[str, Any]) -> dict[str, Any]:
    period = {"start": wire_time(start), "end": wire_time(end)}
    named = {"report_type": kind, "tenant_id": tenant_id, "period": period, "time_zone": bank_zone().key}
    return {**named, **content}


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    return _most_first(Counter(values))


def _most_first(counted: Counter[str | None]) -> dict[str, int]:
    return {name: count for name, count in counted.most_common() if name is not None}


def _moves_money(fact: RecordedFact) -> bool:
    if fact.beside is not None:
        return False
    if fact.event_type == AuditEventType.TOOL_EXECUTED:
        return fact.action == _MONEY_TOOL
    return fact.event_type != AuditEventType.OUTCOME_RESOLVED


def _amounts(fact: RecordedFact) -> Mapping[str, Any]:
    """The metadata that describes an event's movement: its tool's arguments, else its own."""
    if fact.event_type != AuditEventType.TOOL_EXECUTED:
        return fact.metadata or {}
    arguments = fact.told("arguments")
    return arguments if isinstance(arguments, dict) else {}


def _transaction_type(fact: RecordedFact) -> str:
    return str(_amounts(fact).get("transaction_type", fact.action or fact.event_type))


def _amount(fact: RecordedFact) -> Decimal:
    try:
        # Programs may have logged any text as an amount, which must not end the report.
        amount = Decimal(str(_amounts(fact).get("amount", 0)))
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _security_kind(fact: RecordedFact) -> str | None:
    if fact.event_type == AuditEventType.TOOL_DECIDED:
        stopped = fact.result == "denied" and str(fact.told("reason")).startswith("fraud.")
        return _SECURITY[AuditEventType.FRAUD_DETECTED] if stopped else None
    if fact.event_type == AuditEventType.TOOL_EXECUTED:
        reported = fact.action == _INCIDENT_TOOL and fact.result == "success"
        return _SECURITY[AuditEventType.SECURITY_INCIDENT] if reported else None
    return _SECURITY[AuditEventType(fact.event_type)]


def _violates(fact: RecordedFact) -> bool:
    """True if the details are needed, or the type of the check is sealed."""
    return fact.action is None or fact.event_type == AuditEventType.COMPLIANCE_VIOLATION


def _violation(fact: RecordedFact) -> dict[str, Any]:
    return {
        "event_id": fact.event_id,
        "time": fact.timestamp,
        "check_type": fact.action,
        "severity": fact.severity,
        "details": fact.told("details") or {},
    }
