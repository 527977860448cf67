"""One page over the kit, with all that pages have: a heading, a table with paging, a search, a form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from ultracore.errors import UltracoreError
from ultracore.principal import Principal, Role
from ultracore.web import Door, Form, PageNumber, PageTable, Site, Visit, see_other

ORIGIN = "http://bank.test"
PEOPLE = {
    "super": Principal(
        tenant_id="tenant_1", user_id="super", login_id="l-super", roles=frozenset({Role.SUPERVISOR})
    ),
    "other": Principal(
        tenant_id="tenant_1", user_id="other", login_id="l-other", roles=frozenset({Role.SUPERVISOR})
    ),
    "teller": Principal(
        tenant_id="tenant_1", user_id="teller", login_id="l-teller", roles=frozenset({Role.TELLER})
    ),
}


class Sample:
    """The page, who was denied it, and what its form has added."""

    def __init__(self, prefix: str = "") -> None:
        self.denied: list[str] = []
        self.names = [f"Visitor {number}" for number in range(60)]
        self.site = Site(
            Door(
                caller=self._caller,
                denied=self._deny,
                explain=lambda error, path: (_status(error), getattr(error, "sentence", "")),
                origins=(ORIGIN,),
                form_key=b"k" * 32,
                phone="13 00 00 00",
                prefix=prefix,
            )
        )
        self.site.add_link("/sample", "Visitors", {Role.SUPERVISOR})
        self.table = PageTable(self.site)
        self.table.add("GET", "/sample", self._page, {Role.SUPERVISOR})
        self.table.add("POST", "/sample", self._added, {Role.SUPERVISOR})
        self.table.add("GET", "/sample/{name}", self._one, {Role.SUPERVISOR})
        self.table.add_open("GET", "/open", self._open)
        self.table.add_open("POST", "/open", self._open)
        self._templates = self.site.templates(Path(__file__).parent / "templates")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        is_asset = "/web/" in request.url.path
        answer = await (self.site.asset(request) if is_asset else self.table.answer(request))
        await answer(scope, receive, send)

    async def _caller(self, request: Request) -> Principal | None:
        return PEOPLE.get(request.headers.get("x-who", ""))

    async def _deny(self, request: Request, principal: Principal) -> None:
        self.denied.append(f"{principal.user_id} {request.url.path}")

    async def _page(self, visit: Visit) -> Response:
        number, asked = PageNumber.of(visit.request), visit.request.query_params.get("q", "")
        found = [name for name in self.names if asked.lower() in name.lower()]
        leaf = number.leaf(found[number.offset : number.offset + number.limit])
        return self._templates.page("sample.html", visit, leaf=leaf, asked=asked, said="")

    async def _added(self, visit: Visit) -> Response:
        self.names.insert(0, visit.form.text("name", "name", longest=20))
        return see_other(self.site, "/sample")

    async def _one(self, visit: Visit) -> Response:
        return PlainTextResponse(visit.named("name"))

    async def _open(self, request: Request, form: Form) -> Response:
        return PlainTextResponse(f"open {form.optional('name', 'name')}")


def _status(error: UltracoreError) -> int:
    return 400 if error.code.startswith("page.") else 503


@asynccontextmanager
async def visiting(sample: Sample, who: str = "super") -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the sample page, signed in as `who`."""
    transport = httpx.ASGITransport(app=sample)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"X-Who": who}) as browser:
        yield browser


def token(who: str = "super") -> str:
    """The token in the forms of this person's pages."""
    return Sample().site.tokens.of(PEOPLE[who].login_id)
