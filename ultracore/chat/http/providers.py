"""`/oidc/…`: the way to a provider and back, out of its session, and its word that a session is over."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from chainlit import config as chainlit_config
from chainlit.auth import set_auth_cookie
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ultracore.chat.admission import Budget
from ultracore.chat.door import login_of_cookies, token_for
from ultracore.chat.http.provider_links import LEFT_COOKIE, own_page
from ultracore.chat.http.signin import SignIn, connection_of
from ultracore.chat.http.signin_record import SignInRecord
from ultracore.chat.runtime import Runtime
from ultracore.errors import UltracoreError, Unavailable
from ultracore.oidc import COOKIE, AuthorizationRequest, Proof, ProviderRefused, SignOn, keep_attempt
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

REFUSALS_NOTED: Final = 20  # Of one address in a minute, so that the record cannot be filled from outside.
NOTICE_PATH: Final = "backchannel-logout"
_UNSTORED: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class ProviderDoor:
    """Every path below `/oidc`."""

    def __init__(self, runtime: Runtime, signin: SignIn) -> None:
        self._runtime = runtime
        self._signin = signin
        self._refusals = Budget(REFUSALS_NOTED)

    async def answer(self, request: Request) -> Response:
        """The answer for a path, by its method."""
        path = request.url.path.removeprefix(self._prefix)
        match request.method, path.removeprefix("/oidc/").split("/"):
            case "POST", [name] if name == NOTICE_PATH:
                return await self._notice(request)
            case "GET", [name] if name != NOTICE_PATH:
                return await self._begin(request, name)
            case "GET", [name, "callback"]:
                return await self._back(request, name)
            case "GET", [name, "leave"]:
                return await self._leave(request, name)
            case _:
                return JSONResponse({"detail": "Not found."}, 404)

    async def _begin(self, request: Request, name: str) -> Response:
        back = own_page(request.query_params.get("next", ""))
        if self._sign_on.is_proxy(name):
            return await self._asserted(request, name, back)
        # Who has just signed out here must not be back with one press while the provider still knows them.
        again = request.cookies.get(LEFT_COOKIE) == name
        try:
            address, attempt = await self._sign_on.begin(name, back=back, again=again)
        except ProviderRefused as refusal:
            return await self._refused(request, name, refusal)
        return self._sent(address, attempt)

    async def _back(self, request: Request, name: str) -> Response:
        cookie, told = request.cookies.get(COOKIE, ""), _single(request)
        try:
            attempt, proof = await self._sign_on.complete(name, cookie, told)
            if attempt.login_id:
                return await self._connected(request, attempt, proof)
            return await self._signed_in(request, attempt.back, proof)
        except ProviderRefused as refusal:
            return await self._refused(request, name, refusal)
        except Unavailable as error:
            # The browser has come from another site: it gets a page and not the JSON of the boundary.
            return await self._refused(request, name, ProviderRefused("ours", error.message))

    async def _asserted(self, request: Request, name: str, back: str) -> Response:
        """Signed in by what a proxy says about the person, without a way to anywhere."""
        try:
            proof = await self._sign_on.asserted(name, request, spend=True)
            return await self._signed_in(request, back, proof)
        except ProviderRefused as refusal:
            return await self._refused(request, name, refusal)
        except Unavailable as error:
            return await self._refused(request, name, ProviderRefused("ours", error.message))

    async def _signed_in(self, request: Request, back: str, proof: Proof) -> Response:
        """The same session as a sign-in by password begins."""
        connection = connection_of(request)
        person = await self._sign_on.person(proof, connection)
        await SignInRecord(self._runtime.app.trail, connection).signed_in_by(person, proof.provider)
        principal = await self._signin.begin(request, person)
        try:
            await self._sign_on.begun(proof, principal.login_id)
        except UltracoreError:
            # A session that the provider's word could not end must not be.
            await self._signin.end_session(principal.login_id, connection)
            raise
        answer = self._gone(back)
        set_auth_cookie(request, answer, token_for(principal))
        answer.delete_cookie(LEFT_COOKIE, httponly=True, samesite="lax")
        return answer

    async def _connected(self, request: Request, attempt: AuthorizationRequest, proof: Proof) -> Response:
        """The account signs in the person who has begun this on their own page, in the same session."""
        principal = await self._caller(request)
        if principal is None or principal.login_id != attempt.login_id:
            raise ProviderRefused("other", "another session than the one that began it")
        await self._sign_on.connect(proof, principal, connection_of(request))
        return self._gone(attempt.back)

    async def _leave(self, request: Request, name: str) -> Response:
        try:
            address = await self._sign_on.exit(name)
        except ProviderRefused as refusal:
            return await self._refused(request, name, refusal)
        answer = RedirectResponse(address or f"{self._prefix}/login", 303, _UNSTORED)
        answer.delete_cookie(LEFT_COOKIE, httponly=True, samesite="lax")
        return answer

    async def _notice(self, request: Request) -> Response:
        """200 if the session is over, also if there was none; 400 for what is no good notice."""
        connection = connection_of(request)
        try:
            notice = await self._sign_on.notice(await _logout_token(request))
            for login_id in await self._sign_on.ended_by(notice, connection):
                await self._signin.end_session(login_id, connection)
        except ProviderRefused as refusal:
            await self._note(request, "notice", refusal)
            if refusal.reason == "down":
                raise Unavailable("the provider's keys cannot be had", code=refusal.code) from refusal
            return JSONResponse({"error": "invalid_request"}, 400, _UNSTORED)
        return Response(None, 200, _UNSTORED)

    async def _refused(self, request: Request, name: str, refusal: ProviderRefused) -> Response:
        await self._note(request, name, refusal)
        answer = RedirectResponse(f"{self._prefix}/login?refused={refusal.reason}", 303, _UNSTORED)
        self._forget(answer)
        return answer

    async def _note(self, request: Request, name: str, refusal: ProviderRefused) -> None:
        connection = connection_of(request)
        known = name if name in self._sign_on.providers else "unknown"
        logger.warning("a provider's sign-in was refused: %s", refusal.message, extra={"provider": known})
        if not self._refusals.admits(connection.ip_address or ""):
            return
        person = await self._runtime.app.bank.users.get(refusal.user_id) if refusal.user_id else None
        await SignInRecord(self._runtime.app.trail, connection).refused_by(known, refusal.code, person)

    async def _caller(self, request: Request) -> Principal | None:
        login_id = login_of_cookies(request.cookies)
        return await self._runtime.app.logins.get(login_id) if login_id else None

    def _sent(self, address: str, attempt: AuthorizationRequest) -> Response:
        """To the provider, with what this browser has to remember."""
        answer = RedirectResponse(address, 303, _UNSTORED)
        keep_attempt(answer, attempt, secure=self._runtime.settings.is_behind_tls)
        return answer

    def _gone(self, back: str) -> Response:
        answer = RedirectResponse(f"{self._prefix}{back}", 303, _UNSTORED)
        self._forget(answer)
        return answer

    def _forget(self, answer: Response) -> None:
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")

    @property
    def _sign_on(self) -> SignOn:
        sign_on = self._runtime.app.admin_parts.sign_on
        # A file without a provider has no way to here.
        if sign_on is None:
            raise ProviderRefused("issuer", "no provider is configured")
        return sign_on

    @property
    def _prefix(self) -> str:
        return str(chainlit_config.config.run.root_path).rstrip("/")


def _single(request: Request) -> Mapping[str, str]:
    """The query, without what is said twice: which of the two is meant cannot be told."""
    told = request.query_params
    return {name: told[name] for name in told if len(told.getlist(name)) == 1}


async def _logout_token(request: Request) -> object:
    try:
        async with request.form(max_files=0, max_fields=4) as form:
            return form.get("logout_token")
    except (MultiPartException, HTTPException) as error:
        raise ProviderRefused("malformed", "the notice is no form") from error
