"""The pages that are open: which login and conversation each belongs to. All of it is made by us."""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from chainlit.session import WebsocketSession

from ultracore.ai.conversation import MAX_MESSAGE_BYTES
from ultracore.audit.masking import Piece, mask, mask_in_pieces
from ultracore.chat.page import CardOnScreen, Keeper, Offers, Screen
from ultracore.principal import Connection, Principal

REMEMBERED_MESSAGES = 200


@dataclass(slots=True, eq=False)
class Chat:
    """One page. `conversation_id` is None until the desk has issued one."""

    session_id: str
    login_id: str
    user_id: str
    connection: Connection
    screen: Screen
    card: CardOnScreen
    offers: Offers
    keeper: Keeper | None = None
    """None for staff: what they read of customers is on the record alone."""
    conversation_id: str | None = None
    titled: bool = False
    welcomed: str | None = None
    """The socket that was greeted or brought up to date last."""
    running: int = 0
    intake: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from a message's arrival until the desk has it, so that messages stay in order."""
    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    piece: Piece | None = None
    """How the last message ended: a card number may be sent in pieces."""

    def masked(self, text: str) -> str:
        """A message as the page and all behind it may have it; once for each, in their order.

        One that is too long is left as it is: the desk refuses it.
        """
        if len(text) > MAX_MESSAGE_BYTES:
            return text
        shown, self.piece = mask_in_pieces(mask(text), self.piece)
        return shown

    def keep_by(self, keeper: Keeper) -> None:
        """From here on `keeper` watches the page."""
        self.keeper = self.screen.watcher = keeper

    def first_seen(self, message_id: str) -> bool:
        """False where this page sent the same message id before."""
        if message_id in self.seen:
            return False
        self.seen[message_id] = None
        if len(self.seen) > REMEMBERED_MESSAGES:
            self.seen.popitem(last=False)
        return True


class Chats:
    """Finds a page by its socket or by its session id, as Chainlit knows them; forgets it when Chainlit does."""

    def __init__(self) -> None:
        self._chats: weakref.WeakKeyDictionary[WebsocketSession, Chat] = weakref.WeakKeyDictionary()

    def open(self, session: WebsocketSession, principal: Principal, connection: Connection) -> Chat:
        """A page for a session that has just been made."""
        screen = Screen(_emitter(weakref.ref(session)))
        chat = Chat(
            session_id=session.id,
            login_id=principal.login_id,
            user_id=principal.user_id,
            connection=connection,
            screen=screen,
            card=CardOnScreen(screen),
            offers=Offers(screen),
        )
        self._chats[session] = chat
        return chat

    def of_socket(self, socket_id: str) -> Chat | None:
        """The page that the socket draws on."""
        return self._of(WebsocketSession.get(socket_id))

    def of_session(self, session_id: str) -> Chat | None:
        """The page with this session id."""
        return self._of(WebsocketSession.get_by_id(session_id))

    def sockets(self) -> list[tuple[str, Chat]]:
        """All pages with the socket that each one was connected by last."""
        return [(session.socket_id, chat) for session, chat in list(self._chats.items())]

    def _of(self, session: WebsocketSession | None) -> Chat | None:
        return None if session is None else self._chats.get(session)


def _emitter(session: weakref.ref[WebsocketSession]) -> Any:
    async def emit(event: str, data: Any) -> None:
        # Chainlit replaces `session.emit` at each reconnect; a session that it dropped has nobody to draw for.
        live = session()
        if live is not None:
            sent: Any = live.emit(event, data)
            await sent

    return emit
