"""The two pages and their words: Chainlit's own without its foreign hosts, and our sign-in page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from chainlit import config as chainlit_config
from chainlit.server import get_html_template, project_settings
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ultracore.ai.tools.toolset import TOOLS
from ultracore.chat.door import caller_of, content_security_policy, script_hashes
from ultracore.chat.runtime import Runtime
from ultracore.languages import Language, browser_language, told

# Chainlit's page asks foreign hosts for fonts and pictures, which tells them who uses the bank's chat.
_FOREIGN = re.compile(r'\s*<link\b[^>]*\bhref="https?://[^>]*>|\s*<meta property="og:[^>]*>')
_OURS = re.compile(r'<script src="(?P<folder>[^"]*/public/)anya\.js" defer></script>')
# Chainlit loads one script of ours; the first of these are there before it opens its socket.
_SCRIPTS = (
    "arrivals.js",
    "sending.js",
    "rating.js",
    "figures.js",
    "waiting.js",
    "reading.js",
    "anya.js",
    "access.js",
)
_WORDS = Path(__file__).parents[1] / "translations" / "en-AU.json"


class Pages:
    """The chat's page and its translation."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def index(self, request: Request) -> Response:
        """Chainlit's page. It sends people who are not signed in to the sign-in page by itself."""
        page = chat_page(
            chainlit_config.config.run.root_path,
            asks_code=self._runtime.app.step_ups.is_on,
            language=browser_language(request.headers.get("accept-language", "")),
        )
        # From the page that is sent: an upgrade of Chainlit changes its scripts and with them the hashes.
        policy = content_security_policy(script_hashes(page), ())
        return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Vary": "Accept-Language"})

    async def settings(self, request: Request) -> Response:
        """Chainlit's settings of the page, and that there is a list of conversations: for customers.

        What staff read of customers is on the record alone, and shown again by `/replay` only.
        """
        principal = await caller_of(request, self._runtime)
        answer = await project_settings(current_user=None, language="en-AU", chat_profile=None)
        settings: dict[str, Any] = json.loads(bytes(answer.body))
        listed = not principal.is_staff
        return JSONResponse(settings | {"dataPersistence": listed, "threadResumable": listed})

    async def words(self, request: Request) -> Response:
        """Every label of the page, in the browser's language if we have it, otherwise in a bank's English."""
        language = browser_language(request.headers.get("accept-language", ""))
        words = translation(self._runtime.phone, language)
        return JSONResponse({"translation": words}, headers={"Vary": "Accept-Language"})


@cache
def chat_page(root_path: str, *, asks_code: bool, language: Language = "en") -> str:
    """Chainlit's page without anything that another host would serve.

    `asks_code` adds the script that asks for a code before a card is approved.
    """
    template: str = get_html_template(root_path)  # type: ignore[no-untyped-call]
    scripts = (*_SCRIPTS, "passkey.js", "step_up.js") if asks_code else _SCRIPTS
    page = _OURS.sub(partial(_all_scripts, scripts), _FOREIGN.sub("", template))
    page = page.replace('<html lang="en">', f'<html lang="{language}">', 1)
    return page.replace("<head>", f'<head><meta name="anya-steps" content="{_step_names(language)}">', 1)


def _all_scripts(names: Sequence[str], ours: re.Match[str]) -> str:
    return "".join(f'<script src="{ours["folder"]}{name}" defer></script>' for name in names)


def _step_names(language: Language) -> str:
    """What a person reads in the place of each tool's name, done and under way: JSON in an attribute."""
    names = {tool.name: (told(tool.title, language), told(tool.working, language)) for tool in TOOLS}
    return html.escape(json.dumps(names))


@cache
def translation(phone: str, language: Language = "en") -> dict[str, Any]:
    """Chainlit's labels, worded by us."""
    # Isolated, because groups of digits behind Arabic letters would be laid out from right to left.
    number = f"\u2066{phone}\u2069" if language == "ar" else phone
    words: dict[str, Any] = _translated(json.loads(_WORDS.read_text("utf-8")), language, number)
    return words


def _translated(words: Any, language: Language, phone: str) -> Any:
    if isinstance(words, dict):
        return {name: _translated(inner, language, phone) for name, inner in words.items()}
    return told(words, language).replace("{phone}", phone)


def login_page(phone: str, problem: str = "", *, asks_code: bool = False, links: str = "") -> Response:
    """The sign-in page, with what went wrong if something did, and a field for a code if one is asked for.

    `links` is HTML that follows the form.
    """
    page = (Path(chainlit_config.public_dir) / "login.html").read_text("utf-8")
    shown = page.replace("{phone}", html.escape(phone)).replace("{problem}", html.escape(problem))
    shown = shown.replace("{code}", "" if asks_code else "hidden").replace("{providers}", links)
    return HTMLResponse(shown, status_code=401 if problem else 200)
