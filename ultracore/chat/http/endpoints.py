"""Presses of buttons, the sticky cookie, and the pages for operators."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.chat.admission import Budget
from ultracore.chat.door import (
    CardPress,
    ChoicePress,
    StarterPress,
    canonical_uuid4,
    login_of_cookies,
    read_object,
    read_press,
)
from ultracore.chat.handlers import Handlers
from ultracore.chat.http.open_pages import chat_of
from ultracore.chat.http.signin import connection_of
from ultracore.chat.http.thread_record import ThreadRecord
from ultracore.chat.runtime import Runtime
from ultracore.chat.sessions import Chat
from ultracore.errors import InvalidInput, SessionEnded, UltracoreError, Unavailable
from ultracore.principal import Principal

STICKY_COOKIE = "X-Chainlit-Session-id"
ON_PAGE = "Please approve this on our own page: press the button again, and open the page."
REFUSALS_NOTED = 20  # Of one person in a minute.
Pressed = CardPress | ChoicePress | StarterPress


class Buttons:
    """`/project/action`, in place of Chainlit's, which runs callbacks for anybody's session and any payload."""

    def __init__(self, runtime: Runtime, handlers: Handlers, *, approves: bool = True) -> None:
        """Not `approves` if the bank has cards approved on a page of our own: they can be declined here."""
        self._runtime = runtime
        self._handlers = handlers
        self._approves = approves
        self._refusals = Budget(REFUSALS_NOTED)

    async def pressed(self, request: Request) -> Response:
        """A press. 200 means that it was passed on; what came of it is said on the page."""
        principal = await self._principal(request)
        try:
            chat, press = await self._read(request, principal)
        except InvalidInput as error:
            # What no page of ours sends is an attempt; enough of them are noted to be seen, and not so many that
            # a person could fill the record.
            if self._refusals.admits(principal.user_id):
                await ThreadRecord(self._runtime.app.trail, connection_of(request)).press_refused(
                    principal, error.code
                )
            raise
        await self._pass_on(chat, press)
        return JSONResponse({"success": True, "response": None})

    async def _read(self, request: Request, principal: Principal) -> tuple[Chat, Pressed]:
        """What was pressed, and on which page of this login."""
        press = read_press(await request.body())
        if isinstance(press, CardPress) and press.approve and not self._approves:
            raise InvalidInput("not approved in the frame", code="approval.on_page", sentence=ON_PAGE)
        chat = await chat_of(self._runtime, press.session_id, principal, request)
        return chat, press

    async def _pass_on(self, chat: Chat, press: Pressed) -> None:
        match press:
            case CardPress(approval_id=approval_id, approve=approve):
                await self._handlers.press(chat, approval_id, approve=approve)
            case ChoicePress(key=key):
                # Not awaited: a turn takes seconds, and its outcome is told on the page and not in this answer.
                self._runtime.turns.start(self._handlers.choose(chat, key))
            case StarterPress(starter=starter):
                self._runtime.turns.start(self._handlers.ask(chat, starter))

    async def _principal(self, request: Request) -> Principal:
        login_id = login_of_cookies(request.cookies)
        principal = await self._runtime.app.logins.get(login_id) if login_id is not None else None
        if principal is None:
            raise SessionEnded("no live login session")
        return principal


async def sticky_cookie(request: Request) -> Response:
    """The cookie that lets a proxy send a page to the same replica again. Chainlit would set it SameSite=None."""
    session_id = canonical_uuid4(read_object(await request.body()).get("session_id"))
    answer = JSONResponse({"message": "Session cookie set"})
    # For the proxy alone. It names a page and opens nothing without the login cookie.
    answer.set_cookie(STICKY_COOKIE, session_id, httponly=True, samesite="lax")
    return answer


class Operations:
    """`/health`, `/ready` and `/metrics`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def health(self, request: Request) -> Response:
        """The process is up."""
        # Asks no dependency: a restart would not bring Redis back, and would end every conversation.
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """200 only when everything that a conversation needs answers."""
        try:
            parts = dict(await self._runtime.app.health())
        except Unavailable as error:
            parts = {"app": error.code}
        except UltracoreError as error:
            parts = {"app": error.code}
        if self._runtime.draining:
            parts["app"] = "stopping"
        fit = all(state == "ok" for state in parts.values())
        body = {"status": "ready" if fit else "not ready", "dependencies": parts}
        return JSONResponse(body, status_code=200 if fit else 503)

    async def metrics(self, request: Request) -> Response:
        """Prometheus text."""
        self._runtime.metrics.pages.set(len(self._runtime.chats.sockets()))
        return Response(self._runtime.metrics.text(), media_type=CONTENT_TYPE_LATEST)
