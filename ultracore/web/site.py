"""What all pages share: who comes in, how a page looks, and what stands on one if it cannot be shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ultracore.errors import SessionEnded, UltracoreError
from ultracore.principal import Principal, Role
from ultracore.web.assets import FOLDER, Asset, asset_of
from ultracore.web.forms import Form, FormTokens
from ultracore.web.values import Forbidden, FormRefused, NoSuchPage
from ultracore.wording import money_text, when_text

_OWN: Final = Path(__file__).parent
# Stricter than the chat's: these pages need no inline style and no frame.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What the pages ask of the server that they are part of."""

    caller: Callable[[Request], Awaitable[Principal | None]]
    """Who the request comes from; None if nobody is signed in."""
    denied: Callable[[Request, Principal], Awaitable[None]]
    """Hears of a person whose role may not see the page, for the record."""
    explain: Callable[[UltracoreError, str], tuple[int, str]]
    """The status and the sentence for an error at a path."""
    origins: Sequence[str]
    """From whose pages a form may come."""
    form_key: bytes
    phone: str
    prefix: str = ""
    """The path under which a proxy serves the program."""
    has_sign_in: bool = True
    """False if there is no page to sign in on: who is not signed in gets a 401 instead of the way there."""


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """A link at the head of every page, for people with one of the roles."""

    path: str
    label: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A person at a page. What they sent is settled to have come from a form of ours."""

    request: Request
    principal: Principal
    form: Form = field(default_factory=Form)

    def named(self, name: str) -> str:
        """A part of the address that the route names in braces."""
        return str(self.request.path_params[name])


class Site:
    """The one look and the one door of the program's pages."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.tokens = FormTokens(door.form_key)
        self._assets: dict[str, Asset] = {}
        self._links: list[NavigationLink] = []
        self._style = self.add_asset(_OWN / "pages.css")
        self._own = self.templates(_OWN / "templates")

    def add_asset(self, file: Path) -> str:
        """Serve a stylesheet, a script or a picture; gives its address."""
        asset = asset_of(file)
        self._assets[asset.path] = asset
        return self.address(asset.path)

    def add_link(self, path: str, label: str, roles: Collection[Role]) -> None:
        """Put a link at the head of every page for these roles."""
        self._links.append(NavigationLink(path, label, frozenset(roles)))

    def templates(self, folder: Path) -> Templates:
        """The templates of a folder, which may extend `layout.html` and import `parts.html`."""
        return Templates(self, folder)

    def address(self, path: str) -> str:
        """A path of the program as browsers see it."""
        return self.door.prefix + path

    async def asset(self, request: Request) -> Response:
        """The endpoint of everything that `add_asset` added."""
        asset = self._assets.get(FOLDER + request.url.path.rpartition(FOLDER)[2])
        return asset.response() if asset is not None else self.missing(request)

    def missing(self, request: Request) -> Response:
        """The page that says that there is none."""
        return self.problem(request, NoSuchPage("no such page"))

    def problem(self, request: Request, error: UltracoreError, principal: Principal | None = None) -> Response:
        """A page with the sentence of an error and a fitting status."""
        status, sentence = self._explained(error, request.url.path)
        titles = {
            400: "Please check",
            401: "Not signed in",
            403: "Not for you",
            404: "Not found",
            409: "Not done",
            429: "Too many",
        }
        title = titles.get(status, "Sorry")
        return self._own.show("message.html", request, principal, status=status, title=title, sentence=sentence)

    def sign_in(self, request: Request) -> Response:
        """The way to the sign-in, and back to this page afterwards if it is one to be looked at."""
        if not self.door.has_sign_in:
            return self.problem(request, SessionEnded("no live login session"))
        back = f"?next={quote(request.url.path.removeprefix(self.door.prefix))}" if request.method == "GET" else ""
        return RedirectResponse(self.address("/login") + back, 303)

    def links_for(self, principal: Principal | None) -> list[NavigationLink]:
        """The links at the head of a page of this person."""
        roles = principal.roles if principal is not None else frozenset()
        return [link for link in self._links if link.roles & roles]

    def roles_below(self, path: str) -> frozenset[Role]:
        """Who has a link to a page whose address begins with `path`."""
        return frozenset(role for link in self._links if link.path.startswith(path) for role in link.roles)

    @property
    def style(self) -> str:
        """The address of the stylesheet."""
        return self._style

    def _explained(self, error: UltracoreError, path: str) -> tuple[int, str]:
        status, sentence = self.door.explain(error, path)
        match error:
            case Forbidden() | FormRefused():
                return 403, sentence
            case NoSuchPage():
                return 404, sentence
            case _:
                return status, sentence


class Templates:
    """Templates of one package. Everything that is put into one is escaped; a name that is missing is an error."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._environment = Environment(
            loader=FileSystemLoader([folder, _OWN / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"when": when_text, "money": money_text}
        self._environment.globals |= {"address": site.address, "phone": site.door.phone}

    def page(self, name: str, visit: Visit, *, status: int = 200, **values: Any) -> Response:
        """A page for a person who is signed in."""
        return self.show(name, visit.request, visit.principal, status=status, **values)

    def show(
        self, name: str, request: Request, principal: Principal | None, *, status: int = 200, **values: Any
    ) -> Response:
        """A page for anybody; `principal` is None for somebody who is not signed in."""
        site = self._site
        shared = {
            "style": site.style,
            "principal": principal,
            "links": site.links_for(principal),
            "here": request.url.path.removeprefix(site.door.prefix),
            "token": site.tokens.of(principal.login_id) if principal is not None else "",
        }
        text = self._environment.get_template(name).render(shared | values)
        return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY})


def see_other(site: Site, path: str) -> Response:
    """After a form: the page to look at, so that a reload sends nothing again."""
    return RedirectResponse(site.address(path), 303)
