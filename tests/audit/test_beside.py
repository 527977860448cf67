"""What stands beside a conversation's events: on the system stream, once, and only what follows from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from tests.audit.people import BROWSER, CUSTOMER, TRANSFER, a_payment
from ultracore.audit import AuditEvent, AuditTrail, ConversationRecord, EventFilter, note_policy
from ultracore.audit.beside import beside
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.vocabulary import (
    ApprovalDeclined,
    ApprovalExpired,
    ApprovalGiven,
    ApprovalRequested,
    ConversationEvent,
    ConversationRouted,
    HandoffRequested,
    OutcomeResolved,
    ToolDecided,
    ToolExecuted,
    TurnStopped,
)

PAY: Final = "execute_transaction"
MOMENT: Final = datetime(2026, 11, 30, tzinfo=UTC)


def done(tool: str, result: dict[str, Any], proposal: str | None = None) -> ToolExecuted:
    return ToolExecuted(tool, {}, outcome="success", result=result, intent="evt_1", proposal=proposal)


def denied(reason: str, tool: str = "get_account_balance") -> ToolDecided:
    return ToolDecided(tool, {}, result="denied", reason=reason)


def card(*, asked_for: bool) -> ApprovalRequested:
    return ApprovalRequested(PAY, proposal="prp_1", card={}, expires_at=MOMENT, asked_for=asked_for)


MEANINGS: Final[list[tuple[ConversationEvent, str]]] = [
    (TurnStopped(), ""),
    (ConversationRouted(label="payments", agent="Payments", score=0.9), "ai_prediction"),
    (HandoffRequested(source="A", target="B", reason="subject.changed", score=0.8), "ai_prediction"),
    (HandoffRequested(source="A", target="B", reason="model.requested", score=None), ""),
    (ToolDecided(PAY, TRANSFER, result="needs_approval", proposal="prp_1"), "transaction_created"),
    (ToolDecided(PAY, TRANSFER, result="allowed", proposal="prp_1"), ""),
    (card(asked_for=True), ""),
    (card(asked_for=False), "threat_detected"),
    (ApprovalGiven(PAY, proposal="prp_1"), "transaction_approved"),
    (ApprovalGiven("add_payee", proposal="prp_1"), ""),
    (ApprovalDeclined(PAY, proposal="prp_1", reason="customer.declined"), "transaction_rejected"),
    (ApprovalExpired(PAY, proposal="prp_1"), "transaction_rejected"),
    (done(PAY, {}, "prp_1"), "transfer"),
    (ToolExecuted(PAY, TRANSFER, outcome="failure", result=None, intent="evt_1"), "transaction_rejected"),
    (ToolExecuted(PAY, TRANSFER, outcome="unknown", result=None, intent="evt_1"), ""),
    (OutcomeResolved(PAY, outcome="success", intent="evt_1"), "transfer"),
    (OutcomeResolved(PAY, outcome="failure", intent="evt_1"), "transaction_rejected"),
    (denied("funds.insufficient", PAY), "transaction_rejected"),
    (denied("approval.used", PAY), ""),
    (denied("fraud.blocked", PAY), "transaction_rejected fraud_detected"),
    (denied("customer.mismatch"), "threat_detected"),
    (denied("account.not_found"), "threat_detected"),
    (denied("access.restricted"), "access_blocked anomaly_detected"),
    (denied("arguments.missing"), ""),
    (done("open_account", {"account_id": "acc_7"}, "prp_1"), "account_created"),
    (done("close_account", {"account_id": "acc_7"}, "prp_1"), "account_closed"),
    (done("add_payee", {"payee_id": "pay_1"}, "prp_1"), "data_modified"),
    (done("freeze_card", {"card_id": "crd_1", "changed": True}), "access_blocked"),
    (done("freeze_card", {"card_id": "crd_1", "changed": False}), ""),
    (done("report_incident", {"reference": "I-1"}), "security_incident"),
    (
        done("protect_customer", {"cards": [{"last_digits": "1111"}], "report": {"reference": "I-1"}}),
        "threat_detected access_blocked security_incident",
    ),
    (done("check_message", {"verdict": "likely_scam"}), "threat_detected"),
    (done("check_message", {"verdict": "no_signs_found"}), ""),
    (done("detect_fraud", {"decision": "allow", "fraud_score": 0.1}), "ai_prediction"),
    (done("detect_fraud", {"decision": "review", "fraud_score": 0.5}), "ai_prediction anomaly_detected"),
    (done("detect_fraud", {"decision": "block", "fraud_score": 0.9}), "ai_prediction fraud_detected"),
    (done("list_unusual_activity", {"activities": [{}]}), "anomaly_detected"),
    (done("list_unusual_activity", {"activities": []}), ""),
    (done("analyze_credit_risk", {"risk_score": 0.2, "risk_category": "low"}), "ai_prediction"),
]


@pytest.mark.parametrize(("event", "types"), MEANINGS)
def test_what_an_event_of_a_conversation_means_to_the_bank(event: ConversationEvent, types: str) -> None:
    assert " ".join(one.type for one in beside(event)) == types


async def asides(store: SqliteAuditStore) -> list[AuditEvent]:
    found = await store.select(EventFilter(tenant_id="tenant_1"))
    return [event for event in found if (event.metadata or {}).get("beside")]


async def test_a_payment_leaves_its_transaction_on_the_system_stream(
    store: SqliteAuditStore, trail: AuditTrail
) -> None:
    await a_payment(trail)
    [told] = [event for event in await asides(store) if event.event_type == "transfer"]
    executed = next(event for event in await store.events("conv-1") if event.event_type == "tool_executed")
    assert (told.stream_id or "").startswith("system:tenant_1:")
    assert (told.session_id, told.resource_id, told.result) == ("conv-1", "ent_1", "success")
    assert told.metadata is not None
    assert told.metadata["beside"] == executed.event_id
    assert (told.metadata["amount"], told.metadata["proposal"]) == ("50.00", "prp_1")


async def test_a_transaction_is_evidence_and_the_rest_is_the_customers(
    store: SqliteAuditStore, trail: AuditTrail
) -> None:
    await a_payment(trail)
    sealed = {str(event.event_type): event.sealed for event in await asides(store)}
    own = {str(event.event_type): event.sealed for event in await store.events("conv-1")}
    keys = [(sealed[name] or {})["key_id"] for name in ("transfer", "transaction_created", "ai_prediction")]
    evidence, customer = (own["approval_given"] or {})["key_id"], (own["user_message"] or {})["key_id"]
    assert keys == [evidence, evidence, customer]


async def test_what_a_model_wrote_in_odd_shapes_takes_nothing_from_the_event(
    store: SqliteAuditStore, trail: AuditTrail
) -> None:
    turn = ConversationRecord(trail, CUSTOMER, "conv-1", BROWSER).turn("turn-1", "7F3A-0001")
    odd = {"amount": ["1"], "transaction_type": {"a": 1}, "from_account_id": "acc 1 <b>"}
    await turn.write(ToolDecided(PAY, odd, result="denied", reason="arguments.invalid"))
    await turn.write(ToolDecided(PAY, "{no json", result="denied", reason="arguments.not_json"))
    assert len(await store.events("conv-1")) == 2
    assert [event.event_type for event in await asides(store)] == ["transaction_rejected"] * 2


async def test_another_policy_is_on_the_record_once(store: SqliteAuditStore, trail: AuditTrail) -> None:
    for version in ("one", "one", "two", "two"):
        await note_policy(trail, version)
    [changed] = await store.select(EventFilter(tenant_id="none"))
    assert (changed.event_type, changed.old_value, changed.new_value) == (
        "system_config_changed",
        {"policy": "one"},
        {"policy": "two"},
    )
