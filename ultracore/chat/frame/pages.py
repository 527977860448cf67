"""The loader, the first page of the frame, and Chainlit's page as the frame shows it."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ultracore.chat.door import content_security_policy, script_hashes
from ultracore.chat.frame.doors import WIDGET_ROOT
from ultracore.chat.http import chat_page
from ultracore.chat.runtime import Runtime
from ultracore.widget.visitors import GREETING, LONGEST, NOTICE, TOPICS

_ASSETS: Final = "ultracore.widget"
# Bank's pages load it again and again; a mended loader is everywhere within minutes.
_SHORTLY: Final = "public, max-age=300"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


@cache
def asset(name: str) -> str:
    """A file of the widget."""
    return files(_ASSETS).joinpath("assets", name).read_text("utf-8")


def loader_version() -> str:
    """Twelve digits that name this very loader."""
    return hashlib.sha256(asset("widget.js").encode()).hexdigest()[:12]


class WidgetFiles:
    """`/widget.js`, also under an address of its version, and the frame's own script and style."""

    async def loader(self, request: Request) -> Response:
        """The loader as it is now."""
        return self._loader(_SHORTLY)

    async def versioned_loader(self, request: Request) -> Response:
        """The same under an address that always holds the same."""
        return self._loader(_FOR_EVER)

    async def frame_script(self, request: Request) -> Response:
        """The script of the frame's pages."""
        return self._file("frame.js", "no-cache")

    async def visit_script(self, request: Request) -> Response:
        """The script of a visitor's conversation."""
        return self._file("visit.js", "no-cache")

    async def frame_style(self, request: Request) -> Response:
        """The style of the frame's pages."""
        return self._file("frame.css", "no-cache")

    def _loader(self, caching: str) -> Response:
        answer = self._file("widget.js", caching)
        # For `integrity` a browser asks in CORS mode, and pages that isolate themselves want to be told.
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    def _file(self, name: str, caching: str) -> Response:
        kind = _TYPES[name.rpartition(".")[2]]
        return Response(asset(name), media_type=kind, headers={"Cache-Control": caching})


class FramePages:
    """What the frame shows: a page that finds out who it is for, and then the conversation."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._hosts = runtime.settings.widget_hosts

    async def first(self, request: Request) -> Response:
        """The page that speaks with the host's page; without a person it invites to sign in."""
        page = (
            asset("frame.html")
            .replace("{root}", WIDGET_ROOT)
            .replace("{hosts}", _attribute(self._hosts))
            .replace("{phone}", html.escape(self._runtime.phone))
            .replace("{greeting}", html.escape(GREETING))
            .replace("{notice}", html.escape(NOTICE))
            .replace("{longest}", str(LONGEST))
            .replace("{topics}", _buttons(TOPICS))
        )
        return self._answer(page)

    async def chat(self, request: Request) -> Response:
        """Chainlit's page with the frame's script before its own."""
        head = (
            f'<meta property="og:root_path" content="{WIDGET_ROOT}">'
            f'<meta name="anya-hosts" content="{_attribute(self._hosts)}">'
            f'<meta name="anya-approve" content="{self._runtime.settings.widget_approve}">'
            f'<link rel="stylesheet" href="{WIDGET_ROOT}/frame.css"><script src="{WIDGET_ROOT}/frame.js"></script>'
        )
        asks_code = self._runtime.app.step_ups.is_on
        return self._answer(chat_page(WIDGET_ROOT, asks_code=asks_code).replace("<head>", f"<head>{head}", 1))

    async def again(self, request: Request) -> Response:
        """Chainlit's page comes here when the session has ended: who is there now is asked of the host's page."""
        return RedirectResponse(WIDGET_ROOT, status_code=303)

    def _answer(self, page: str) -> Response:
        policy = content_security_policy(script_hashes(page), self._hosts)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _buttons(topics: Sequence[str]) -> str:
    return "".join(f'<button type="button">{html.escape(topic)}</button>' for topic in topics)


def _attribute(hosts: Sequence[str]) -> str:
    return html.escape(json.dumps(list(hosts)), quote=True)
