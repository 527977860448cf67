from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ultracore.audit import AuditEvent, AuditEventType, AuditSeverity, wire_time
from ultracore.audit.events import system_stream

SEEDS = (
    "login logout login_failed mfa_enabled mfa_disabled mfa_verified mfa_failed password_changed password_reset "
    "permission_granted permission_denied role_assigned role_revoked account_created account_updated "
    "account_deleted account_activated account_deactivated account_closed transaction_created "
    "transaction_approved transaction_rejected transaction_reversed deposit withdrawal transfer fraud_detected "
    "anomaly_detected threat_detected security_incident access_blocked rate_limit_exceeded ai_prediction "
    "ml_model_trained ml_model_updated rl_decision rl_feedback data_accessed data_modified data_deleted "
    "data_exported compliance_check compliance_violation regulatory_report system_config_changed backup_created "
    "backup_restored"
).split()
CONVERSATIONS = (
    "session_started session_routed user_message assistant_message tool_requested tool_decided tool_executed "
    "outcome_resolved approval_requested approval_given approval_declined approval_expired guardrail_triggered "
    "turn_failed turn_stopped feedback_given handoff_requested conversation_viewed session_ended"
).split()
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def an_event() -> AuditEvent:
    return AuditEvent(
        event_id="evt-1",
        event_type=AuditEventType.LOGIN,
        timestamp=NOW,
        tenant_id="tenant_1",
        user_id="user_123",
        severity=AuditSeverity.INFO,
        description="User signed in",
        metadata={"nested": {"list": [1, 2]}},
        compliance_tags=["authentication"],
    )


@pytest.mark.parametrize("value", SEEDS + CONVERSATIONS)
def test_each_type_of_the_contract_is_its_name_in_lower_case(value: str) -> None:
    assert AuditEventType[value.upper()].value == value


def test_to_dict_has_every_field_and_utc_microseconds() -> None:
    data = an_event().to_dict()
    assert data["timestamp"] == "2026-11-23T09:30:00.000000Z"
    assert data["event_type"] == "login"
    assert data["old_value"] is None
    published = "event_id event_type timestamp tenant_id user_id session_id severity description resource_type"
    assert set(published.split()) <= set(data)


def test_a_round_trip_is_equal_and_leaves_its_argument_alone() -> None:
    data = an_event().to_dict()
    before = copy.deepcopy(data)
    assert AuditEvent.from_dict(data) == an_event()
    assert data == before


def test_from_dict_ignores_keys_that_it_does_not_know() -> None:
    assert AuditEvent.from_dict({**an_event().to_dict(), "topic": "x"}) == an_event()


def test_from_dict_lays_what_an_export_revealed_into_the_fields() -> None:
    wire = {**an_event().to_dict(), "description": None, "metadata": {"tool": "t"}}
    content = {"description": "hello", "metadata": {"text": "words"}}
    event = AuditEvent.from_dict({**wire, "revealed": {"salt": "00", "content": content}})
    assert event.description == "hello"
    assert event.metadata == {"tool": "t", "text": "words"}


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="not a valid"):
        AuditEvent.from_dict({**an_event().to_dict(), "event_type": "made_up"})


def test_a_naive_time_is_utc_and_another_zone_is_converted() -> None:
    assert wire_time(datetime(2026, 1, 2, 3)) == "2026-01-02T03:00:00.000000Z"  # noqa: DTZ001
    sydney = timezone(timedelta(hours=11))
    assert wire_time(datetime(2026, 1, 2, 3, tzinfo=sydney)) == "2026-01-01T16:00:00.000000Z"


def test_the_system_stream_is_the_tenants_utc_day() -> None:
    assert system_stream("tenant_1", NOW) == "system:tenant_1:2026-11-23"
    assert system_stream(None, NOW) == "system:none:2026-11-23"
