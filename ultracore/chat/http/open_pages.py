"""Finds the page that a request was sent from, whichever process draws it."""

from __future__ import annotations

from starlette.requests import Request

from ultracore.chat.http.signin import connection_of
from ultracore.chat.runtime import Runtime
from ultracore.chat.sessions import Chat
from ultracore.errors import InvalidInput
from ultracore.principal import Principal


async def chat_of(runtime: Runtime, session_id: str, principal: Principal, request: Request) -> Chat:
    """The page with this session id. Raises `InvalidInput` unless it is one of this login."""
    chat = runtime.chats.of_session(session_id) or await _elsewhere(runtime, session_id, principal, request)
    if chat is None or chat.login_id != principal.login_id:
        # The same answer for a page that is somebody else's and one that does not exist.
        raise InvalidInput("no such page of this login", code="input.session")
    return chat


async def _elsewhere(runtime: Runtime, session_id: str, principal: Principal, request: Request) -> Chat | None:
    """The page if another process draws it and it shows a conversation of this person."""
    app = runtime.app
    shown = await app.pages.shown(session_id)
    owner = None if shown is None else await app.conversations.owner(shown)
    if shown is None or owner is None or not owner.belongs_to(principal):
        return None
    conversation = runtime.conversation(shown, principal)
    await conversation.fill()
    return runtime.chats.elsewhere(session_id, principal, connection_of(request), conversation)
