"""Signing in and out."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from chainlit.auth import clear_auth_cookie, set_auth_cookie
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ultracore.audit.masking import mask
from ultracore.banking import UserRecord
from ultracore.cache.stores import Attempt, Wait, network_of
from ultracore.chat.admission import Budget, FairQueue, QueueFull
from ultracore.chat.door import login_of_cookies, token_for
from ultracore.chat.http.pages import login_page
from ultracore.chat.http.provider_links import forgotten_link, provider_links, refused_sentence, remember_provider
from ultracore.chat.http.signin_record import SignInRecord
from ultracore.chat.http.sockets import LONGEST_USER_AGENT
from ultracore.chat.runtime import Runtime
from ultracore.errors import InvalidInput, SessionEnded, SignInLimited, SignInRefused, UltracoreError
from ultracore.identity import CodeWanted, FactorRefused, FactorRequired
from ultracore.principal import Connection, Principal

LONGEST_NAME = 128
LONGEST_PASSWORD = 1024
LONGEST_CODE = 40

# A check is 20 ms of a core. No more run at once than failures are allowed, so that all that wait can be refused.
CHECKS_AT_ONCE = 4
BUSY_SECONDS = 15.0
BUSY_PAUSE = 0.05
REFUSALS_NOTED = 20  # Of one address in a minute, whichever names were tried.
# Long enough that a phone in use stays known; a known device may sign in while its owner's name is under attack.
DEVICE_SECONDS = 180 * 86400

EMPTY_SENTENCE = "Please enter your user name and your password."


@dataclass(frozen=True, slots=True)
class _Typed:
    """What somebody has typed to sign in; the code and a passkey's answer are empty if none was sent."""

    user_id: str
    password: str
    code: str
    passkey: str


