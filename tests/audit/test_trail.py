"""The published API: the seed's usage examples and named tests, against a real store."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from tests.audit.people import CUSTOMER
from ultracore.audit import AuditEvent, AuditEventType, AuditSeverity, AuditTrail, Subject
from ultracore.settings import export_to_environment


class Listener:
    def __init__(self, error: Exception | None = None) -> None:
        self.heard: list[AuditEvent] = []
        self.error = error

    async def publish_audit_event(self, event: AuditEvent) -> None:
        self.heard.append(event)
        if self.error is not None:
            raise self.error


async def test_log_event(trail: AuditTrail) -> None:
    event = await trail.log_event(
        AuditEventType.ACCOUNT_CREATED,
        "tenant_1",
        "Account opened",
        user_id="user_123",
        resource_type="account",
        resource_id="acc_456",
        action="create",
        result="success",
        new_value={"status": "active"},
        metadata={"channel": "branch"},
        compliance_tags=["kyc"],
    )
    assert event.description == "Account opened"
    assert event.new_value == {"status": "active"}
    assert (event.severity, event.sequence, event.tenant_id) == (AuditSeverity.INFO, 1, "tenant_1")
    assert event.stream_id == f"system:tenant_1:{datetime.now(UTC).date()}"
    [recent] = await trail.get_recent_events("tenant_1")
    assert recent == event


async def test_log_login(trail: AuditTrail) -> None:
    event = await trail.log_login("tenant_1", "user_123", True, ip_address="192.168.1.1", user_agent="Mozilla/5.0")
    assert (event.event_type, event.result, event.severity) == (
        AuditEventType.LOGIN,
        "success",
        AuditSeverity.INFO,
    )
    assert (event.ip_address, event.user_agent) == ("192.168.1.1", "Mozilla/5.0")
    assert event.compliance_tags == ["authentication"]


async def test_log_login_failed(trail: AuditTrail) -> None:
    event = await trail.log_login("tenant_1", "user_123", success=False)
    assert (event.event_type, event.severity) == (AuditEventType.LOGIN_FAILED, AuditSeverity.WARNING)
    assert event.result == "failure"


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        ("deposit", AuditEventType.DEPOSIT),
        ("withdrawal", AuditEventType.WITHDRAWAL),
        ("transfer", AuditEventType.TRANSFER),
        ("fee", AuditEventType.TRANSACTION_CREATED),
    ],
)
async def test_log_transaction(trail: AuditTrail, kind: str, event_type: AuditEventType) -> None:
    event = await trail.log_transaction("tenant_1", "user_123", kind, "txn_123", Decimal("1000.10"), "acc_456")
    assert (event.event_type, event.resource_id, event.compliance_tags) == (event_type, "txn_123", ["financial"])
    assert event.metadata is not None
    assert (event.metadata["amount"], event.metadata["account_id"]) == ("1000.10", "acc_456")


@pytest.mark.parametrize(("score", "severity"), [(0.85, AuditSeverity.WARNING), (0.5, AuditSeverity.INFO)])
async def test_log_fraud_detection(trail: AuditTrail, score: float, severity: AuditSeverity) -> None:
    event = await trail.log_fraud_detection("tenant_1", "user_123", "txn_123", score, "review", ["new_device"])
    assert (event.event_type, event.severity, event.result) == (AuditEventType.FRAUD_DETECTED, severity, "review")
    assert event.metadata == {"fraud_score": score, "decision": "review", "risk_factors": ["new_device"]}


async def test_log_access_control(trail: AuditTrail) -> None:
    denied = await trail.log_access_control(
        "tenant_1", "user_123", "account", "acc_456", "delete", granted=False, reason="insufficient_permissions"
    )
    assert (denied.event_type, denied.severity) == (AuditEventType.PERMISSION_DENIED, AuditSeverity.WARNING)
    assert denied.metadata == {"granted": False, "reason": "insufficient_permissions"}
    granted = await trail.log_access_control("tenant_1", "user_123", "account", "acc_456", "read", granted=True)
    assert (granted.event_type, granted.result) == (AuditEventType.PERMISSION_GRANTED, "granted")


@pytest.mark.parametrize(("pii", "severity"), [(True, AuditSeverity.WARNING), (False, AuditSeverity.INFO)])
async def test_log_data_access(trail: AuditTrail, pii: bool, severity: AuditSeverity) -> None:
    event = await trail.log_data_access("tenant_1", "user_123", "customer", "cust_1", "read", pii_accessed=pii)
    assert (event.event_type, event.severity) == (AuditEventType.DATA_ACCESSED, severity)
    assert event.compliance_tags == ["privacy"]


async def test_log_ml_prediction(trail: AuditTrail) -> None:
    event = await trail.log_ml_prediction("tenant_1", "fraud_detector", "fraud", confidence=0.92)
    assert (event.event_type, event.compliance_tags) == (AuditEventType.AI_PREDICTION, ["ai"])
    assert event.metadata == {"model_name": "fraud_detector", "prediction": "fraud", "confidence": 0.92}


async def test_log_compliance_check(trail: AuditTrail) -> None:
    passed = await trail.log_compliance_check("tenant_1", "kyc", True)
    failed = await trail.log_compliance_check("tenant_1", "aml", False, details={"missing": "address"})
    assert (passed.event_type, passed.result) == (AuditEventType.COMPLIANCE_CHECK, "passed")
    assert (failed.event_type, failed.severity) == (AuditEventType.COMPLIANCE_VIOLATION, AuditSeverity.ERROR)
    assert failed.result == "failed"


async def test_get_recent_events(trail: AuditTrail) -> None:
    for number in range(5):
        await trail.log_login("tenant_1", f"user_{number % 2}", success=True)
    await trail.log_login("tenant_2", "user_0", success=True)
    assert [event.sequence for event in await trail.get_recent_events("tenant_1", limit=3)] == [5, 4, 3]
    assert len(await trail.get_recent_events("tenant_1", user_id="user_0", limit=50)) == 3
    assert await trail.get_recent_events("tenant_1", limit=0) == []


async def test_a_producer_hears_of_an_event_once_it_is_durable(trail: AuditTrail) -> None:
    listener = Listener()
    trail.event_producer = listener
    event = await trail.log_login("tenant_1", "user_123", success=True)
    assert listener.heard == [event]


async def test_what_a_producer_raises_is_logged_and_loses_nothing(
    trail: AuditTrail, caplog: pytest.LogCaptureFixture
) -> None:
    trail.event_producer = Listener(RuntimeError("no broker"))
    with caplog.at_level(logging.ERROR):
        await trail.log_login("tenant_1", "user_123", success=True)
    assert "is in the record" in caplog.text
    assert len(await trail.get_recent_events("tenant_1")) == 1


async def test_streams_are_chosen_by_stream_then_session_then_day(trail: AuditTrail) -> None:
    kind = AuditEventType.USER_MESSAGE
    by_stream = await trail.log_event(kind, "tenant_1", "x", session_id="conv-1", stream_id="conv-2")
    by_session = await trail.log_event(kind, "tenant_1", "x", session_id="conv-1")
    by_day = await trail.log_event(kind, None, "x")
    assert (by_stream.stream_id, by_session.stream_id) == ("conv-2", "conv-1")
    assert by_day.stream_id == f"system:none:{datetime.now(UTC).date()}"


async def test_text_is_masked_everywhere_before_it_is_returned_or_kept(trail: AuditTrail) -> None:
    card = "4111 1111 1111 1111"
    event = await trail.log_event(
        AuditEventType.USER_MESSAGE,
        "tenant_1",
        f"card {card}",
        resource_id=card.replace(" ", ""),
        user_agent=card,
        old_value={"card": card},
        metadata={"text": f"my card is {card} and my password is hunter2"},
    )
    [kept] = await trail.get_recent_events("tenant_1")
    for seen in (event, kept):
        assert "4111" not in str(seen.to_dict())
        assert "hunter2" not in str(seen.to_dict())
        assert "[card ending 1111]" in str(seen.metadata)


async def test_what_the_caller_changes_later_is_not_recorded(trail: AuditTrail) -> None:
    values = {"list": [1]}
    writing = asyncio.create_task(trail.log_event(AuditEventType.DATA_MODIFIED, "tenant_1", "x", new_value=values))
    await asyncio.sleep(0)
    values["list"].append(2)
    event = await writing
    assert event.new_value == {"list": [1]}


async def test_digests_are_keyed_equal_for_equal_values_and_for_any_order_of_names(trail: AuditTrail) -> None:
    assert trail.digest({"a": 1, "b": "x"}) == trail.digest({"b": "x", "a": 1})
    assert trail.digest({"a": 1}) != trail.digest({"a": 2})
    assert len(trail.digest(float("nan"))) == 64


async def test_a_trail_without_a_store_uses_the_settings(data_dir: Path) -> None:
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    trail = AuditTrail(cache_manager=object())
    digest = trail.digest("x")
    event = await trail.log_login("tenant_1", "user_123", success=True)
    assert event.sequence == 1
    assert trail.digest("x") == digest
    assert (data_dir / "audit.db").exists()
    await trail.close()


async def test_a_subject_is_the_customer_else_the_staff_member() -> None:
    assert Subject.of(CUSTOMER) == Subject("customer", "tenant_1", "cust_1")
    assert Subject.of_tenant("tenant_1").kind == "tenant"


async def test_an_events_id_is_a_random_uuid(trail: AuditTrail) -> None:
    ids = [UUID((await trail.log_login("tenant_1", "customer1", True)).event_id) for _ in range(20)]
    assert len(set(ids)) == 20
    assert {one.version for one in ids} == {4}
