"""`/account/provider…`: a person lets an account at a provider of the bank sign them in, or no longer."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.admin.account import ACCOUNT, EVERYBODY, REFUSALS, AccountForms
from ultracore.admin.factor import LONGEST_CODE
from ultracore.admin.own import counted, end_others
from ultracore.oidc import SignOn, keep_attempt
from ultracore.web import NoSuchPage, PageTable, Visit, see_other

PROVIDER: Final = f"{ACCOUNT}/provider"


class ProviderPages(AccountForms):
    """The forms of a person about their accounts at providers."""

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add("POST", PROVIDER, self._connect, EVERYBODY)
        table.add("POST", f"{PROVIDER}/disconnect", self._disconnect, EVERYBODY)

    async def _connect(self, visit: Visit) -> Response:
        """With the password: who found the screen unlocked could otherwise come back at any time."""
        sign_on, name, person = *self._asked(visit), visit.principal
        try:
            await self._prove(visit, name)
            if sign_on.is_proxy(name):
                proof = await sign_on.asserted(name, visit.request, spend=False)
                await sign_on.connect(proof, person, self._server.connection(visit.request))
                return see_other(self._site, f"{ACCOUNT}?done=connected")
            address, attempt = await sign_on.begin(
                name, login_id=person.login_id, back=f"{ACCOUNT}?done=connected", again=True
            )
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        label = sign_on.providers[name].label
        # A link and no redirect: a form of ours may lead to no other site.
        page = self._templates.page("provider.html", visit, label=label, go_to=address)
        keep_attempt(page, attempt, secure=self._server.parts().public_address.startswith("https://"))
        return page

    async def _disconnect(self, visit: Visit) -> Response:
        sign_on, name = self._asked(visit)
        await sign_on.disconnect(name, visit.principal, self._server.connection(visit.request))
        # What the account there has begun ends with the connection.
        await end_others(self._server, visit)
        return see_other(self._site, f"{ACCOUNT}?done=disconnected")

    async def _prove(self, visit: Visit, provider: str) -> None:
        form, person = visit.form, visit.principal.user_id
        password = form.secret(f"password_for_{provider}", "password")
        code = form.optional(f"code_for_{provider}", "code", longest=LONGEST_CODE)
        factors, browser = self._server.parts().identity.factors, self._server.connection(visit.request)
        await counted(self._server, person, visit.request, lambda: factors.prove(person, password, code, browser))

    def _asked(self, visit: Visit) -> tuple[SignOn, str]:
        """The provider that the form names, if it is of the person's tenant."""
        sign_on, name = self._server.parts().sign_on, visit.form.text("provider", "provider", longest=32)
        provider = sign_on.providers.get(name) if sign_on is not None else None
        if sign_on is None or provider is None or provider.tenant_id != visit.principal.tenant_id:
            raise NoSuchPage("no such provider for this person")
        return sign_on, name
