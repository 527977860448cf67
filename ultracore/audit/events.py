"""The events of the record: a closed vocabulary of types, severities, and the event itself.

`to_dict` and `from_dict` use the names of the wire (`docs/record-format.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

SCHEMA_VERSION: Final = 1

ERASED: Final = "[erased]"
"""The description of an event whose content cannot be opened any more: its key was destroyed."""


class AuditEventType(StrEnum):
    """The types of events. A member's value is its name in lower case."""

    LOGIN = "login"
    LOGOUT = "logout"
    LOGIN_FAILED = "login_failed"
    MFA_ENABLED = "mfa_enabled"
    MFA_DISABLED = "mfa_disabled"
    MFA_VERIFIED = "mfa_verified"
    MFA_FAILED = "mfa_failed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an event

    PERMISSION_GRANTED = "permission_granted"
    PERMISSION_DENIED = "permission_denied"
    ROLE_ASSIGNED = "role_assigned"
    ROLE_REVOKED = "role_revoked"

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_UPDATED = "account_updated"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_ACTIVATED = "account_activated"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    ACCOUNT_CLOSED = "account_closed"

    TRANSACTION_CREATED = "transaction_created"
    TRANSACTION_APPROVED = "transaction_approved"
    TRANSACTION_REJECTED = "transaction_rejected"
    TRANSACTION_REVERSED = "transaction_reversed"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"

    FRAUD_DETECTED = "fraud_detected"
    ANOMALY_DETECTED = "anomaly_detected"
    THREAT_DETECTED = "threat_detected"
    SECURITY_INCIDENT = "security_incident"
    ACCESS_BLOCKED = "access_blocked"
    RATE_LIMIT_EXCEEDED = "rate_limit_exceeded"

    AI_PREDICTION = "ai_prediction"
    ML_MODEL_TRAINED = "ml_model_trained"
    ML_MODEL_UPDATED = "ml_model_updated"
    RL_DECISION = "rl_decision"
    RL_FEEDBACK = "rl_feedback"

    DATA_ACCESSED = "data_accessed"
    DATA_MODIFIED = "data_modified"
    DATA_DELETED = "data_deleted"
    DATA_EXPORTED = "data_exported"

    COMPLIANCE_CHECK = "compliance_check"
    COMPLIANCE_VIOLATION = "compliance_violation"
    REGULATORY_REPORT = "regulatory_report"

    SYSTEM_CONFIG_CHANGED = "system_config_changed"
    BACKUP_CREATED = "backup_created"
    BACKUP_RESTORED = "backup_restored"

    SESSION_STARTED = "session_started"
    SESSION_ROUTED = "session_routed"
    SESSION_ENDED = "session_ended"
    USER_MESSAGE = "user_message"
    ASSISTANT_MESSAGE = "assistant_message"
    TOOL_REQUESTED = "tool_requested"
    TOOL_DECIDED = "tool_decided"
    TOOL_EXECUTED = "tool_executed"
    OUTCOME_RESOLVED = "outcome_resolved"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_GIVEN = "approval_given"
    APPROVAL_DECLINED = "approval_declined"
    APPROVAL_EXPIRED = "approval_expired"
    GUARDRAIL_TRIGGERED = "guardrail_triggered"
    TURN_FAILED = "turn_failed"
    TURN_STOPPED = "turn_stopped"
    FEEDBACK_GIVEN = "feedback_given"
    HANDOFF_REQUESTED = "handoff_requested"
    CONVERSATION_VIEWED = "conversation_viewed"

    PERSON_JOINED = "person_joined"
    PERSON_MESSAGE = "person_message"
    PERSON_LEFT = "person_left"
    QUEUE_CHANGED = "queue_changed"
    CONVERSATION_JUDGED = "conversation_judged"
    ALERT_RAISED = "alert_raised"

    AUDIT_EVENT_REJECTED = "audit_event_rejected"


class AuditSeverity(StrEnum):
    """How much attention an event wants."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event.

    The last block is given by the store; `sequence` is 0 and `hash` empty until then. An event read from the wire
    without its key has `None` in every field that lies in `sealed`.
    """

    event_id: str
    event_type: AuditEventType
    timestamp: datetime
    tenant_id: str
    user_id: str | None = None
    session_id: str | None = None
    severity: AuditSeverity = AuditSeverity.INFO
    description: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    action: str | None = None
    result: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    old_value: dict[str, Any] | None = None
    new_value: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    compliance_tags: list[str] | None = None

    stream_id: str | None = None
    turn_id: str | None = None
    sequence: int = 0
    prev_hash: str = ""
    hash: str = ""
    schema_version: int = SCHEMA_VERSION
    sealed: dict[str, str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "timestamp", as_utc(self.timestamp))

    @property
    def erased(self) -> bool:
        """Whether the key of its content was destroyed; then nothing but the clear part is here."""
        return self.sealed is not None and self.description == ERASED

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON-able values, every field present; times as `2026-11-23T09:30:00.000000Z`."""
        data = {name: getattr(self, name) for name in _FIELD_NAMES}
        data["event_type"] = str(self.event_type)
        data["severity"] = str(self.severity)
        data["timestamp"] = wire_time(self.timestamp)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AuditEvent:
        """Read what `to_dict` wrote, or an event from the wire; `data` is not changed.

        What an export put beside an event (`revealed`) is laid into its fields. Raises `KeyError` if an id,
        type, time or tenant is missing and `ValueError` if one cannot be read.
        """
        values = {name: data[name] for name in _FIELD_NAMES if name in data}
        values.update(_laid_open(values, data.get("revealed")))
        values["event_type"] = AuditEventType(data["event_type"])
        values["severity"] = AuditSeverity(data.get("severity", AuditSeverity.INFO))
        values["timestamp"] = read_time(data["timestamp"])
        return cls(**values)


_FIELD_NAMES: Final = tuple(item.name for item in fields(AuditEvent))


def _laid_open(values: Mapping[str, Any], revealed: Mapping[str, Any] | None) -> dict[str, Any]:
    if revealed is None:
        return {}
    content = dict(revealed["content"])
    if "metadata" in content:
        # What was sealed lies beside what stayed clear; neither replaces the other, and only both are the
        # metadata.
        content["metadata"] = {**(values.get("metadata") or {}), **content["metadata"]}
    return {name: value for name, value in content.items() if name in _FIELD_NAMES}


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive one is taken as UTC."""
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def wire_time(moment: datetime) -> str:
    """`2026-11-23T09:30:00.000000Z`: UTC, always with microseconds."""
    # Always six digits, because times are compared as texts in SQL.
    return as_utc(moment).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_time(value: str | datetime) -> datetime:
    """The moment behind an ISO 8601 text (or an already read one), in UTC. Raises `ValueError`."""
    try:
        return as_utc(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    except OverflowError as exc:
        raise ValueError("the moment lies outside the years 1 to 9999 in UTC") from exc


def system_stream(tenant_id: str | None, moment: datetime) -> str:
    """The stream for what belongs to no conversation: one a tenant and UTC day; tenant `none` if unknown."""
    return f"system:{tenant_id or 'none'}:{as_utc(moment).date().isoformat()}"
