"""The audit index: the record in SQL, to be found by who, what, when and by words."""

from ultracore.audit.index.interfaces import Alarm, Batch, Conversation, Gap, Key, KeyBook, Lag, Query, Status

__all__ = ["Alarm", "Batch", "Conversation", "Gap", "Key", "KeyBook", "Lag", "Query", "Status"]
