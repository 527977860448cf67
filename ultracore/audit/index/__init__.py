"""The audit index: the record in SQL, to be found by who, what, when and by words."""

from ultracore.audit.index.consumer import IndexConsumer
from ultracore.audit.index.database import address
from ultracore.audit.index.service import AuditIndex
from ultracore.audit.index.upkeep import IndexService
from ultracore.audit.index.values import Batch, Conversation, Gap, Lag, Query

__all__ = [
    "AuditIndex",
    "Batch",
    "Conversation",
    "Gap",
    "IndexConsumer",
    "IndexService",
    "Lag",
    "Query",
    "address",
]
