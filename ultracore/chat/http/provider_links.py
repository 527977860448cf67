"""What follows the form of the sign-in page: the way to a new password, and the providers.

Of these a link to each, the reason of its refusal, and the way out of its session.
"""

from __future__ import annotations

import html
import logging
import re
from typing import Final
from urllib.parse import quote

from chainlit import config as chainlit_config
from starlette.requests import Request
from starlette.responses import Response

from ultracore.chat.runtime import Runtime
from ultracore.errors import LedgerUnavailable
from ultracore.oidc import SENTENCES, SignOn, sentence_of

logger = logging.getLogger(__name__)

LEFT_COOKIE: Final = "anya_oidc_left"
LEFT_SECONDS: Final = 600
_ONLY_THERE: Final = "If your bank has you sign in by one of these, your password is not taken here."
# A page that sent somebody to the sign-in gets them back; any other address would be somebody else's to choose.
_OWN_PAGE: Final = re.compile(r"/(admin|account|desk)(/[\w.@+-]+)*")


def own_page(wanted: str) -> str:
    """The page to go to after a sign-in: the one that was wanted if it is one of ours, else the chat."""
    return wanted if _OWN_PAGE.fullmatch(wanted) and wanted.isascii() else "/"


def refused_sentence(request: Request) -> str:
    """Why a sign-in at a provider was refused, by the word in the address; empty if there is none."""
    reason = request.query_params.get("refused", "")
    return "" if not reason else sentence_of(reason if reason in SENTENCES else "")


def forgotten_link() -> str:
    """HTML with the way to a new password."""
    prefix = str(chainlit_config.config.run.root_path).rstrip("/")
    return f'<p class="help"><a href="{prefix}/forgot-password">Forgot your password?</a></p>'


def provider_links(runtime: Runtime, request: Request) -> str:
    """HTML with a link to each provider, and to the end of a provider's session that was just left here."""
    sign_on = runtime.app.admin_parts.sign_on
    if sign_on is None:
        return ""
    prefix = str(chainlit_config.config.run.root_path).rstrip("/")
    back = own_page(request.query_params.get("next", ""))
    query = "" if back == "/" else f"?next={quote(back)}"
    links = [
        f'<a class="provider" href="{prefix}/oidc/{name}{query}">{html.escape(one.label)}</a>'
        for name, one in sign_on.providers.items()
    ]
    told = f'<p class="help">{_ONLY_THERE}</p>' if sign_on.closes_passwords else ""
    style = f'<link rel="stylesheet" href="{prefix}/public/provider.css" />'
    ways = f'<nav aria-label="Other ways to sign in">{"".join(links)}</nav>'
    return f"{style}{_left(sign_on, request, prefix)}{ways}{told}"


def _left(sign_on: SignOn, request: Request, prefix: str) -> str:
    name = request.cookies.get(LEFT_COOKIE, "")
    provider = sign_on.providers.get(name)
    if provider is None:
        return ""
    label = html.escape(provider.label)
    way_out = f'<a href="{prefix}/oidc/{name}/leave">Sign out there too</a>'
    return f'<p class="help">You are signed out here, and may still be signed in at “{label}”. {way_out}.</p>'


async def remember_provider(runtime: Runtime, answer: Response, login_id: str) -> None:
    """Let the sign-in page offer the way out of the session at the provider that had begun this one."""
    sign_on = runtime.app.admin_parts.sign_on
    if sign_on is None:
        return
    try:
        name = await sign_on.provider_of(login_id)
    except LedgerUnavailable as error:
        # Signing out must not fail over it.
        logger.warning("the provider of a session is not known: %s", error.message)
        return
    # A proxy has a way out of its own, which it does not tell.
    if name is not None and not sign_on.is_proxy(name):
        answer.set_cookie(LEFT_COOKIE, name, max_age=LEFT_SECONDS, httponly=True, samesite="lax")
