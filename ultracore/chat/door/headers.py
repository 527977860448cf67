"""The headers of every answer: load nothing from elsewhere, run nothing inline, do not be framed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

_LASTING = ("text/css", "application/javascript", "image/", "font/")
# By hash, because Chainlit's page brings inline scripts and `unsafe-inline` would allow everybody's.
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def script_hashes(html: str) -> tuple[str, ...]:
    """The CSP sources that allow exactly the inline scripts of a page."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def content_security_policy(scripts: Sequence[str], framed_by: Sequence[str]) -> str:
    """Our own host only. Chainlit's page sets styles on elements, so styles cannot be restricted further."""
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *scripts],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": list(framed_by) or ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class SecuredSend:
    """Adds the headers to an answer on its way out; keeps what a route has set itself."""

    def __init__(self, send: Send, policy: str, *, tls: bool, immutable: bool = False) -> None:
        self._send = send
        self._immutable = immutable
        self._policy = policy
        self._tls = tls

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._secure(MutableHeaders(scope=message))
        await self._send(message)

    def _secure(self, headers: MutableHeaders) -> None:
        headers.setdefault("Content-Security-Policy", self._policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        # A site that opens this page in a window gets no handle on it.
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if self._immutable:
            # The name of such a file is made from its content, so that another content has another name.
            headers.setdefault("Cache-Control", "public, max-age=31536000, immutable")
        elif not headers.get("Content-Type", "").startswith(_LASTING):
            # Answers hold a person's money matters, and a shared computer keeps what a browser may store.
            headers.setdefault("Cache-Control", "no-store")
        if self._tls:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            self._secure_cookies(headers)

    def _secure_cookies(self, headers: MutableHeaders) -> None:
        cookies = headers.getlist("set-cookie")
        if cookies:
            del headers["set-cookie"]
            for cookie in cookies:
                # Chainlit marks its cookie as secure only if it is SameSite=None, which ours must never be.
                headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")
