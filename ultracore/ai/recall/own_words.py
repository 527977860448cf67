"""A person's search over what they wrote themselves: found by the index's keyed words, shown from the record.

Nothing is kept for it: the index has digests of words, and the words around a place are opened at each search.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from ultracore.audit import AuditEvent, AuditEventType, AuditTrail
from ultracore.audit.index import IndexedConversation, Query, words_of
from ultracore.errors import IndexUnavailable
from ultracore.markdown import visible
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

Finder = Callable[[Query], Awaitable[Sequence[IndexedConversation]]]
"""Gives the conversations that fit, the newest first. Raises `IndexUnavailable`."""

MOST_FOUND: Final = 50
_AROUND: Final = 40
_MESSAGES: Final = frozenset({AuditEventType.USER_MESSAGE})


class OwnWords:
    """Finds a person's conversations by words that they wrote in them."""

    def __init__(self, trail: AuditTrail, index: Finder) -> None:
        self._trail = trail
        self._index = index

    async def find(self, owner: Principal, search: str) -> Mapping[str, str]:
        """The newest conversations in which this person wrote every one of the words, each with the place of one.

        Words are found whole, in any case and order. Nothing is found while the index is away, and what was
        written in the last moments may not have come to it. Raises `AuditUnavailable`.
        """
        wanted = frozenset(words_of(search))
        if not wanted or owner.customer_id is None:
            return {}
        try:
            found = await self._index(_query(owner, search))
        except IndexUnavailable as error:
            logger.warning("own words cannot be searched: %s", error.code)
            return {}
        # The index also knows the words of answers and of whoever else wrote in a conversation.
        ids = [one.stream_id for one in found]
        said: dict[str, list[str]] = {one: [] for one in ids}
        store = await self._trail.store()
        for event in await store.of_streams(ids, _MESSAGES) if ids else ():
            if event.stream_id in said and _is_of(event, owner):
                said[event.stream_id].append(_text_of(event))
        places = {one: _place(texts, wanted) for one, texts in said.items()}
        return {one: place for one, place in places.items() if place}


def _query(owner: Principal, search: str) -> Query:
    return Query(
        tenant_id=owner.tenant_id,
        customer_id=owner.customer_id,
        user_id=owner.user_id,
        types=_MESSAGES,
        words=tuple(search.split()),
        limit=MOST_FOUND,
    )


def _is_of(event: AuditEvent, owner: Principal) -> bool:
    return (event.tenant_id, event.user_id) == (owner.tenant_id, owner.user_id)


def _text_of(event: AuditEvent) -> str:
    """What was written; empty once its key is destroyed."""
    text = (event.metadata or {}).get("text")
    return " ".join(visible(text.replace("\n", " ")).split()) if isinstance(text, str) else ""


def _place(texts: Sequence[str], wanted: frozenset[str]) -> str:
    """The words around one of `wanted` in the newest text with most of them; empty unless all are somewhere."""
    words = [wanted & frozenset(words_of(text)) for text in texts]
    if not wanted <= frozenset().union(*words):
        return ""
    best = max(range(len(texts)), key=lambda number: (len(words[number]), number))
    return _around(texts[best], words[best])


def _around(text: str, words: frozenset[str]) -> str:
    folded = text.casefold()
    # A letter that folds into two moves the rest by one, which a place of this size does not show.
    at = min((found for word in words if (found := folded.find(word)) >= 0), default=0)
    first, last = max(0, at - _AROUND), at + 2 * _AROUND
    if first:
        first = text.find(" ", first, at) + 1 or first
    if last < len(text):
        last = max(text.rfind(" ", at + _AROUND, last), at + _AROUND)
    before, after = "…" if first else "", "…" if last < len(text) else ""
    return f"{before}{text[first:last]}{after}"
