"""The seed's audit tests and usage examples, by its names and in its words, over the store of the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ultracore.audit import AuditEvent, AuditEventType, AuditSeverity, AuditTrail, ComplianceReporter
from ultracore.cache import CacheManager, RedisCache, RedisClient
from ultracore.cache.client import RedisEndpoint
from ultracore.settings import export_to_environment

NOVEMBER = {"start_date": datetime(2025, 11, 1), "end_date": datetime(2025, 11, 30)}  # noqa: DTZ001 - as the seed has it


class Producer:
    """What the seed calls `kafka_producer`."""

    def __init__(self) -> None:
        self.published: list[AuditEvent] = []

    async def publish_audit_event(self, event: AuditEvent) -> None:
        self.published.append(event)


@pytest.fixture
def kafka_producer() -> Producer:
    return Producer()


@pytest.fixture
async def audit(data_dir: Path, kafka_producer: Producer) -> AsyncIterator[AuditTrail]:
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    made = AuditTrail(event_producer=kafka_producer, cache_manager=object())
    yield made
    await made.close()


def today() -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"start_date": now - timedelta(hours=1), "end_date": now + timedelta(hours=1)}


async def kept(audit: AuditTrail) -> AuditEvent:
    """The newest event as the record has it: another object than the one that was returned."""
    [event] = await audit.get_recent_events("tenant_1", limit=1)
    return event


def an_event(**more: Any) -> AuditEvent:
    return AuditEvent(
        event_id="evt_123",
        event_type=AuditEventType.LOGIN,
        timestamp=datetime(2025, 11, 13, 9, 30, tzinfo=UTC),
        tenant_id="tenant_1",
        user_id="user_123",
        session_id=None,
        severity=AuditSeverity.INFO,
        description="User login",
        **more,
    )


class TestAuditEvent:
    def test_create_audit_event(self) -> None:
        event = an_event(metadata={"channel": "web"})
        assert (event.event_id, event.event_type, event.tenant_id) == ("evt_123", AuditEventType.LOGIN, "tenant_1")
        assert (event.severity, event.result, event.metadata) == (AuditSeverity.INFO, None, {"channel": "web"})

    def test_to_dict(self) -> None:
        data = an_event(compliance_tags=["authentication"]).to_dict()
        assert (data["event_type"], data["severity"]) == ("login", "info")
        assert data["timestamp"] == "2025-11-13T09:30:00.000000Z"
        assert (data["compliance_tags"], data["old_value"]) == (["authentication"], None)

    def test_from_dict(self) -> None:
        event = an_event(new_value={"status": "active"})
        data = event.to_dict()
        before = {**data}
        assert AuditEvent.from_dict(data) == event
        assert data == before


class TestAuditTrail:
    async def test_log_event(self, audit: AuditTrail, kafka_producer: Producer) -> None:
        event = await audit.log_event(
            AuditEventType.ACCOUNT_CREATED,
            "tenant_1",
            "Account opened",
            user_id="user_123",
            new_value={"name": "n"},
        )
        assert await kept(audit) == event
        assert kafka_producer.published == [event]
        assert (event.description, event.new_value, event.severity) == (
            "Account opened",
            {"name": "n"},
            AuditSeverity.INFO,
        )

    async def test_log_login(self, audit: AuditTrail) -> None:
        await audit.log_login(
            tenant_id="tenant_1",
            user_id="user_123",
            success=True,
            ip_address="192.168.1.1",
            user_agent="Mozilla/5.0...",
        )
        event = await kept(audit)
        assert (event.event_type, event.severity, event.result) == (
            AuditEventType.LOGIN,
            AuditSeverity.INFO,
            "success",
        )
        assert (event.ip_address, event.user_agent) == ("192.168.1.1", "Mozilla/5.0...")
        assert event.compliance_tags == ["authentication"]

    async def test_log_login_failed(self, audit: AuditTrail) -> None:
        await audit.log_login(tenant_id="tenant_1", user_id="user_123", success=False)
        event = await kept(audit)
        assert (event.event_type, event.severity) == (AuditEventType.LOGIN_FAILED, AuditSeverity.WARNING)
        assert event.result != "success"

    async def test_log_transaction(self, audit: AuditTrail) -> None:
        await audit.log_transaction(
            tenant_id="tenant_1",
            user_id="user_123",
            transaction_type="deposit",
            transaction_id="txn_123",
            amount=1000.0,
            account_id="acc_456",
        )
        event = await kept(audit)
        assert (event.event_type, event.result, event.compliance_tags) == (
            AuditEventType.DEPOSIT,
            "success",
            ["financial"],
        )
        assert event.metadata is not None
        assert (Decimal(event.metadata["amount"]), event.metadata["account_id"]) == (Decimal(1000), "acc_456")

    async def test_log_fraud_detection(self, audit: AuditTrail) -> None:
        await audit.log_fraud_detection(
            tenant_id="tenant_1",
            user_id="user_123",
            transaction_id="txn_123",
            fraud_score=0.85,
            decision="review",
            risk_factors=["new_device", "unusual_amount"],
        )
        event = await kept(audit)
        assert (event.event_type, event.severity) == (AuditEventType.FRAUD_DETECTED, AuditSeverity.WARNING)
        assert event.compliance_tags == ["fraud"]
        assert event.metadata is not None
        assert event.metadata["risk_factors"] == ["new_device", "unusual_amount"]

    async def test_log_access_control(self, audit: AuditTrail) -> None:
        await audit.log_access_control(
            tenant_id="tenant_1",
            user_id="user_123",
            resource_type="account",
            resource_id="acc_456",
            action="delete",
            granted=False,
            reason="insufficient_permissions",
        )
        event = await kept(audit)
        assert (event.event_type, event.severity, event.result) == (
            AuditEventType.PERMISSION_DENIED,
            AuditSeverity.WARNING,
            "denied",
        )
        assert event.compliance_tags == ["access_control"]
        assert event.metadata == {"granted": False, "reason": "insufficient_permissions"}

    async def test_log_data_access(self, audit: AuditTrail) -> None:
        await audit.log_data_access(
            tenant_id="tenant_1",
            user_id="user_123",
            resource_type="customer",
            resource_id="cust_789",
            action="view",
            pii_accessed=True,
        )
        event = await kept(audit)
        assert (event.event_type, event.severity) == (AuditEventType.DATA_ACCESSED, AuditSeverity.WARNING)
        assert event.compliance_tags == ["privacy"]

    async def test_log_ml_prediction(self, audit: AuditTrail) -> None:
        await audit.log_ml_prediction(
            tenant_id="tenant_1", model_name="fraud_detector", prediction="fraud", confidence=0.92
        )
        event = await kept(audit)
        assert (event.event_type, event.compliance_tags) == (AuditEventType.AI_PREDICTION, ["ai"])
        assert event.metadata == {"model_name": "fraud_detector", "prediction": "fraud", "confidence": 0.92}

    async def test_log_compliance_check(self, audit: AuditTrail) -> None:
        await audit.log_compliance_check(tenant_id="tenant_1", check_type="kyc", passed=True)
        assert (await kept(audit)).event_type is AuditEventType.COMPLIANCE_CHECK
        await audit.log_compliance_check(tenant_id="tenant_1", check_type="kyc", passed=False)
        event = await kept(audit)
        assert (event.event_type, event.severity, event.result) == (
            AuditEventType.COMPLIANCE_VIOLATION,
            AuditSeverity.ERROR,
            "failed",
        )

    async def test_get_recent_events(self, audit: AuditTrail) -> None:
        for number in range(12):
            await audit.log_login("tenant_1", "user_123" if number % 3 else "user_456", success=True)
        await audit.log_login("tenant_2", "user_123", success=True)
        events = await audit.get_recent_events("tenant_1", limit=100)
        assert [event.sequence for event in events] == list(range(12, 0, -1))
        events = await audit.get_recent_events("tenant_1", user_id="user_123", limit=5)
        assert [event.sequence for event in events] == [12, 11, 9, 8, 6]


class TestComplianceReporter:
    async def test_generate_access_report(self, audit: AuditTrail) -> None:
        reporter = ComplianceReporter(audit)
        await audit.log_access_control("tenant_1", "user_123", "account", "acc_456", "read", granted=True)
        await audit.log_access_control("tenant_1", "user_123", "account", "acc_456", "delete", granted=False)
        report = await reporter.generate_access_report(tenant_id="tenant_1", **NOVEMBER)
        assert set(report) == {"report_type", "tenant_id", "period", "time_zone", "summary", "by_day"}
        assert set(report["period"]) == {"start", "end"}
        assert report["summary"]["total_access_attempts"] == 0
        summary = (await reporter.generate_access_report(tenant_id="tenant_1", **today()))["summary"]
        assert summary == {
            "total_access_attempts": 2,
            "granted": 1,
            "denied": 1,
            "by_user": {"user_123": 2},
            "by_resource": {"account:acc_456": 2},
        }

    async def test_generate_transaction_report(self, audit: AuditTrail) -> None:
        reporter = ComplianceReporter(audit)
        for number, (kind, result) in enumerate((("deposit", "success"), ("transfer", "pending"))):
            await audit.log_transaction(
                "tenant_1", "user_123", kind, f"txn_{number}", 0.1, "acc_456", result=result
            )
        report = await reporter.generate_transaction_report(tenant_id="tenant_1", **today())
        assert report["report_type"] == "transactions"
        assert report["summary"] == {
            "total_transactions": 2,
            "total_amount": Decimal("0.1"),
            "by_type": {"deposit": 1, "transfer": 1},
            "by_status": {"completed": 1, "pending": 1},
        }
        empty = await reporter.generate_transaction_report(tenant_id="tenant_1", **NOVEMBER)
        assert empty["summary"]["total_amount"] == Decimal(0)

    async def test_generate_security_report(self, audit: AuditTrail) -> None:
        reporter = ComplianceReporter(audit)
        await audit.log_fraud_detection("tenant_1", "user_123", "txn_123", 0.85, "review", [])
        for kind in (AuditEventType.ANOMALY_DETECTED, AuditEventType.THREAT_DETECTED):
            await audit.log_event(kind, "tenant_1", "seen")
        report = await reporter.generate_security_report(tenant_id="tenant_1", **today())
        assert report["report_type"] == "security"
        assert report["summary"] == {
            "fraud_detections": 1,
            "anomalies": 1,
            "threats": 1,
            "incidents": 0,
            "by_severity": {"info": 2, "warning": 1},
        }

    async def test_generate_compliance_report(self, audit: AuditTrail) -> None:
        reporter = ComplianceReporter(audit)
        await audit.log_compliance_check("tenant_1", "kyc", True)
        await audit.log_compliance_check("tenant_1", "aml", False, details={"list": "sanctions"})
        report = await reporter.generate_compliance_report(tenant_id="tenant_1", **today(), compliance_type="all")
        assert {"report_type", "compliance_type", "checks", "violations", "recommendations"} <= set(report)
        assert report["checks"] == {"total": 2, "passed": 1, "failed": 1}
        assert [found["check_type"] for found in report["violations"]] == ["aml"]
        assert len(report["recommendations"]) == 1


async def test_the_newest_events_lie_in_the_cache_without_what_has_to_be_sealed(
    data_dir: Path, tmp_path: Path
) -> None:
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    async with RedisCache() as cache:
        manager = CacheManager(cache)
        audit = AuditTrail(cache_manager=manager)
        await audit.log_login("tenant_1", "user_123", success=True, ip_address="192.168.1.1", user_agent="Mozilla")
        await audit.log_event(
            AuditEventType.USER_MESSAGE,
            "tenant_1",
            "a customer's words",
            user_id="O'Brien the user",
            metadata={"text": "my secret plan", "tool": "get_account_balance"},
        )
        said, login = await manager.recent_audit_events("tenant_1")
        assert (login["event_type"], login["user_id"], login["sequence"]) == ("login", "user_123", 1)
        assert (said["event_type"], said["metadata"]) == ("user_message", {"tool": "get_account_balance"})
        for word in ("Mozilla", "192.168", "Brien", "words", "secret"):
            assert word not in str([said, login])
        await audit.close()


async def test_an_event_is_recorded_also_if_the_cache_is_away(data_dir: Path, tmp_path: Path) -> None:
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    away = RedisCache(client=RedisClient(RedisEndpoint(path=tmp_path / "no.sock")), secret=b"tests")
    audit = AuditTrail(cache_manager=CacheManager(away))
    await audit.log_login("tenant_1", "user_123", success=True)
    assert (await kept(audit)).user_id == "user_123"
    await audit.close()
