"""`/set-up`: the first administrator of a new installation. There is no such page once there is one."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ultracore.admin.links import new_password
from ultracore.admin.open_pages import OpenForm
from ultracore.errors import InvalidInput
from ultracore.identity import SHORTEST, IdentityRefused, SetUp
from ultracore.web import Form, NoSuchPage

PATH: Final = "/set-up"


class SetUpPages(OpenForm):
    """The page that takes the set-up code."""

    path = PATH

    async def _opened(self, request: Request, form: Form) -> Response:
        if not await self._server.parts().identity.first.is_wanted():
            raise NoSuchPage("there is an administrator")
        return self._asked(request, form)

    async def _sent(self, request: Request, form: Form) -> Response:
        try:
            wish = SetUp(
                code=form.text("code", "set-up code", longest=100),
                tenant_id=form.text("tenant", "id of the bank", longest=64),
                tenant_name=form.optional("tenant_name", "name of the bank"),
                login=form.text("login", "login", longest=64),
                name=form.optional("name", "your name"),
                password=new_password(form),
            )
            await self._server.parts().identity.first.take(wish, self._server.connection(request))
        except (IdentityRefused, InvalidInput) as refusal:
            return self._asked(request, form, refusal.sentence)
        return self._templates.show("password_done.html", request, None, login=None)

    def _asked(self, request: Request, form: Form, problem: str = "") -> Response:
        status = 400 if problem else 200
        given = {name: next(iter(form.many(name)), "") for name in ("tenant", "tenant_name", "login", "name")}
        return self._templates.show(
            "set_up.html", request, None, status=status, given=given, problem=problem, shortest=SHORTEST
        )
