"""The four reports of a bank's day, recounted by a script of its own over `audit export --all`."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from decimal import Decimal
from typing import Any, Final

import pytest

from tests.audit.people import BROWSER, CUSTOMER, TELLER, TRANSFER, a_payment
from ultracore.audit import AuditTrail, ConversationRecord
from ultracore.audit.defaults import open_store
from ultracore.audit.values import Origin
from ultracore.audit.vocabulary import (
    ApprovalDeclined,
    CardFrozen,
    ComplianceChecked,
    ComplianceViolated,
    DataAccessed,
    OutcomeResolved,
    SignInThrottled,
    ToolDecided,
    ToolExecuted,
)
from ultracore.cli.main import main
from ultracore.settings import Settings

Wire = dict[str, Any]
PAY: Final = "execute_transaction"
PERIOD: Final = ("--tenant", "tenant_1", "--start", "2020-01-01", "--end", "2999-01-01")
FOUND: Final = {
    "fraud_detected": "fraud_detections",
    "anomaly_detected": "anomalies",
    "threat_detected": "threats",
    "security_incident": "incidents",
}


async def a_day(settings: Settings) -> None:
    """Payments of every ending, reads, refusals, incidents and checks."""
    store = await open_store(settings)
    trail = AuditTrail(store=store)
    await a_payment(trail)
    turn = ConversationRecord(trail, CUSTOMER, "conv-2", BROWSER).turn("turn-2", "7F3A-0002")
    await turn.write(ToolDecided(PAY, TRANSFER, result="needs_approval", proposal="prp_2"))
    await turn.write(ApprovalDeclined(PAY, proposal="prp_2", reason="customer.declined"))
    for outcome in ("success", "failure"):
        lost = await turn.write(ToolDecided(PAY, TRANSFER, result="allowed", proposal="prp_3"))
        await turn.write(ToolExecuted(PAY, TRANSFER, outcome="unknown", result=None, intent=lost.event_id))
        await turn.write(
            OutcomeResolved(PAY, outcome="success" if outcome == "success" else "failure", intent=lost.event_id)
        )
    for reason in ("fraud.blocked", "customer.mismatch", "access.restricted", "limit.exceeded"):
        await turn.write(ToolDecided(PAY, TRANSFER, result="denied", reason=reason))
    results: list[tuple[str, Wire]] = [
        ("report_incident", {"reference": "I-1"}),
        ("protect_customer", {"cards": [{"last_digits": "1111"}], "report": {"reference": "I-2"}}),
        ("check_message", {"verdict": "suspicious"}),
        ("detect_fraud", {"decision": "block", "fraud_score": 0.9}),
        ("analyze_credit_risk", {"risk_score": 0.2, "risk_category": "low"}),
    ]
    for tool, result in results:
        intent = await turn.write(ToolDecided(tool, {}, result="allowed"))
        await turn.write(ToolExecuted(tool, {}, outcome="success", result=result, intent=intent.event_id))
    staff = ConversationRecord(trail, TELLER, "conv-3", BROWSER).turn("turn-3", "7F3A-0003")
    await staff.write(DataAccessed("cust_1", action="get_account_balance"))
    await staff.write(ToolDecided("get_account_balance", {}, result="allowed"))
    await trail.log_transaction("tenant_1", "user_1", "deposit", "txn_1", "10.50", "acc_1")
    await trail.log_fraud_detection("tenant_1", "user_1", "txn_1", 0.9, "block", [])
    await trail.write(SignInThrottled(), Origin("tenant_1"))
    # Of the bank itself, beside nothing: it counts.
    await trail.write(CardFrozen(card="crd_9"), Origin("tenant_1"))
    await trail.write(ComplianceChecked(check="four_eyes", looked_at=3), Origin("tenant_1"))
    await trail.write(ComplianceViolated(check="kyc", subject="ent_1", found={}), Origin("tenant_1"))
    await store.close()


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["audit", *arguments]) == 0
    return capsys.readouterr().out


def told(event: Wire) -> Wire:
    content = (event.get("revealed") or {}).get("content", {})
    return {**(event["metadata"] or {}), **(content.get("metadata") or {})}


def is_own(event: Wire) -> bool:
    return "beside" not in told(event)


def transactions(events: list[Wire]) -> Wire:
    known = {
        told(event).get("intent"): event["result"] for event in events if event["event_type"] == "outcome_resolved"
    }
    count: Counter[str] = Counter()
    total = Decimal(0)
    for event in filter(is_own, events):
        paid = event["event_type"] == "tool_executed" and told(event)["tool"] == PAY
        if paid or event["event_type"] in ("deposit", "withdrawal", "transfer", "transaction_created"):
            result = str(known.get(told(event).get("intent"), event["result"]))
            count[result] += 1
            amount = told(event)["arguments"]["amount"] if paid else told(event)["amount"]
            total += Decimal(amount) if result == "success" else 0
    names = {"success": "completed", "failure": "failed", "unknown": "pending"}
    statuses = {names[result]: number for result, number in count.items()}
    return {"total_transactions": count.total(), "total_amount": str(total), "by_status": statuses}


def security(events: list[Wire]) -> Wire:
    stood_for = {told(event)["beside"] for event in events if not is_own(event) and event["event_type"] in FOUND}
    seen: list[tuple[str, str]] = []
    for event in events:
        kind, name = FOUND.get(event["event_type"]), told(event).get("tool")
        if kind is None and event["event_id"] not in stood_for:
            if event["event_type"] == "tool_executed" and name == "report_incident":
                kind = "incidents"
            if event["event_type"] == "tool_decided" and str(told(event).get("reason")).startswith("fraud."):
                kind = "fraud_detections"
        if kind is not None:
            seen.append((kind, event["severity"]))
    kinds = Counter(kind for kind, _ in seen)
    severities = Counter(severity for _, severity in seen)
    return {**{name: kinds[name] for name in FOUND.values()}, "by_severity": dict(severities)}


def accesses(events: list[Wire]) -> tuple[int, int]:
    """Granted and denied; a look by staff is one with the decision about its tool."""
    own = [event for event in events if is_own(event)]
    decided = [event["result"] for event in own if event["event_type"] == "tool_decided"]
    refused = [event for event in own if event["event_type"] in ("access_blocked", "permission_denied")]
    return decided.count("allowed"), decided.count("denied") + len(refused)


def test_the_four_reports_of_a_day_are_what_an_export_says(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(a_day(settings))
    reports = {
        kind: json.loads(printed(capsys, "report", kind, *PERIOD))
        for kind in ("transactions", "security", "access", "compliance")
    }
    lines = printed(capsys, "export", "--all", "--tenant", "tenant_1", "--reason", "recount").splitlines()
    events: list[Wire] = [json.loads(line) for line in lines]
    paid, counted = reports["transactions"]["summary"], transactions(events)
    assert {name: paid[name] for name in counted} == counted
    assert (counted["total_transactions"], counted["total_amount"]) == (4, "110.50")
    assert reports["security"]["summary"] == security(events)
    assert reports["security"]["summary"]["by_severity"]["critical"] == 1
    access = reports["access"]["summary"]
    assert (access["granted"], access["denied"]) == accesses(events)
    assert reports["compliance"]["checks"] == {"total": 2, "passed": 1, "failed": 1}