class SignIn:
    """The endpoints `/login`, `/logout` and `/user`."""

    def __init__(self, runtime: Runtime, close_login: Callable[[str], Awaitable[None]]) -> None:
        self._runtime = runtime
        self._close_login = close_login
        self._queue = FairQueue(CHECKS_AT_ONCE, waiting=2_000, waiting_a_key=500)
        self._named = Budget(1)
        self._refusals = Budget(REFUSALS_NOTED)

    async def page(self, request: Request) -> Response:
        """The sign-in page, perhaps with why a sign-in at a provider came to nothing."""
        return self._page(request, refused_sentence(request) if self._by_providers else "")

    async def login(self, request: Request) -> Response:
        """Sign in. A browser's plain form gets a page back, a script JSON; both the same cookie."""
        wants_page = "text/html" in request.headers.get("accept", "")
        try:
            principal, device = await self._authenticate(request)
        except (SignInRefused, SignInLimited, InvalidInput) as error:
            asks_code = isinstance(error, CodeWanted | FactorRefused)
            if wants_page:
                return self._page(request, error.sentence, asks_code=asks_code)
            if asks_code:
                return JSONResponse({"detail": error.sentence, "code": True, **await self._passkey(request)}, 401)
            raise
        answer: Response = RedirectResponse("/", 303) if wants_page else JSONResponse({"success": True})
        set_auth_cookie(request, answer, token_for(principal))
        name = self._runtime.app.throttle.cookie_name(principal.user_id)
        answer.set_cookie(name, device, max_age=DEVICE_SECONDS, httponly=True, samesite="lax")
        return answer

    async def logout(self, request: Request) -> Response:
        """End the login session; its token and its sockets are worth nothing afterwards."""
        wants_page = "text/html" in request.headers.get("accept", "")
        home = "/login" if wants_page else ""
        answer: Response = RedirectResponse(home, 303) if wants_page else JSONResponse({"success": True})
        clear_auth_cookie(request, answer)
        login_id = await self._end(request)
        if login_id is not None:
            if self._by_providers:
                await remember_provider(self._runtime, answer, login_id)
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

    async def _authenticate(self, request: Request) -> tuple[Principal, str]:
        """Who signs in, and the token by which their browser is known from now on."""
        typed = await _credentials(request)
        user_id = typed.user_id
        throttle = self._runtime.app.throttle
        device = request.cookies.get(throttle.cookie_name(user_id))
        # Nothing is begun before both are proved: there is no half session that could be stolen.
        person = await self._checked(typed, connection_of(request), device)
        await SignInRecord(self._runtime.app.trail, connection_of(request)).signed_in(person)
        return await self.begin(request, person), await throttle.remember(user_id, device)

    async def _passkey(self, request: Request) -> dict[str, Any]:
        """What the page may ask a passkey for; nothing for somebody who has none. The password was right."""
        options = await self._runtime.app.passkeys.offer((await _credentials(request)).user_id, "sign_in")
        return {} if options is None else {"passkey": json.loads(options)}

    async def begin(self, request: Request, person: UserRecord) -> Principal:
        """A session of a person who has proved who they are, and whose sign-in is on the record."""
        # Signing in over a living session ends that one: two sessions of one browser could never both be left.
        if before := await self._end(request):
            await self._close_login(before)
        # A new id with each sign-in, so that a cookie from before is worth nothing. 192 random bits: who knows it
        # is signed in, so it must not be guessable.
        principal = person.principal(secrets.token_urlsafe(24))
        await self._runtime.app.logins.create(principal, _masked(connection_of(request)))
        self._runtime.keeping.start(self._runtime.app.bank.users.note_sign_in(principal.user_id))
        return principal

    async def end_session(self, login_id: str, connection: Connection) -> None:
        """Sign a session out because the provider that has begun it says so."""
        principal = await self._runtime.app.logins.peek(login_id)
        if principal is not None:
            await self._runtime.app.desk.sign_out(login_id, connection)
            await SignInRecord(self._runtime.app.trail, connection).signed_out(principal)
            await self._close_login(login_id)

    def _takes_password(self, person: UserRecord) -> bool:
        sign_on = self._runtime.app.admin_parts.sign_on if self._by_providers else None
        return sign_on is None or sign_on.takes_password(person)

    @property
    def _by_providers(self) -> bool:
        return self._runtime.settings.oidc_file is not None

    def _page(self, request: Request, problem: str = "", *, asks_code: bool = False) -> Response:
        """The sign-in page, with a link to each provider if there are any."""
        links = provider_links(self._runtime, request) if self._by_providers else ""
        if self._runtime.settings.smtp_url is not None:
            links = forgotten_link() + links
        return login_page(self._runtime.phone, problem, asks_code=asks_code, links=links)

    async def _checked(self, typed: _Typed, connection: Connection, device: str | None) -> UserRecord:
        """The person whose password and code these are. Raises `SignInRefused` or `SignInLimited`.

        Checks are queued before anything is asked of Redis or hashed, fair by address: a thousand guesses from one
        address delay a person at another by one check.
        """
        user_id, address = typed.user_id, connection.ip_address or ""
        record = SignInRecord(self._runtime.app.trail, connection)
        ends_at = asyncio.get_running_loop().time() + BUSY_SECONDS
        while asyncio.get_running_loop().time() < ends_at:
            try:
                async with self._queue.place(network_of(address)):
                    admitted = await self._runtime.app.throttle.admit(user_id, address, device)
                    if isinstance(admitted, Attempt):
                        return await self._verified(admitted, typed, connection, record)
            except QueueFull as error:
                raise too_many(BUSY_SECONDS) from error
            if isinstance(admitted, Wait):
                await self._note_refusal(user_id, address, record)
                raise closed(self._runtime.phone) if admitted.closed else too_many(admitted.seconds)
            # As many checks of this login run in other processes as may fail: theirs are waited for.
            await asyncio.sleep(BUSY_PAUSE)
        raise too_many(BUSY_SECONDS)

    async def _verified(
        self, attempt: Attempt, typed: _Typed, connection: Connection, record: SignInRecord
    ) -> UserRecord:
        throttle, users = self._runtime.app.throttle, self._runtime.app.bank.users
        try:
            person = await users.authenticate(typed.user_id, typed.password)
        except UltracoreError:
            # Nothing was checked, so an outage of the bank must not count as a wrong password.
            await throttle.withdrawn(attempt)
            raise
        # The same answer whether the password is wrong or of no use: a guesser learns nothing.
        if person is None or not self._takes_password(person):
            await throttle.failed(attempt)
            # Counted before it is recorded: a record that is away must not give guesses for free.
            await record.refused(await users.get(typed.user_id))
            raise SignInRefused("wrong user name or password")
        await self._proved(attempt, person, typed, connection)
        await throttle.succeeded(attempt)
        return person

    async def _proved(self, attempt: Attempt, person: UserRecord, typed: _Typed, connection: Connection) -> None:
        """Ask for the second factor. A right password alone forgives no failure, and counts as one until then."""
        throttle = self._runtime.app.throttle
        try:
            if typed.passkey and person.has_second_factor:
                await self._runtime.app.passkeys.verify(person.user_id, typed.passkey, "sign_in", connection)
            else:
                await self._runtime.app.factors.demand(person, typed.code, connection)
        except (CodeWanted, FactorRequired):
            await throttle.unfinished(attempt)
            raise
        except SignInRefused:
            await throttle.failed(attempt)
            raise
        # An outage of ours; or the factor is closed and says itself for how long, which the throttle would not.
        except UltracoreError:
            await throttle.withdrawn(attempt)
            raise

    async def _note_refusal(self, user_id: str, address: str, record: SignInRecord) -> None:
        """Put a refusal on the record, the first of each minute for a user and an address: a flood is one fact.

        A flood of made-up names is one fact too, so that the record cannot be filled from outside.
        """
        if self._named.admits(f"{user_id} {address}") and self._refusals.admits(address):
            await record.throttled(await self._runtime.app.bank.users.get(user_id))


