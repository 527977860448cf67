"""A provider of OpenID Connect on loopback, with real keys that it can rotate, and a clock that can be wrong.

It follows the specification where a client can tell: it keeps what a code was asked for with, compares the
redirect, the client and the verifier of PKCE, and takes a code once. Tests say what it signs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.widget.signing import Signer

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
CLIENT, SECRET = "anya", "s3cret & more"


@cache
def _first_key() -> Signer:
    """Made once: RSA takes a while."""
    return Signer("RS256", key_id="k1")


@dataclass
class Provider:
    """Its state, which a test changes as it likes. `person` signs in at once, without being asked."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "sub-1", "sid": "at-1", "amr": ["pwd", "mfa"]})
    clock_ahead: int = 0
    is_down: bool = False
    is_public: bool = False
    """Takes codes from a client without a secret."""
    token_answer: tuple[int, dict[str, str]] | None = None
    """In place of every answer to a code."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Added to what a token says, or in place of it; None leaves one out."""
    metadata: dict[str, Any] = field(default_factory=dict)
    id_token: str | None = None
    """Given out in place of one that is made."""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    signer: Signer = field(default_factory=_first_key)
    published: list[Signer] | None = None

    def rotate(self) -> None:
        """Sign with a new key, and publish that one alone."""
        self.signer = Signer("ES256", key_id=f"k{secrets.token_hex(4)}")

    def said(self, **changes: Any) -> dict[str, Any]:
        """The claims of a token."""
        now = int(time.time()) + self.clock_ahead
        usual = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, **self.person}
        told = {**usual, **changes, **self.claims}
        return {name: value for name, value in told.items() if value is not None}

    def token(self, **changes: Any) -> str:
        """An ID token."""
        head = {"alg": self.signer.algorithm, "kid": self.signer.key_id, "typ": "JWT"}
        return self.signer.signed(head, self.said(**changes))

    def notice(self, **changes: Any) -> str:
        """A notice of sign-out; a change to None leaves a claim out."""
        told = {"jti": secrets.token_urlsafe(8), "events": {LOGOUT_EVENT: {}}, "amr": None, **changes}
        return self.token(**told)

    def document(self) -> dict[str, Any]:
        """What it publishes about itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "code_challenge_methods_supported": ["S256"],
            **self.metadata,
        }

    def key_set(self) -> dict[str, Any]:
        """The public keys."""
        return {"keys": [one.jwk() for one in self.published or [self.signer]]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Status and body of the token's answer."""
        if self.token_answer is not None:
            return self.token_answer
        asked = self.codes.pop(form.get("code", ""), None)
        if not self.is_public and authorization != _basic(CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        token = self.id_token or self.token(nonce=asked["nonce"])
        return 200, {"id_token": token, "access_token": "unused", "token_type": "Bearer"}


def _basic(client: str, secret: str) -> str:
    told = urlencode({"": secret}).removeprefix("=").replace("+", "%20")
    return "Basic " + base64.b64encode(f"{client}:{told}".encode()).decode()


class _Answers(BaseHTTPRequestHandler):
    """Its endpoints; `provider` is set by the class that is made for each server."""

    provider: Provider

    def do_GET(self) -> None:
        parts, state = urlsplit(self.path), self.provider
        state.asked.append(parts.path)
        if state.is_down:
            return self._answer(503, {})
        match parts.path:
            case "/.well-known/openid-configuration":
                self._answer(200, state.document())
            case "/keys":
                self._answer(200, state.key_set())
            case "/authorize":
                self._answer(302, {"Location": state.authorize(_single(parts.query))})
            case "/end":
                self._answer(302, {"Location": _single(parts.query)["post_logout_redirect_uri"]})
            case _:
                self._answer(404, {})

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        form = _single(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.provider.is_down:
            return self._answer(503, {})
        self._answer(*self.provider.exchange(form, self.headers.get("Authorization", "")))

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        if "Location" in told:
            self.send_header("Location", told["Location"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _single(query: str) -> dict[str, str]:
    return {name: one[0] for name, one in parse_qs(query).items()}


@contextmanager
def running_provider() -> Iterator[Provider]:
    """One, over HTTP in a thread of its own."""
    state = Provider()
    handler = type("Answers", (_Answers,), {"provider": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
