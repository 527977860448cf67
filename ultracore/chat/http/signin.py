"""Signing in and out."""

from __future__ import annotations

import math
import secrets
from collections.abc import Awaitable, Callable

from chainlit.auth import clear_auth_cookie, set_auth_cookie
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ultracore.chat.door import login_of_cookies, token_for
from ultracore.chat.http.pages import login_page
from ultracore.chat.http.signin_record import SignInRecord
from ultracore.chat.http.sockets import LONGEST_USER_AGENT
from ultracore.chat.interfaces import UserRecord
from ultracore.chat.runtime import Runtime
from ultracore.errors import InvalidInput, RateLimited, SessionEnded, SignInRefused
from ultracore.principal import Connection, Principal

LONGEST_NAME = 128
LONGEST_PASSWORD = 1024

EMPTY_SENTENCE = "Please enter your user name and your password."


class SignIn:
    """The endpoints `/login`, `/logout` and `/user`."""

    def __init__(self, runtime: Runtime, close_login: Callable[[str], Awaitable[None]]) -> None:
        self._runtime = runtime
        self._close_login = close_login

    async def page(self, request: Request) -> Response:
        """The sign-in page."""
        return login_page(self._runtime.phone)

    async def login(self, request: Request) -> Response:
        """Sign in. A browser's plain form gets a page back, a script JSON; both the same cookie."""
        wants_page = "text/html" in request.headers.get("accept", "")
        try:
            principal = await self._authenticate(request)
        except (SignInRefused, RateLimited, InvalidInput) as error:
            if not wants_page:
                raise
            return login_page(self._runtime.phone, error.sentence)
        answer: Response = RedirectResponse("/", 303) if wants_page else JSONResponse({"success": True})
        set_auth_cookie(request, answer, token_for(principal))
        return answer

    async def logout(self, request: Request) -> Response:
        """End the login session; its token and its sockets are worth nothing afterwards."""
        answer = JSONResponse({"success": True})
        clear_auth_cookie(request, answer)
        login_id = await self._end(request)
        if login_id is not None:
            # After the answer: the page reloads when its socket is told, and would not hear it.
            answer.background = BackgroundTask(self._close_login, login_id)
        return answer

    async def user(self, request: Request) -> Response:
        """Who is signed in, for the page's corner; no ids of ours."""
        login_id = login_of_cookies(request.cookies)
        principal = await self._runtime.app.logins.get(login_id) if login_id else None
        if principal is None:
            raise SessionEnded("no live login session")
        name = principal.display_name or principal.user_id
        return JSONResponse({"identifier": principal.user_id, "display_name": name, "metadata": {}})

    async def _end(self, request: Request) -> str | None:
        """End the session that the request's cookie names; its id, if there was one."""
        login_id = login_of_cookies(request.cookies)
        principal = await self._runtime.app.logins.peek(login_id) if login_id else None
        if principal is None:
            return None
        connection = connection_of(request)
        await self._runtime.app.desk.sign_out(principal.login_id, connection)
        await SignInRecord(self._runtime.app.trail, connection).signed_out(principal)
        return principal.login_id

    async def _authenticate(self, request: Request) -> Principal:
        user_id, password = await _credentials(request)
        connection, app = connection_of(request), self._runtime.app
        address, record = connection.ip_address or "", SignInRecord(app.trail, connection)
        if wait := await app.throttle.check(user_id, address):
            raise too_many(wait)
        person = await app.bank.users.authenticate(user_id, password)
        if person is None:
            await record.refused(await app.bank.users.get(user_id))
            wait = await app.throttle.failed(user_id, address)
            raise too_many(wait) if wait else SignInRefused("wrong user name or password")
        if before := await self._end(request):
            await self._close_login(before)
        principal = _principal(person)
        await app.logins.create(principal)
        await app.throttle.succeeded(user_id, address)
        await record.signed_in(person)
        return principal


def too_many(wait: float) -> RateLimited:
    """The refusal that says how long."""
    minutes = max(1, math.ceil(wait / 60))
    sentence = f"Too many attempts. Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}."
    return RateLimited("sign-in throttled", retry_after=wait, code="sign_in.throttled", sentence=sentence)


def connection_of(request: Request) -> Connection:
    """Where a request comes from, for the record."""
    agent = request.headers.get("user-agent", "")[:LONGEST_USER_AGENT]
    return Connection(request.client.host if request.client else None, agent or None)


async def _credentials(request: Request) -> tuple[str, str]:
    try:
        async with request.form(max_files=0, max_fields=8, max_part_size=4 * LONGEST_PASSWORD) as form:
            return _field(form, "username", LONGEST_NAME), _field(form, "password", LONGEST_PASSWORD)
    except (MultiPartException, HTTPException) as error:
        raise InvalidInput("malformed form", code="sign_in.input", sentence=EMPTY_SENTENCE) from error


def _field(form: FormData, name: str, longest: int) -> str:
    value = form.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise InvalidInput(f"{name} is missing or too long", code="sign_in.input", sentence=EMPTY_SENTENCE)
    return value


def _principal(record: UserRecord) -> Principal:
    return Principal(
        tenant_id=record.tenant_id,
        user_id=record.user_id,
        login_id=secrets.token_urlsafe(24),
        roles=record.roles,
        customer_id=record.customer_id,
        display_name=record.display_name,
    )
