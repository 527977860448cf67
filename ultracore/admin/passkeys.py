"""`/account/passkey…`: a person adds passkeys to their login, and takes them away."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.admin.account import ACCOUNT, EVERYBODY, REFUSALS, AccountForms
from ultracore.admin.factor import LONGEST_CODE
from ultracore.admin.own import counted, end_others
from ultracore.web import Form, PageTable, Visit, see_other

PASSKEY: Final = f"{ACCOUNT}/passkey"
_LONGEST_NAME: Final = 40
_LONGEST_ANSWER: Final = 8192


class PasskeyPages(AccountForms):
    """The forms of a person about their own passkeys."""

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add("POST", PASSKEY, self._begin, EVERYBODY)
        table.add("POST", f"{PASSKEY}/confirm", self._confirm, EVERYBODY)
        table.add("POST", f"{PASSKEY}/remove", self._remove, EVERYBODY)

    async def _begin(self, visit: Visit) -> Response:
        passkeys, browser = self._server.parts().identity.passkeys, self._server.connection(visit.request)
        person, form = visit.principal, visit.form
        try:
            name = _name(form)
            password = form.secret("passkey_password", "password")
            code = form.text("passkey_code", "code", longest=LONGEST_CODE)
            options = await counted(
                self._server,
                person.user_id,
                visit.request,
                lambda: passkeys.begin(person.user_id, person.login_id, password, code, browser),
            )
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        return self._templates.page("passkey.html", visit, title_of=name, options=options)

    async def _confirm(self, visit: Visit) -> Response:
        identity, browser = self._server.parts().identity, self._server.connection(visit.request)
        person = visit.principal
        try:
            name, answer = _name(visit.form), visit.form.text("credential", "passkey", longest=_LONGEST_ANSWER)
            await identity.passkeys.confirm(person.user_id, person.login_id, name, answer, browser)
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        await end_others(self._server, visit)
        held = identity.factors.limits_payments and person.customer_id is not None
        return see_other(self._site, f"{ACCOUNT}?done={'passkey_held' if held else 'passkey'}")

    async def _remove(self, visit: Visit) -> Response:
        passkeys, browser = self._server.parts().identity.passkeys, self._server.connection(visit.request)
        name, form = visit.principal.user_id, visit.form
        try:
            chosen = form.text("passkey", "passkey", longest=64)
            password = form.secret("passkey_gone_password", "password")
            code = form.text("passkey_gone_code", "code", longest=LONGEST_CODE)
            await counted(
                self._server,
                name,
                visit.request,
                lambda: passkeys.remove(name, chosen, password, code, browser),
            )
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        await end_others(self._server, visit)
        return see_other(self._site, f"{ACCOUNT}?done=passkey_removed")


def _name(form: Form) -> str:
    return form.text("passkey_name", "name", longest=_LONGEST_NAME)
