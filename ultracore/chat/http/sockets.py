"""Our handlers on Chainlit's socket server, in place of its own. What is not listed here is not answered."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chainlit import socket as chainlit_socket
from chainlit.session import WebsocketSession

from ultracore.chat.door import SocketClaim, login_of_header, read_claim, read_message, sentence_for
from ultracore.chat.handlers import Handlers
from ultracore.chat.http.thread_record import ThreadRecord
from ultracore.chat.runtime import Runtime
from ultracore.chat.sessions import Chat
from ultracore.errors import InvalidInput, SessionEnded, UltracoreError
from ultracore.principal import Connection, Principal
from ultracore.wording import call_link

logger = logging.getLogger(__name__)

# A few tabs and a phone. Each socket is drawn on, so a thousand of them would slow every turn down.
SOCKETS_A_USER = 5
LONGEST_USER_AGENT = 300
NAMESPACE = "/"

Environ = Mapping[str, Any]
Handler = Callable[..., Awaitable[Any]]


class Refused(ConnectionRefusedError):
    """A socket was refused. It has no text, since the browser would be sent it."""


class SocketGate:
    """Lets a socket in only for a live login, with a session id that is this login's, and an id that we issued."""

    def __init__(self, runtime: Runtime, handlers: Handlers) -> None:
        self._runtime = runtime
        self._handlers = handlers

    def table(self) -> dict[str, Handler]:
        """Every event that is answered."""
        return {
            "connect": self.connect,
            "connection_successful": self.connection_successful,
            "client_message": self.client_message,
            "stop": self.stop,
            "clear_session": self.clear_session,
            "disconnect": self.disconnect,
        }

    async def connect(self, sid: str, environ: Environ, auth: object = None) -> bool:
        """Raises `Refused`; otherwise the socket has a `Chat`."""
        try:
            claim, principal = await self._admit(environ, auth)
        except UltracoreError as error:
            logger.warning("socket refused: %s", error.code)
            # Without a word: the browser is sent the text of this exception.
            raise Refused from error
        clean = {"sessionId": claim.session_id, "threadId": claim.thread_id, "clientType": "webapp"}
        await chainlit_socket.connect(sid, environ, clean)
        session = WebsocketSession.require(sid)
        # A page that reconnects keeps its Chainlit session, and with it what it has drawn.
        if self._runtime.chats.of_socket(sid) is None:
            shown = claim.thread_id or await self._shown_before(claim, principal)
            conversation = self._runtime.conversation(shown, principal)
            if shown is not None:
                await self._runtime.app.pages.show(claim.session_id, shown)
            self._runtime.chats.open(session, principal, connection_of(environ), conversation)
        return True

    async def _shown_before(self, claim: SocketClaim, principal: Principal) -> str | None:
        """The conversation of a page that another process drew, if nothing was written in it yet."""
        shown = await self._runtime.app.pages.shown(claim.session_id)
        owner = None if shown is None else await self._runtime.app.conversations.owner(shown)
        return shown if owner is not None and owner.belongs_to(principal) else None

    async def connection_successful(self, sid: str, *_: object) -> None:
        """The page is ready to be drawn on: greet it, or bring it up to date; once for each socket."""
        chat = self._runtime.chats.of_socket(sid)
        if chat is None or chat.welcomed == sid:
            return
        first, chat.welcomed = chat.welcomed is None, sid
        if first and chat.conversation_id is None:
            await self._handlers.begin(chat)
        else:
            await self._handlers.come_back(chat, new=first)

    async def client_message(self, sid: str, payload: object = None, *_: object) -> None:
        """A person wrote something."""
        chat = self._runtime.chats.of_socket(sid)
        if chat is None:
            return
        try:
            typed = read_message(payload)
        except InvalidInput as error:
            sentence = sentence_for(error, where="message", phone=call_link(self._runtime.phone))
            return await self._handlers.refuse(chat, sentence)
        self._runtime.turns.start(self._handlers.message(chat, typed))

    async def stop(self, sid: str, *_: object) -> None:
        """The Stop button."""
        chat = self._runtime.chats.of_socket(sid)
        if chat is not None:
            await self._handlers.stop(chat)

    async def clear_session(self, sid: str, *_: object) -> None:
        """The page will not come back."""
        await chainlit_socket.clean_session(sid)

    async def disconnect(self, sid: str, *_: object) -> None:
        """Let go of the socket and of nothing else: to Chainlit every dropped connection is an end of the chat."""
        chat = self._runtime.chats.of_socket(sid)
        await chainlit_socket.disconnect(sid)
        if chat is None:
            return
        chat.page.leave()
        try:
            await self._runtime.app.sockets.leave(chat.user_id, chat.session_id)
        except UltracoreError as error:
            logger.warning("a socket's place is kept until it ends by itself: %s", error.code)

    async def _admit(self, environ: Environ, auth: object) -> tuple[SocketClaim, Principal]:
        claim = read_claim(auth)
        app = self._runtime.app
        login_id = login_of_header(environ.get("HTTP_COOKIE", ""))
        principal = await app.logins.get(login_id) if login_id else None
        if principal is None:
            raise SessionEnded("no live login session")
        # The session id is the browser's choice; bound to a login it cannot be used to take over a page.
        if not await app.sockets.bind(claim.session_id, principal.login_id):
            raise SessionEnded("the session id belongs to another login", code="socket.session_not_yours")
        await self._check_thread(claim, principal, environ)
        if not await app.sockets.admit(principal.user_id, claim.session_id, SOCKETS_A_USER):
            raise SessionEnded("too many sockets of one user", code="socket.too_many")
        return claim, principal

    async def _check_thread(self, claim: SocketClaim, principal: Principal, environ: Environ) -> None:
        """A page may only name the conversation that it had from us."""
        chat = self._runtime.chats.of_session(claim.session_id)
        if chat is not None and chat.login_id != principal.login_id:
            raise SessionEnded("the session belongs to another login", code="socket.session_not_yours")
        if claim.thread_id is None or (chat is not None and chat.conversation_id == claim.thread_id):
            return
        owner = await self._runtime.app.conversations.owner(claim.thread_id)
        # A thread id is also the browser's choice: one that Redis has forgotten could be taken by anybody.
        if chat is not None or owner is None or not owner.belongs_to(principal):
            await ThreadRecord(self._runtime.app.trail, connection_of(environ)).refused(principal)
            raise SessionEnded("not a conversation of this person", code="socket.thread_not_yours")


def connection_of(environ: Environ) -> Connection:
    """The address and browser of a socket, for the record."""
    scope = environ.get("asgi.scope") or {}
    client = scope.get("client")
    agent = str(environ.get("HTTP_USER_AGENT", ""))[:LONGEST_USER_AGENT]
    return Connection(str(client[0]) if client else None, agent or None)


def chats_of_login(runtime: Runtime, login_id: str) -> list[tuple[str, Chat]]:
    """The pages of one login, with their sockets."""
    return [(socket, chat) for socket, chat in runtime.chats.sockets() if chat.login_id == login_id]
