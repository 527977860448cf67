"""What all pages of one conversation share, and how they find each other."""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict
from collections.abc import Callable

from ultracore.ai.conversation import MAX_MESSAGE_BYTES
from ultracore.audit.masking import Piece, mask, mask_in_pieces
from ultracore.chat.interfaces import Logs
from ultracore.chat.page.cards import CardOnStage
from ultracore.chat.page.log import Recorded, StageLog
from ultracore.chat.page.offers import Offers
from ultracore.chat.page.stage import Stage
from ultracore.chat.page.titles import Titles

# A page sends again what its connection lost a moment ago, never something this old.
REMEMBERED_MESSAGES = 200


class SharedConversation:
    """One conversation of this process. `conversation_id` is None until the desk has issued one."""

    def __init__(self, conversation_id: str | None = None) -> None:
        self.conversation_id = conversation_id
        self.stage = Stage()
        self.log: StageLog | None = None
        """None until the desk has issued an id: nothing is kept of it before."""
        self.card = CardOnStage(self.stage)
        self.offers = Offers(self.stage)
        self.titles: Titles | None = None
        """None for staff, who have no list: what they read of customers is on the record alone."""
        self.running = 0
        self.frames: set[str] = set()
        """The turns of it that this process runs."""
        self.stopped: set[str] = set()
        """Those of them that were stopped on a page of another process."""
        self.asked: set[tuple[str, str]] = set()
        """Cards, and logins that buttons were asked for."""
        self.intake = asyncio.Lock()
        """Held from a message's arrival until the desk has it, so that messages stay in order."""
        self.arrival = asyncio.Lock()
        """Held while a message is masked, so that pieces of a card number are seen in their order."""
        self.returning = asyncio.Lock()
        """Held while a page is drawn for the first time or again: two at once would each ask for the open card."""
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._piece: Piece | None = None

    @property
    def titled(self) -> bool:
        """True once it has begun with a message, here or in another process."""
        return self.stage.title is not None

    def keep_in(self, logs: Callable[[], Logs], recorded: Recorded | None = None) -> None:
        """From here on what it shows lies in its log, which other processes follow."""
        if self.log is None and self.conversation_id is not None:
            self.log = self.stage.log = StageLog(self.stage, logs, self.conversation_id, recorded)

    async def fill(self) -> None:
        """Bring back what others have shown of it, once. Raises `CacheUnavailable`; the next page tries again."""
        if self.log is not None and not self.log.loaded:
            await self.log.load()
            if self.titles is not None:
                await self.titles.resume(self.conversation_id or "")

    def masked(self, text: str) -> str:
        """A message as the pages and all behind them may have it; once for each, in their order.

        A card number may be sent in pieces. A message that is too long is left as it is: the desk refuses it.
        """
        if len(text) > MAX_MESSAGE_BYTES:
            return text
        shown, self._piece = mask_in_pieces(mask(text), self._piece)
        return shown

    def first_seen(self, message_id: str) -> bool:
        """False if the same message id came before."""
        if message_id in self._seen:
            return False
        self._seen[message_id] = None
        if len(self._seen) > REMEMBERED_MESSAGES:
            self._seen.popitem(last=False)
        return True


class SharedConversations:
    """The conversations that a page, a running turn or an open card of this process holds on to, by their id."""

    def __init__(self) -> None:
        # Weakly, because nothing tells when the last page, turn and card of a conversation are gone.
        self._held: weakref.WeakValueDictionary[str, SharedConversation] = weakref.WeakValueDictionary()

    def get(self, conversation_id: str | None) -> SharedConversation:
        """The conversation of this id, the same for everybody; a new one that has not begun without an id."""
        if conversation_id is None:
            return SharedConversation()
        found = self._held.get(conversation_id)
        if found is None:
            found = self._held[conversation_id] = SharedConversation(conversation_id)
        return found

    def held(self) -> list[SharedConversation]:
        """All of them."""
        return list(self._held.values())

    def find(self, conversation_id: str) -> SharedConversation | None:
        """The conversation if this process holds it."""
        return self._held.get(conversation_id)

    def begun(self, conversation: SharedConversation, conversation_id: str) -> None:
        """The desk has issued its id."""
        conversation.conversation_id = conversation_id
        self._held[conversation_id] = conversation
