"""The record: what was said, decided and done, so that it cannot be lost and cannot be altered unnoticed."""

from ultracore.audit.configuration import note_policy
from ultracore.audit.default_record import DEFAULT_RECORD
from ultracore.audit.events import AuditEvent, AuditEventType, AuditSeverity, read_time, system_stream, wire_time
from ultracore.audit.evidence import FREE_ARGUMENTS, FREE_LABELS
from ultracore.audit.operator import Operator, operator_of
from ultracore.audit.record import ConversationRecord, TurnRecord
from ultracore.audit.replay import ConversationReplay, ReplayItem
from ultracore.audit.reports import ComplianceReporter
from ultracore.audit.store import AuditStore, SubjectSeals
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Draft, EventFilter, OpenIntent, Origin, Receipt, StreamInfo, Subject

AuditTrail.default = DEFAULT_RECORD

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
    "Origin",
    "Receipt",
    "ReplayItem",
    "StreamInfo",
    "Subject",
    "SubjectSeals",
    "TurnRecord",
    "note_policy",
    "operator_of",
    "read_time",
    "system_stream",
    "wire_time",
]
