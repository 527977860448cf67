"""Two doors to one program: the bank's own page, and below `/widget` the frame on other sites.

What comes in below `/widget` goes on without that prefix and with the frame's cookie alone, written as the page's.
So everything behind the door answers a frame as it answers a page, and neither cookie is any good at the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from ultracore.chat.door import Gate, Routes, page_cookie_of
from ultracore.chat.http import STICKY_COOKIE
from ultracore.chat.runtime import Runtime

WIDGET_ROOT: Final = "/widget"
FRAME_COOKIE: Final = "anya_widget"
VISIT_COOKIE: Final = "anya_visit"
"""Of people who are not signed in: read by their own door alone."""
_SIGN_OUT: Final = "/logout"
"""Sent by a bank's server: signed, without a cookie, from no page."""


class Doors:
    """ASGI middleware around the whole of Chainlit's application: a gate for the page, and one for the frame."""

    def __init__(
        self,
        app: ASGIApp,
        runtime: Runtime,
        page: Routes,
        frame: Routes,
        prefix: str = "",
        hosts: Sequence[str] = (),
    ) -> None:
        cross_site = runtime.settings.widget_cross_site
        self._page = Gate(app, runtime, page, prefix)
        self._frame = Gate(
            app,
            runtime,
            frame,
            framed_by=hosts,
            # A cookie that other sites' pages send along proves nothing about who wrote a request.
            origin_wanted=lambda path: cross_site and path != _SIGN_OUT,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and is_of_frame(scope["path"]):
            await self._frame(_as_page(scope), receive, send)
        else:
            await self._page(scope, receive, send)


def is_of_frame(path: str) -> bool:
    """True for `/widget` and what lies below it."""
    return path == WIDGET_ROOT or path.startswith(f"{WIDGET_ROOT}/")


def _as_page(scope: Scope) -> Scope:
    path = scope["path"].removeprefix(WIDGET_ROOT) or "/"
    cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
    others = (_cookie(cookies, name) for name in (STICKY_COOKIE, VISIT_COOKIE))
    kept = [one for one in (page_cookie_of(cookies.get(FRAME_COOKIE, "")), *others) if one]
    # A bearer token in a header would be a second way in.
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"cookie", b"authorization")]
    if kept:
        headers.append((b"cookie", "; ".join(kept).encode("latin-1")))
    return {**scope, "path": path, "raw_path": path.encode(), "headers": headers}


def _cookie(cookies: dict[str, str], name: str) -> str | None:
    value = cookies.get(name, "")
    return f"{name}={value}" if value.isascii() and value.isprintable() and value else None
