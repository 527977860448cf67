"""`/forgot-password`: somebody asks for a link to set a new password, and is told the same for every name."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ultracore.admin.open_pages import OpenForm
from ultracore.admin.own import status_of
from ultracore.admin.wishes import LinkWishes
from ultracore.errors import CustomerError, InvalidInput, SignInLimited
from ultracore.web import Form, NoSuchPage

PATH: Final = "/forgot-password"
_LONGEST_NAME: Final = 128


class ForgottenPages(OpenForm):
    """The page for somebody who is not signed in. There is none without a mail server."""

    path = PATH

    async def _opened(self, request: Request, form: Form) -> Response:
        self._wishes()
        return self._asked(request)

    async def _sent(self, request: Request, form: Form) -> Response:
        wishes = self._wishes()
        try:
            name = form.text("login", "user name", longest=_LONGEST_NAME)
            await wishes.take(name, self._server.connection(request).ip_address)
        except (InvalidInput, SignInLimited) as refusal:
            return self._asked(request, refusal)
        return self._templates.show("forgotten_done.html", request, None)

    def _wishes(self) -> LinkWishes:
        wishes = self._server.parts().wishes
        if wishes is None:
            raise NoSuchPage("no mail server")
        return wishes

    def _asked(self, request: Request, refusal: CustomerError | None = None) -> Response:
        problem, status = ("", 200) if refusal is None else (refusal.sentence, status_of(refusal))
        return self._templates.show("forgotten.html", request, None, status=status, problem=problem)
