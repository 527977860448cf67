"""What somebody in need is told, before any model and without any store: it works when everything else is down."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from ultracore.ai.care.detection import find_need, warm_up
from ultracore.ai.care.helplines import CareBook
from ultracore.ai.care.values import CareKind, Need

WITHIN: Final = 10
"""Messages of a conversation within which a text is not repeated."""
_MOST: Final = 10_000
_SHORT: Final = 400
"""Characters that are read in well under a millisecond."""


@dataclass(frozen=True, slots=True)
class Care:
    """What one message gets. `text` is `None` if it was given a few messages ago and an answer follows anyway."""

    need: Need
    text: str | None

    @property
    def ends_turn(self) -> bool:
        """True when no agent answers the message."""
        return self.need.kind.ends_turn

    @property
    def stops_payment(self) -> bool:
        """True when an open card must not be approved any more: somebody may be standing behind the customer."""
        return CareKind.PRESSURE in self.need.kinds


@dataclass(slots=True)
class _CareTold:
    messages: int = 0
    last: dict[CareKind, int] = field(default_factory=dict)


class CareDesk:
    """Looks at messages. What was told lately is remembered in this process only: another one tells it again."""

    def __init__(self, book: CareBook) -> None:
        self.book = book
        self._told: OrderedDict[str, _CareTold] = OrderedDict()
        warm_up()

    async def look(self, conversation_id: str, text: str) -> Care | None:
        """Count a message of a conversation, and say what its writer needs to be told.

        A long text is read beside the event loop: it takes milliseconds, and others' turns go on.
        """
        told = self._of(conversation_id)
        told.messages += 1
        need = find_need(text) if len(text) <= _SHORT else await asyncio.to_thread(find_need, text)
        if need is None:
            return None
        last = told.last.get(need.kind)
        if last is None or told.messages - last > WITHIN:
            told.last[need.kind] = told.messages
            return Care(need, self.book.text(need.kind, need.language))
        return Care(need, self.book.again(need.language) if need.kind.ends_turn else None)

    def words_for(self, text: str) -> str | None:
        """What the writer of a message needs to be told, regardless of what they were told before."""
        need = find_need(text)
        return None if need is None else self.book.text(need.kind, need.language)

    def _of(self, conversation_id: str) -> _CareTold:
        told = self._told.setdefault(conversation_id, _CareTold())
        self._told.move_to_end(conversation_id)
        if len(self._told) > _MOST:
            self._told.popitem(last=False)
        return told
