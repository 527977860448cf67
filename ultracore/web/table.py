"""The routes of a package's pages, each with the roles that may come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from re import Pattern

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from ultracore.errors import SessionEnded, UltracoreError
from ultracore.principal import Principal, Role
from ultracore.web.forms import TOKEN_FIELD, Form, read_form
from ultracore.web.site import Site, Visit, see_other
from ultracore.web.values import Forbidden, FormRefused

Handler = Callable[[Visit], Awaitable[Response]]
OpenHandler = Callable[[Request, Form], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: Pattern[str]
    handler: Handler
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class _OpenRoute:
    method: str
    path: Pattern[str]
    handler: OpenHandler


class PageTable:
    """Answers for a tree of paths. What a handler raises of ours becomes a page with its sentence."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._routes: list[_Route | _OpenRoute] = []

    def add(self, method: str, path: str, handler: Handler, roles: Collection[Role]) -> None:
        """A route for people with one of the roles; `path` may hold parts in braces, as `/desk/calls/{call}`."""
        self._routes.append(_Route(method, compile_path(path)[0], handler, frozenset(roles)))

    def add_open(self, method: str, path: str, handler: OpenHandler) -> None:
        """A route for anybody, signed in or not. A form that is sent to it must come from a page of ours."""
        self._routes.append(_OpenRoute(method, compile_path(path)[0], handler))

    def add_start(self, path: str) -> None:
        """Lead from `path` to the first page below it that the head of this person's pages has a link to.

        The links are added before.
        """

        async def start(visit: Visit) -> Response:
            links = self._site.links_for(visit.principal)
            return see_other(self._site, next(one.path for one in links if one.path.startswith(path)))

        self.add("GET", path, start, self._site.roles_below(path))

    async def answer(self, request: Request) -> Response:
        """The endpoint of the whole tree."""
        route = self._find(request)
        if route is None:
            return self._site.missing(request)
        principal: Principal | None = None
        try:
            if isinstance(route, _OpenRoute):
                return await route.handler(request, await self._form(request, None))
            principal = await self._let_in(request, route)
            form = await self._form(request, principal)
            return await route.handler(Visit(request=request, principal=principal, form=form))
        except SessionEnded:
            return self._site.sign_in(request)
        except UltracoreError as error:
            return self._site.problem(request, error, principal)

    def _find(self, request: Request) -> _Route | _OpenRoute | None:
        method = "GET" if request.method == "HEAD" else request.method
        path = request.url.path.removeprefix(self._site.door.prefix)
        for route in self._routes:
            fits = route.path.match(path) if route.method == method else None
            if fits is not None:
                request.scope["path_params"] = fits.groupdict()
                return route
        return None

    async def _let_in(self, request: Request, route: _Route) -> Principal:
        """The person, if one of their roles may see this. Raises `SessionEnded` or `Forbidden`."""
        principal = await self._site.door.caller(request)
        if principal is None:
            raise SessionEnded("no live login session")
        if not principal.roles & route.roles:
            await self._site.door.denied(request, principal)
            raise Forbidden("the role may not see this page")
        return principal

    async def _form(self, request: Request, principal: Principal | None) -> Form:
        """What was sent. Raises `FormRefused` unless it came from one of our pages, of this login session."""
        if request.method != "POST":
            return Form()
        # Browsers send an origin with every form. One without comes from no page, and none is expected to post.
        if request.headers.get("origin") not in self._site.door.origins:
            raise FormRefused("a form of another origin")
        form = await read_form(request)
        token = next(iter(form.many(TOKEN_FIELD)), "")
        if principal is not None and not self._site.tokens.fits(principal.login_id, token):
            raise FormRefused("a form without the token of this login session")
        return form
