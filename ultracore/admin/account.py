"""`/account`: one's own login: its open sessions, a new password, its second factor."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.admin.links import new_password
from ultracore.admin.own import counted, end_others, status_of
from ultracore.admin.parts import AdminServer
from ultracore.errors import CustomerError, InvalidInput, SignInLimited, SignInRefused
from ultracore.identity import SHORTEST, SHORTEST_WITH_FACTOR, IdentityRefused
from ultracore.principal import Role
from ultracore.web import PageTable, Site, Templates, Visit, see_other

ACCOUNT: Final = "/account"
REFUSALS: Final = (IdentityRefused, InvalidInput, SignInRefused, SignInLimited)
"""What a form about one's own login may be refused with: said on the page."""
EVERYBODY: Final = frozenset(Role)
DONE: Final = {
    "address": "Your mail address is changed. Links for a new password go there from now on.",
    "elsewhere": "You are signed in here only.",
    "none": "You were signed in nowhere else.",
    "connected": "Connected: from now on the sign-in service signs you in too.",
    "disconnected": "Disconnected: the sign-in service does not sign you in any more.",
    "passkey": "The passkey is added. You are signed in here only.",
    "passkey_held": (
        "The passkey is added. You are signed in here only. For the next 24 hours you can pay other people only a "
        "little, so that you have time to notice if somebody else did this."
    ),
    "passkey_removed": "The passkey is removed: it signs nobody in any more. You are signed in here only.",
    "removed": "Your second factor is removed: your password alone signs you in. You are signed in here only.",
}


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
        return await self.shown(visit)

    async def shown(self, visit: Visit, *, problem: str = "", status: int = 200) -> Response:
        """The page, perhaps with what was wrong with a form of it."""
        parts, person = self._server.parts(), visit.principal
        factor = await parts.identity.factors.state(person.user_id)
        passkeys = await parts.identity.passkeys.of(person.user_id)
        party = parts.identity.passkeys.party
        sessions = await parts.logins.live_of(person.tenant_id, person.user_id)
        return self._templates.page(
            "account.html",
            visit,
            status=status,
            sessions=[(one, one.principal.login_id == person.login_id) for one in sessions],
            factor=factor,
            passkeys=passkeys,
            passkey_choices=[(one.passkey_id, one.name) for one in passkeys],
            passkeys_at="" if party is None else f"{party.address}{self._site.address(ACCOUNT)}",
            passkeys_here=party is not None and visit.request.url.hostname == party.rp_id,
            sends_mail=parts.identity.mail_queue is not None,
            mail_address=await parts.identity.addresses.of(person.user_id) or "",
            providers=await parts.sign_on.offered_to(person) if parts.sign_on is not None else [],
            shortest=SHORTEST_WITH_FACTOR if factor.is_enrolled else SHORTEST,
            done=DONE.get(visit.request.query_params.get("done", ""), ""),
            problem=problem,
        )

    async def _password(self, visit: Visit) -> Response:
        try:
            await self._changed(visit)
        except REFUSALS as refusal:
            return await self.shown(visit, problem=refusal.sentence, status=status_of(refusal))
        return self._templates.show("password_done.html", visit.request, None, login=None)

    async def _changed(self, visit: Visit) -> None:
        parts, form, browser = self._server.parts(), visit.form, self._server.connection(visit.request)
        old, new = form.secret("old", "present password"), new_password(form)
        await counted(
            self._server,
            visit.principal.user_id,
            visit.request,
            lambda: parts.identity.credentials.change(visit.principal, old, new, browser),
        )

    async def _elsewhere(self, visit: Visit) -> Response:
        """End the person's other sessions; this one goes on."""
        others = await end_others(self._server, visit)
        return see_other(self._site, f"{ACCOUNT}?done={'elsewhere' if others else 'none'}")


class AccountForms:
    """Forms of the page that have a module of their own. What one of them refuses is said on the page."""

    def __init__(self, site: Site, server: AdminServer, templates: Templates, account: AccountPages) -> None:
        self._site = site
        self._server = server
        self._templates = templates
        self._account = account

    async def _refused(self, visit: Visit, refusal: CustomerError) -> Response:
        return await self._account.shown(visit, problem=refusal.sentence, status=status_of(refusal))
