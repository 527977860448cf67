"""The pages that are open: which login and conversation each belongs to. All of it is made by us."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from chainlit.session import WebsocketSession

from ultracore.chat.page import Page, SharedConversation, SharedConversations
from ultracore.principal import Connection, Principal


@dataclass(slots=True, eq=False)
class Chat:
    """One page of a signed-in person, and the conversation that it shows."""

    session_id: str
    login_id: str
    user_id: str
    connection: Connection
    conversation: SharedConversation
    page: Page
    welcomed: str | None = None
    """The socket that was greeted or brought up to date last."""
    elsewhere: bool = False
    """True if another process draws the page, and only a press of it came here."""

    @property
    def conversation_id(self) -> str | None:
        """None until the desk has issued one."""
        return self.conversation.conversation_id


class Chats:
    """Finds a page by its socket or by its session id, as Chainlit knows them; forgets it when Chainlit does."""

    def __init__(self) -> None:
        self.conversations = SharedConversations()
        # Chainlit tells of no reliable end of a session; when it drops one, the page goes with it.
        self._chats: weakref.WeakKeyDictionary[WebsocketSession, Chat] = weakref.WeakKeyDictionary()

    def open(
        self,
        session: WebsocketSession,
        principal: Principal,
        connection: Connection,
        conversation: SharedConversation,
    ) -> Chat:
        """A page for a session that has just been made."""
        page = Page(_emitter(weakref.ref(session)), conversation.stage, principal.login_id)
        chat = Chat(session.id, principal.login_id, principal.user_id, connection, conversation, page)
        self._chats[session] = chat
        return chat

    @staticmethod
    def elsewhere(
        session_id: str, principal: Principal, connection: Connection, conversation: SharedConversation
    ) -> Chat:
        """A page that another process draws: what happens to it here reaches it through the log."""
        page = Page(_nowhere, conversation.stage, principal.login_id)
        login_id, user_id = principal.login_id, principal.user_id
        return Chat(session_id, login_id, user_id, connection, conversation, page, elsewhere=True)

    def of_socket(self, socket_id: str) -> Chat | None:
        """The page that the socket draws on."""
        return self._of(WebsocketSession.get(socket_id))

    def of_session(self, session_id: str) -> Chat | None:
        """The page with this session id."""
        return self._of(WebsocketSession.get_by_id(session_id))

    def sockets(self) -> list[tuple[str, Chat]]:
        """All pages with the socket that each one was connected by last."""
        return [(session.socket_id, chat) for session, chat in list(self._chats.items())]

    def showing(self, conversation: SharedConversation) -> list[Chat]:
        """The pages of one conversation."""
        return [chat for chat in list(self._chats.values()) if chat.conversation is conversation]

    def _of(self, session: WebsocketSession | None) -> Chat | None:
        return None if session is None else self._chats.get(session)


async def _nowhere(event: str, data: Any) -> None:
    """Nothing is drawn."""


def _emitter(session: weakref.ref[WebsocketSession]) -> Any:
    async def emit(event: str, data: Any) -> None:
        # Chainlit replaces `session.emit` at each reconnect; a session that it dropped has no page to draw on.
        live = session()
        if live is not None:
            sent: Any = live.emit(event, data)
            await sent

    return emit
