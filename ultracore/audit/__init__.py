"""The record: what was said, decided and done, so that it cannot be lost and cannot be altered unnoticed."""

from ultracore.audit.events import AuditEvent, AuditEventType, AuditSeverity, read_time, system_stream, wire_time
from ultracore.audit.evidence import FREE_ARGUMENTS, FREE_LABELS
from ultracore.audit.operator import Operator, operator_of
from ultracore.audit.replay import ConversationReplay
from ultracore.audit.reports import ComplianceReporter
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import AuditStore, Draft, EventFilter, OpenIntent, Receipt, StreamInfo, Subject
from ultracore.audit.vocabulary import ConversationRecord, Outcome, TurnRecord, Written

__all__ = [
    "FREE_ARGUMENTS",
    "FREE_LABELS",
    "AuditEvent",
    "AuditEventType",
    "AuditSeverity",
    "AuditStore",
    "AuditTrail",
    "ComplianceReporter",
    "ConversationRecord",
    "ConversationReplay",
    "Draft",
    "EventFilter",
    "OpenIntent",
    "Operator",
    "Outcome",
    "Receipt",
    "StreamInfo",
    "Subject",
    "TurnRecord",
    "Written",
    "operator_of",
    "read_time",
    "system_stream",
    "wire_time",
]
