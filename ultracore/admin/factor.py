"""`/account/factor…`: a person gives their login a second factor, renews its recovery codes, takes it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from ultracore.admin.account import ACCOUNT, EVERYBODY, REFUSALS, AccountForms
from ultracore.admin.own import counted, end_others
from ultracore.errors import InvalidInput
from ultracore.identity import FactorRefused
from ultracore.web import PageTable, Visit, see_other

FACTOR: Final = f"{ACCOUNT}/factor"
LONGEST_CODE: Final = 20
_WITHIN: Final[Mapping[str, Any]] = {
    "begin_at": f"{ACCOUNT}#factor",
    "confirm_at": f"{FACTOR}/confirm",
    "login": "",
}


class FactorPages(AccountForms):
    """The forms of a person about their own second factor. Keys and recovery codes are shown once."""

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add("POST", FACTOR, self._begin, EVERYBODY)
        table.add("POST", f"{FACTOR}/confirm", self._confirm, EVERYBODY)
        table.add("POST", f"{FACTOR}/codes", self._renew, EVERYBODY)
        table.add("POST", f"{FACTOR}/remove", self._remove, EVERYBODY)

    async def _begin(self, visit: Visit) -> Response:
        factors, name = self._server.parts().identity.factors, visit.principal.user_id
        try:
            password = visit.form.secret("factor_password", "password")
            enrolment = await counted(self._server, name, visit.request, lambda: factors.begin(name, password))
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        picture = Markup(enrolment.picture)  # noqa: S704 - made by us, of letters and digits
        return self._templates.page(
            "factor.html", visit, **_WITHIN, enrolment=enrolment, picture=picture, problem=""
        )

    async def _confirm(self, visit: Visit) -> Response:
        factors, browser = self._server.parts().identity.factors, self._server.connection(visit.request)
        try:
            code = visit.form.text("code", "code", longest=LONGEST_CODE)
            codes = await factors.confirm(visit.principal.user_id, code, browser)
        except (FactorRefused, InvalidInput) as refusal:
            # Without the key: who found the screen unlocked must not be shown it for the price of a wrong code.
            return self._templates.page(
                "factor.html", visit, **_WITHIN, status=400, enrolment=None, picture="", problem=refusal.sentence
            )
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        # Who was signed in elsewhere came with the password alone.
        await end_others(self._server, visit)
        held = factors.limits_payments and visit.principal.customer_id is not None
        return self._templates.page(
            "recovery_codes.html", visit, codes=codes, first=True, held=held, next_page=ACCOUNT
        )

    async def _renew(self, visit: Visit) -> Response:
        factors, browser = self._server.parts().identity.factors, self._server.connection(visit.request)
        name = visit.principal.user_id
        try:
            password, code = self._proofs(visit)
            codes = await counted(
                self._server, name, visit.request, lambda: factors.renew_codes(name, password, code, browser)
            )
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        return self._templates.page(
            "recovery_codes.html", visit, codes=codes, first=False, held=False, next_page=ACCOUNT
        )

    async def _remove(self, visit: Visit) -> Response:
        factors, browser = self._server.parts().identity.factors, self._server.connection(visit.request)
        name = visit.principal.user_id
        try:
            password, code = self._proofs(visit)
            await counted(self._server, name, visit.request, lambda: factors.remove(name, password, code, browser))
        except REFUSALS as refusal:
            return await self._refused(visit, refusal)
        await end_others(self._server, visit)
        return see_other(self._site, f"{ACCOUNT}?done=removed")

    def _proofs(self, visit: Visit) -> tuple[str, str]:
        password = visit.form.secret("factor_password", "password")
        return password, visit.form.text("code", "code", longest=LONGEST_CODE)
