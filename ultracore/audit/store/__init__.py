"""The append-only store: one owned writer a process over SQLite or PostgreSQL, and readers. Adapters by path."""

from ultracore.audit.store import leases
from ultracore.audit.store.leases import Lease
from ultracore.audit.store.reader import EventBody, RecordReader, StoredEvent
from ultracore.audit.store.seals import SubjectSeals
from ultracore.audit.store.service import AuditStore

__all__ = [
    "AuditStore",
    "EventBody",
    "Lease",
    "RecordReader",
    "StoredEvent",
    "SubjectSeals",
    "leases",
]
