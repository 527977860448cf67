"""`/set-password/…`: a person sets their password by a one-time link. Opening it consumes nothing."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ultracore.admin.open_pages import OpenForm
from ultracore.errors import InvalidInput
from ultracore.identity import SHORTEST, SHORTEST_WITH_FACTOR, IdentityRefused, LoginView
from ultracore.web import Form

PATH: Final = "/set-password/{token}"


class LinkPages(OpenForm):
    """The page behind a link, for somebody who is not signed in."""

    path = PATH

    async def _opened(self, request: Request, form: Form) -> Response:
        return self._asked(request, await self._owner(request))

    async def _sent(self, request: Request, form: Form) -> Response:
        credentials, login = self._server.parts().identity.credentials, await self._owner(request)
        try:
            password = new_password(form)
            token, browser = str(request.path_params["token"]), self._server.connection(request)
            await credentials.set_by_link(token, password, browser)
        except (IdentityRefused, InvalidInput) as refusal:
            return self._asked(request, login, refusal.sentence)
        return self._templates.show("password_done.html", request, None, login=login)

    async def _owner(self, request: Request) -> LoginView:
        return await self._server.parts().identity.credentials.owner(str(request.path_params["token"]))

    def _asked(self, request: Request, login: LoginView, problem: str = "") -> Response:
        return self._templates.show(
            "set_password.html",
            request,
            None,
            status=400 if problem else 200,
            login=login,
            here_again=request.url.path.removeprefix(self._site.door.prefix),
            shortest=SHORTEST_WITH_FACTOR if login.has_second_factor else SHORTEST,
            problem=problem,
        )


def new_password(form: Form) -> str:
    """The new password, which was typed twice. Raises `InvalidInput`."""
    password = form.secret("password", "new password")
    if password != form.secret("again", "new password, again"):
        raise InvalidInput("two passwords", code="page.field", sentence="The two passwords are not the same.")
    return password
