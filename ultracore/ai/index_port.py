"""What supervision asks the audit index, which may be gone."""

from __future__ import annotations

from typing import Protocol

from ultracore.audit.index import IndexedConversation, Lag, Query
from ultracore.errors import IndexUnavailable


class ConversationIndex(Protocol):
    """Finds conversations. Whoever asks says for which tenant: the index knows no permissions."""

    async def find(self, query: Query) -> list[IndexedConversation]:
        """The conversations that fit, newest first. Raises `IndexUnavailable`."""

    async def lag(self) -> Lag:
        """How far the index is behind the record. Raises `Unavailable`."""


class NoIndex:
    """Where nobody keeps an index: each question raises `IndexUnavailable`."""

    async def find(self, query: Query) -> list[IndexedConversation]:
        """See `ConversationIndex.find`."""
        raise IndexUnavailable("there is no audit index")

    async def lag(self) -> Lag:
        """See `ConversationIndex.lag`."""
        raise IndexUnavailable("there is no audit index")
