"""`/account/address`: a person gives their login a mail address, to which links for a new password go."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.admin.account import ACCOUNT, EVERYBODY, REFUSALS, AccountForms
from ultracore.admin.factor import LONGEST_CODE
from ultracore.admin.own import counted
from ultracore.web import NoSuchPage, PageTable, Visit, see_other

LONGEST_ADDRESS: Final = 254


class ContactPages(AccountForms):
    """The form of a person about their own mail address."""

    def add_to(self, table: PageTable) -> None:
        """Add the route."""
        table.add("POST", f"{ACCOUNT}/address", self._change, EVERYBODY)

    async def _change(self, visit: Visit) -> Response:
        """With password and code: who found the screen unlocked could otherwise send themselves a link."""
        identity, form, person = self._server.parts().identity, visit.form, visit.principal
        if identity.mail_queue is None:
            raise NoSuchPage("no mail server")
        browser = self._server.connection(visit.request)
        try:
            address = form.text("address", "mail address", longest=LONGEST_ADDRESS)
            password = form.secret("address_password", "password")
            code = form.optional("address_code", "code", longest=LONGEST_CODE)
            await counted(
                self._server,
                person.user_id,
                visit.request,
                lambda: identity.factors.prove(person.user_id, password, code, browser),
            )
            await identity.addresses.change(person, address, browser)
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        return see_other(self._site, f"{ACCOUNT}?done=address")
