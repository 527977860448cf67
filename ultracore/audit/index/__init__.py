"""The audit index: the record in SQL, to be found by who, what, when and by words."""

from ultracore.audit.index.consumer import IndexConsumer
from ultracore.audit.index.database import address
from ultracore.audit.index.service import AuditIndex
from ultracore.audit.index.upkeep import IndexService
from ultracore.audit.index.values import Batch, Gap, IndexedConversation, Lag, Query
from ultracore.audit.index.words import split as words_of

__all__ = [
    "AuditIndex",
    "Batch",
    "Gap",
    "IndexConsumer",
    "IndexService",
    "IndexedConversation",
    "Lag",
    "Query",
    "address",
    "words_of",
]
