from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.audit.people import BROWSER, CUSTOMER
from ultracore.audit import (
    AuditEvent,
    AuditEventType,
    AuditSeverity,
    AuditTrail,
    ComplianceReporter,
    ConversationRecord,
    Draft,
    Subject,
)
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.vocabulary import OutcomeResolved, ToolDecided, ToolExecuted
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


async def test_a_period_of_days_or_texts_is_refused(reporter: ComplianceReporter) -> None:
    days: Any = (START.date(), END.date())
    texts: Any = ("2026-11-01", "2026-11-30")
    for period in (days, texts):
        with pytest.raises(InvalidInput, match="two datetimes"):
            await reporter.generate_access_report("tenant_1", *period)


async def test_an_end_before_the_start_is_refused(reporter: ComplianceReporter) -> None:
    with pytest.raises(InvalidInput, match="before its start"):
        await reporter.generate_access_report("tenant_1", END, START)


async def test_what_conversations_did_is_in_the_reports(trail: AuditTrail, reporter: ComplianceReporter) -> None:
    turn = ConversationRecord(trail, CUSTOMER, "conv-1", BROWSER).turn("turn-1", "7F3A-0001")
    tool, pay = (
        "execute_transaction",
        {"transaction_type": "transfer", "amount": "50.10", "from_account_id": "acc_1"},
    )
    await turn.write(ToolDecided(tool, pay, result="needs_approval", proposal="prp_1"))
    done = await turn.write(ToolDecided(tool, pay, result="allowed", proposal="prp_1"))
    await turn.write(ToolExecuted(tool, pay, outcome="success", result={}, intent=done.event_id))
    lost = await turn.write(ToolDecided(tool, pay, result="allowed", proposal="prp_2"))
    await turn.write(ToolExecuted(tool, pay, outcome="unknown", result=None, intent=lost.event_id))
    open_ = await turn.write(ToolDecided(tool, pay, result="allowed", proposal="prp_3"))
    await turn.write(ToolExecuted(tool, pay, outcome="unknown", result=None, intent=open_.event_id))
    await turn.write(OutcomeResolved(tool, outcome="success", intent=lost.event_id))
    await turn.write(ToolDecided(tool, pay, result="denied", reason="fraud.blocked"))
    read = await turn.write(ToolDecided("get_account_balance", {}, result="allowed"))
    await turn.write(ToolExecuted("get_account_balance", {}, outcome="success", result={}, intent=read.event_id))
    assert (await reporter.generate_transaction_report("tenant_1", START, END))["summary"] == {
        "total_transactions": 3,
        "total_amount": Decimal("100.20"),
        "by_type": {"transfer": 3},
        "by_status": {"completed": 2, "pending": 1},
    }
    access = (await reporter.generate_access_report("tenant_1", START, END))["summary"]
    assert (access["granted"], access["denied"]) == (4, 1)
    assert access["by_resource"] == {"tool:execute_transaction": 4, "tool:get_account_balance": 1}
    security = (await reporter.generate_security_report("tenant_1", START, END))["summary"]
    assert (security["fraud_detections"], security["by_severity"]) == (1, {"warning": 1})


async def test_an_amount_that_is_no_number_spoils_no_total(
    trail: AuditTrail, reporter: ComplianceReporter
) -> None:
    for number, amount in enumerate(("NaN", "Infinity", "ten", "5.00")):
        await trail.log_transaction("tenant_1", "user_1", "deposit", f"txn_{number}", amount, "acc_1")
    summary = (await reporter.generate_transaction_report("tenant_1", START, END))["summary"]
    assert (summary["total_transactions"], summary["total_amount"]) == (4, Decimal("5.00"))


async def test_an_unknown_tenant_and_an_unknown_type_have_nothing(
    trail: AuditTrail, reporter: ComplianceReporter
) -> None:
    await trail.log_compliance_check("tenant_1", "kyc", True)
    for tenant, kind in (("tenant_9", "all"), ("tenant_1", "made_up")):
        report = await reporter.generate_compliance_report(tenant, START, END, compliance_type=kind)
        assert report["checks"] == {"total": 0, "passed": 0, "failed": 0}
        assert (report["violations"], report["recommendations"]) == ([], [])


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-10-03T13:59:59.999999+00:00", "2026-10-03"),
        ("2026-10-03T14:00:00+00:00", "2026-10-04"),
        ("2026-10-04T12:59:59+00:00", "2026-10-04"),
        ("2026-10-04T13:00:00+00:00", "2026-10-05"),
        ("2026-04-05T13:59:59+00:00", "2026-04-05"),
        ("2026-04-05T14:00:00+00:00", "2026-04-06"),
    ],
)
async def test_a_report_counts_by_the_banks_days(
    store: SqliteAuditStore, reporter: ComplianceReporter, moment: str, day: str
) -> None:
    at = datetime.fromisoformat(moment)
    for number, kind in enumerate((AuditEventType.PERMISSION_GRANTED, AuditEventType.DEPOSIT)):
        event = AuditEvent(f"evt-{number}", kind, at, "tenant_1", stream_id="system:tenant_1:day")
        await store.append(Draft(event, Subject("tenant", "tenant_1", "tenant_1")))
    period = at - timedelta(days=1), at + timedelta(days=1)
    access = await reporter.generate_access_report("tenant_1", *period)
    money = await reporter.generate_transaction_report("tenant_1", *period)
    assert (access["by_day"], money["by_day"]) == ({day: 1}, {day: 1})
    assert access["time_zone"] == "Australia/Sydney"