def too_many(wait: float) -> SignInLimited:
    """The refusal that says how long."""
    if wait <= 60:
        seconds = max(1, math.ceil(wait))
        told = f"{seconds} {'second' if seconds == 1 else 'seconds'}"
    else:
        told = f"{math.ceil(wait / 60)} minutes"
    sentence = f"Too many attempts. Try again in {told}."
    return SignInLimited("sign-in throttled", retry_after=wait, sentence=sentence)


def closed(phone: str) -> SignInLimited:
    """The refusal of a login that somebody has been guessing at for long."""
    sentence = (
        "For your protection this login is closed on new devices. Use a device that you have signed in with "
        f"before, or call {phone}."
    )
    return SignInLimited("sign-in closed", retry_after=3600, code="sign_in.closed", sentence=sentence)


def connection_of(request: Request) -> Connection:
    """The address and browser of a request, for the record."""
    agent = request.headers.get("user-agent", "")[:LONGEST_USER_AGENT]
    return Connection(request.client.host if request.client else None, agent or None)


def _masked(connection: Connection) -> Connection:
    """As the session keeps it for its owner's list: a program may carry its token in the name of its browser."""
    agent = connection.user_agent
    return replace(connection, user_agent=None if agent is None else mask(agent))


async def _credentials(request: Request) -> _Typed:
    """User name, password, and a code or a passkey's answer if one was sent. A form is read once, and kept."""
    try:
        # The parser would store files on disk and fields in memory before we see any of them.
        async with request.form(max_files=0, max_fields=8, max_part_size=8 * LONGEST_PASSWORD) as form:
            user_id, password = _field(form, "username", LONGEST_NAME), _field(form, "password", LONGEST_PASSWORD)
            code, passkey = form.get("code"), form.get("passkey")
            return _Typed(
                user_id,
                password,
                code.strip()[:LONGEST_CODE] if isinstance(code, str) else "",
                passkey if isinstance(passkey, str) else "",
            )
    except (MultiPartException, HTTPException) as error:
        raise InvalidInput("malformed form", code="sign_in.input", sentence=EMPTY_SENTENCE) from error


def _field(form: FormData, name: str, longest: int) -> str:
    value = form.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise InvalidInput(f"{name} is missing or too long", code="sign_in.input", sentence=EMPTY_SENTENCE)
    return value
