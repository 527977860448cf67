from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ultracore.audit import AuditEventType, AuditSeverity, AuditTrail, ComplianceReporter
from ultracore.errors import InvalidInput

START = datetime.now(UTC) - timedelta(days=1)
END = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def reporter(trail: AuditTrail) -> ComplianceReporter:
    return ComplianceReporter(trail)


async def test_generate_access_report(trail: AuditTrail, reporter: ComplianceReporter) -> None:
    await trail.log_access_control("tenant_1", "user_1", "account", "acc_1", "read", granted=True)
    await trail.log_access_control("tenant_1", "user_1", "account", "acc_2", "read", granted=False)
    await trail.log_access_control("tenant_2", "user_9", "account", "acc_9", "read", granted=True)
    report = await reporter.generate_access_report("tenant_1", START, END)
    assert (report["report_type"], report["tenant_id"]) == ("access_control", "tenant_1")
    assert report["summary"] == {
        "total_access_attempts": 2,
        "granted": 1,
        "denied": 1,
        "by_user": {"user_1": 2},
        "by_resource": {"account:acc_1": 1, "account:acc_2": 1},
    }


async def test_generate_transaction_report(trail: AuditTrail, reporter: ComplianceReporter) -> None:
    await trail.log_transaction("tenant_1", "user_1", "deposit", "txn_1", Decimal("10.05"), "acc_1")
    await trail.log_transaction("tenant_1", "user_1", "transfer", "txn_2", "20.10", "acc_1")
    await trail.log_transaction("tenant_1", "user_1", "transfer", "txn_3", 5.5, "acc_1", result="failure")
    summary = (await reporter.generate_transaction_report("tenant_1", START, END))["summary"]
    assert summary == {
        "total_transactions": 3,
        "total_amount": Decimal("30.15"),
        "by_type": {"transfer": 2, "deposit": 1},
        "by_status": {"completed": 2, "failed": 1},
    }


async def test_generate_security_report(trail: AuditTrail, reporter: ComplianceReporter) -> None:
    await trail.log_fraud_detection("tenant_1", "user_1", "txn_1", 0.9, "block", [])
    await trail.log_event(
        AuditEventType.SECURITY_INCIDENT, "tenant_1", "x", severity=AuditSeverity.CRITICAL, user_id="user_1"
    )
    summary = (await reporter.generate_security_report("tenant_1", START, END))["summary"]
    assert summary == {
        "fraud_detections": 1,
        "anomalies": 0,
        "threats": 0,
        "incidents": 1,
        "by_severity": {"warning": 1, "critical": 1},
    }


async def test_generate_compliance_report(trail: AuditTrail, reporter: ComplianceReporter) -> None:
    await trail.log_compliance_check("tenant_1", "kyc", True)
    await trail.log_compliance_check("tenant_1", "kyc", False, details={"missing": "address"})
    await trail.log_compliance_check("tenant_1", "aml", True)
    report = await reporter.generate_compliance_report("tenant_1", START, END, compliance_type="kyc")
    assert (report["compliance_type"], report["checks"]) == ("kyc", {"total": 2, "passed": 1, "failed": 1})
    assert [violation["details"] for violation in report["violations"]] == [{"missing": "address"}]
    assert len(report["recommendations"]) == 1
    every = await reporter.generate_compliance_report("tenant_1", START, END)
    assert every["checks"]["total"] == 3


async def test_a_report_counts_only_its_period(trail: AuditTrail, reporter: ComplianceReporter) -> None:
    await trail.log_transaction("tenant_1", "user_1", "deposit", "txn_1", 1, "acc_1")
    before = await reporter.generate_transaction_report("tenant_1", START - timedelta(days=9), START)
    assert before["summary"]["total_transactions"] == 0
    naive = datetime.now(UTC).replace(tzinfo=None)
    found = await reporter.generate_transaction_report(
        "tenant_1", naive - timedelta(hours=1), naive + timedelta(hours=1)
    )
    assert found["summary"]["total_transactions"] == 1


async def test_an_end_before_the_start_is_refused(reporter: ComplianceReporter) -> None:
    with pytest.raises(InvalidInput, match="before its start"):
        await reporter.generate_access_report("tenant_1", END, START)
