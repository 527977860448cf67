"""`/account`: one's own login: where it is signed in, and a new password."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.admin.links import new_password
from ultracore.admin.parts import AdminServer
from ultracore.cache.stores import Attempt
from ultracore.errors import CustomerError, InvalidInput, SignInLimited, SignInRefused
from ultracore.identity import SHORTEST, SHORTEST_WITH_FACTOR, IdentityRefused
from ultracore.principal import Role
from ultracore.web import PageTable, Site, Templates, Visit, see_other

ACCOUNT: Final = "/account"
EVERYBODY: Final = frozenset(Role)
DONE: Final = {"elsewhere": "You are signed in here only.", "none": "You were signed in nowhere else."}
_TOO_MANY: Final = "Too many wrong passwords. Please wait a quarter of an hour."


class AccountPages:
    """The page of a person about their own login."""

    def __init__(self, site: Site, server: AdminServer, templates: Templates) -> None:
        self._site = site
        self._server = server
        self._templates = templates

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add("GET", ACCOUNT, self._page, EVERYBODY)
        table.add("POST", f"{ACCOUNT}/password", self._password, EVERYBODY)
        table.add("POST", f"{ACCOUNT}/elsewhere", self._elsewhere, EVERYBODY)

    async def _page(self, visit: Visit) -> Response:
        return await self._shown(visit)

    async def _shown(self, visit: Visit, *, problem: str = "", status: int = 200) -> Response:
        parts, person = self._server.parts(), visit.principal
        login = await parts.identity.administration.book.find(person.user_id)
        sessions = await parts.logins.live_of(person.tenant_id, person.user_id)
        return self._templates.page(
            "account.html",
            visit,
            status=status,
            sessions=[(one, one.principal.login_id == person.login_id) for one in sessions],
            shortest=SHORTEST_WITH_FACTOR if login is not None and login.has_second_factor else SHORTEST,
            done=DONE.get(visit.request.query_params.get("done", ""), ""),
            problem=problem,
        )

    async def _password(self, visit: Visit) -> Response:
        try:
            await self._changed(visit)
        except (IdentityRefused, InvalidInput, SignInRefused, SignInLimited) as refusal:
            return await self._shown(visit, problem=refusal.sentence, status=_status(refusal))
        return self._templates.show("password_done.html", visit.request, None, login=None)

    async def _changed(self, visit: Visit) -> None:
        """Change the password, counted as a sign-in is: who found a screen unlocked must not guess at leisure."""
        parts, form, browser = self._server.parts(), visit.form, self._server.connection(visit.request)
        old, new = form.secret("old", "present password"), new_password(form)
        attempt = await parts.throttle.admit(visit.principal.user_id, browser.ip_address or "")
        if not isinstance(attempt, Attempt):
            raise SignInLimited("too many wrong passwords", retry_after=900, sentence=_TOO_MANY)
        try:
            await parts.identity.credentials.change(visit.principal, old, new, browser)
        except SignInRefused:
            await parts.throttle.failed(attempt)
            raise
        except BaseException:
            await parts.throttle.withdrawn(attempt)
            raise
        await parts.throttle.succeeded(attempt)

    async def _elsewhere(self, visit: Visit) -> Response:
        """End the person's other sessions; this one goes on."""
        parts, person = self._server.parts(), visit.principal
        living = await parts.logins.of_user(person.tenant_id, person.user_id)
        others = [login_id for login_id in living if login_id != person.login_id]
        if others:
            await parts.identity.credentials.note_sessions_ended(person, self._server.connection(visit.request))
        for login_id in others:
            await parts.logins.revoke(login_id)
        return see_other(self._site, f"{ACCOUNT}?done={'elsewhere' if others else 'none'}")


def _status(refusal: CustomerError) -> int:
    return 429 if isinstance(refusal, SignInLimited) else 400
