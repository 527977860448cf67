"""`/second-factor`: a person whose role must have a second factor sets one up before their first sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from ultracore.admin.factor import LONGEST_CODE
from ultracore.admin.open_pages import OpenForm
from ultracore.admin.own import counted, status_of
from ultracore.errors import CustomerError, InvalidInput, SignInLimited, SignInRefused
from ultracore.identity import FactorRefused, IdentityRefused
from ultracore.web import Form, PageTable

PATH: Final = "/second-factor"
_LONGEST_NAME: Final = 128
_AT_THE_DOOR: Final[Mapping[str, Any]] = {"begin_at": PATH, "confirm_at": f"{PATH}/confirm"}


class FactorDoorPages(OpenForm):
    """The pages for somebody who is not signed in. What proves who they are is the password, and then the key."""

    path = PATH

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        super().add_to(table)
        table.add_open("POST", f"{PATH}/confirm", self._confirm)

    async def _opened(self, request: Request, form: Form) -> Response:
        return self._asked(request)

    async def _sent(self, request: Request, form: Form) -> Response:
        factors = self._server.parts().identity.factors
        try:
            name = form.text("login", "user name", longest=_LONGEST_NAME)
            password = form.secret("password", "password")
            enrolment = await counted(
                self._server, name, request, lambda: factors.begin_at_the_door(name, password)
            )
        except (IdentityRefused, InvalidInput, SignInRefused, SignInLimited) as refusal:
            return self._asked(request, refusal)
        picture = Markup(enrolment.picture)  # noqa: S704 - made by us, of letters and digits
        shown: dict[str, Any] = {"enrolment": enrolment, "picture": picture, "login": name, "problem": ""}
        return self._templates.show("factor.html", request, None, **_AT_THE_DOOR, **shown)

    async def _confirm(self, request: Request, form: Form) -> Response:
        factors, name = self._server.parts().identity.factors, ""
        try:
            name = form.text("login", "user name", longest=_LONGEST_NAME)
            code = form.text("code", "code", longest=LONGEST_CODE)
            codes = await factors.confirm(name, code, self._server.connection(request))
        except FactorRefused as refusal:
            again: dict[str, Any] = {"enrolment": None, "picture": "", "login": name, "problem": refusal.sentence}
            return self._templates.show("factor.html", request, None, status=400, **_AT_THE_DOOR, **again)
        except (IdentityRefused, InvalidInput) as refusal:
            return self._asked(request, refusal)
        return self._templates.show(
            "recovery_codes.html", request, None, codes=codes, first=True, held=False, next_page="/login"
        )

    def _asked(self, request: Request, refusal: CustomerError | None = None) -> Response:
        problem, status = ("", 200) if refusal is None else (refusal.sentence, status_of(refusal))
        return self._templates.show("factor_first.html", request, None, status=status, problem=problem)
