"""The record: what was said, decided and done, so that it cannot be lost and cannot be altered unnoticed."""

from ultracore.audit.conversation import ConversationRecord, TurnRecord
from ultracore.audit.conversation_replay import ConversationReplay
from ultracore.audit.events import AuditEvent, AuditEventType, AuditSeverity
from ultracore.audit.interfaces import AuditStore, Draft, OpenIntent, Receipt, StreamInfo, Subject
from ultracore.audit.reports import ComplianceReporter
from ultracore.audit.trail import AuditTrail

__all__ = [
    "AuditEvent",
    "AuditEventType",
    "AuditSeverity",
    "AuditStore",
    "AuditTrail",
    "ComplianceReporter",
    "ConversationRecord",
    "ConversationReplay",
    "Draft",
    "OpenIntent",
    "Receipt",
    "StreamInfo",
    "Subject",
    "TurnRecord",
]
