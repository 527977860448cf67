"""Signing in and out of the widget: what a host's server has signed, for the frame's own cookie."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.audit import Origin
from ultracore.audit.vocabulary import UnknownSignInFailed
from ultracore.chat.admission import Budget
from ultracore.chat.door import canonical_uuid4, frame_token_for, login_of_cookies, read_object
from ultracore.chat.frame.doors import FRAME_COOKIE
from ultracore.chat.frame.problems import problem
from ultracore.chat.frame.visits import keep_visit, set_frame_cookie
from ultracore.chat.http import STICKY_COOKIE, SignInRecord, connection_of
from ultracore.chat.runtime import Runtime
from ultracore.errors import AuditUnavailable, InvalidInput
from ultracore.principal import Connection, Principal
from ultracore.widget import IDLE_SECONDS, Launch, LaunchRefused, Widget

logger = logging.getLogger(__name__)

REFUSALS_NOTED: Final = 20  # Of one address in a minute, so that the record cannot be filled from outside.


class Launches:
    """`POST /widget/session`, `/widget/logout` and `/widget/leave`, and the frame's cookies."""

    def __init__(self, runtime: Runtime, close_login: Callable[[str], Awaitable[None]]) -> None:
        self._runtime = runtime
        self._close_login = close_login
        self._refusals = Budget(REFUSALS_NOTED)

    async def session(self, request: Request) -> Response:
        """A launch code for a cookie; 401 with a problem for everything that is no good code."""
        try:
            body = read_object(await request.body())
            launch = await self._widget().launch(body.get("code"), body.get("verifier"))
        except LaunchRefused as error:
            return await self._refused(error, request)
        except InvalidInput as error:
            return problem(400, error.code, error.sentence)
        await self._end_other(request, launch.principal)
        if launch.begun:
            await SignInRecord(self._runtime.app.trail, connection_of(request)).signed_in(launch.person)
        conversation = await self._conversation(launch)
        answer = JSONResponse({"expires_in": IDLE_SECONDS, "conversation": conversation})
        self._keep(answer, FRAME_COOKIE, frame_token_for(launch.principal))
        # What was said here before belongs to nobody who signs in.
        keep_visit(answer, "", cross_site=self._runtime.settings.widget_cross_site)
        return answer

    async def logout(self, request: Request) -> Response:
        """A host's notice, signed: its login session is over, and with it ours, whether or not a page is open."""
        try:
            login_id = await self._widget().ended_by(await _notice(request))
        except LaunchRefused as error:
            return await self._refused(error, request)
        except InvalidInput as error:
            return problem(400, error.code, error.sentence)
        await self._sign_out(login_id, connection_of(request))
        answer = JSONResponse({"ended": True})
        if login_id is not None:
            answer.background = BackgroundTask(self._close_login, login_id)
        return answer

    async def leave(self, request: Request) -> Response:
        """If the host's page says that its visitor is not signed in there, sign the frame's login out too."""
        login_id = login_of_cookies(request.cookies)
        await self._sign_out(login_id, connection_of(request))
        answer = JSONResponse({"success": True})
        self._keep(answer, FRAME_COOKIE, "", "; Max-Age=0")
        if login_id is not None:
            answer.background = BackgroundTask(self._close_login, login_id)
        return answer

    async def sticky(self, request: Request) -> Response:
        """As on the page, the cookie by which a proxy finds the replica; it stays below `/widget`."""
        session_id = canonical_uuid4(read_object(await request.body()).get("session_id"))
        answer = JSONResponse({"message": "Session cookie set"})
        self._keep(answer, STICKY_COOKIE, session_id)
        return answer

    def _widget(self) -> Widget:
        widget = self._runtime.app.widget
        # Without hosts there are no routes to here.
        if widget is None:
            raise LaunchRefused("no host is listed", code="launch.issuer")
        return widget

    async def _conversation(self, launch: Launch) -> str | None:
        """What was talked about last since the host's session began: it goes on on the next page of the host."""
        # It may be a conversation on the bank's own page: it is the same person's.
        newest = await self._runtime.app.threads.page(launch.principal, 1)
        return next((one.thread_id for one in newest if one.active_at >= launch.since - _ROUNDED), None)

    async def _end_other(self, request: Request, principal: Principal) -> None:
        """Another session of this browser ends: the person before must not be left signed in behind this one."""
        before = login_of_cookies(request.cookies)
        if before is not None and before != principal.login_id:
            await self._sign_out(before, connection_of(request))
            await self._close_login(before)

    async def _sign_out(self, login_id: str | None, connection: Connection) -> None:
        person = await self._runtime.app.logins.peek(login_id) if login_id else None
        if person is not None:
            await self._runtime.app.desk.sign_out(person.login_id, connection)
            await SignInRecord(self._runtime.app.trail, connection).signed_out(person)

    async def _refused(self, error: LaunchRefused, request: Request) -> Response:
        logger.warning("a launch was refused: %s", error.code)
        connection = connection_of(request)
        if self._refusals.admits(connection.ip_address or ""):
            origin = Origin(None, None, ip_address=connection.ip_address, user_agent=connection.user_agent)
            try:
                await self._runtime.app.trail.write(UnknownSignInFailed(), origin)
            except AuditUnavailable as unwritten:
                logger.error("a refused launch is not on the record: %s", unwritten.message)
        return problem(401, error.code, error.sentence)

    def _keep(self, answer: Response, name: str, value: str, more: str = "") -> None:
        """Set a cookie of the frame. The session behind it ends sooner than the browser."""
        set_frame_cookie(answer, name, value, more, cross_site=self._runtime.settings.widget_cross_site)


_ROUNDED: Final = timedelta(seconds=1)


async def _notice(request: Request) -> object:
    """The signed notice: the body itself, or in an object or a form as `logout_token` or `token`."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        told = read_object(body)
        return told.get("logout_token") or told.get("token")
    if kind == "application/x-www-form-urlencoded":
        form = await request.form(max_files=0, max_fields=4)
        return form.get("logout_token") or form.get("token")
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidInput("a notice that is no text", code="launch.malformed") from error
