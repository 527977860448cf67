"""A bank's own site in one file: two pages with Anya's widget, a sign-in, and the signing of launch codes.

    python examples/bank-page/server.py --port 8001 --anya http://127.0.0.1:8000

It stands for the bank's web server, so it knows nothing of Anya but her address. What a real site does otherwise
(passwords, a store for sessions, a key that outlives the process) is said in docs/widget.md.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

COOKIE = "bank_session"
CUSTOMERS = {"customer1": "Alex", "customer2": "Sam"}
TENANT = "tenant_1"
CODE_SECONDS = 60
LONGEST_BODY = 4096


@dataclass
class Signer:
    """The bank's signing key. Its public half is published; the private one never leaves the server."""

    issuer: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    key_id: str = field(default_factory=lambda: secrets.token_hex(4))

    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """What `jwks_uri` in ULTRACORE_WIDGET_KEYS_FILE points to."""
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "use": "sig", "x": x}]}

    def launch_code(self, customer: str, session: str, challenge: str) -> str:
        """Who is signed in here, for one frame and one minute."""
        now = int(time.time())
        return self._signed(
            {
                "iss": self.issuer,
                "aud": "ultracore-anya",
                "sub": customer,
                "tenant": TENANT,
                "iat": now,
                "exp": now + CODE_SECONDS,
                "jti": secrets.token_urlsafe(16),
                "sid": session,
                "challenge": challenge,
            }
        )

    def sign_out_notice(self, customer: str, session: str) -> str:
        """That this session of the customer's has ended."""
        return self._signed({"iss": self.issuer, "sub": customer, "sid": session, "iat": int(time.time())})

    def _signed(self, claims: dict[str, object]) -> str:
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers={"kid": self.key_id})


@dataclass
class Bank:
    """The site: who is signed in, and the address of Anya."""

    anya: str
    signer: Signer
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the cookie's value: the customer, and the name of the session that Anya is told, never the cookie."""

    def sign_in(self, customer: str) -> str:
        """The value of a new session's cookie."""
        cookie = secrets.token_urlsafe(24)
        self.sessions[cookie] = (customer, secrets.token_urlsafe(16))
        return cookie

    def sign_out(self, cookie: str) -> None:
        """End the session here, and tell Anya, who ends hers."""
        known = self.sessions.pop(cookie, None)
        if known is None:
            return
        body = json.dumps({"logout_token": self.signer.sign_out_notice(*known)}).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
            f"{self.anya}/widget/logout", body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
        except (urllib.error.URLError, TimeoutError) as error:
            # A real site would try again until it succeeds; the person is signed out here in any case.
            print(f"Anya was not told: {error}")  # noqa: T201


class Pages(BaseHTTPRequestHandler):
    """The site's pages. `bank` is set by `serve`."""

    bank: Bank
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A page, or the keys."""
        if self.path == "/.well-known/jwks.json":
            self._answer(200, json.dumps(self.bank.signer.key_set()), "application/json")
        elif self.path in ("/", "/accounts"):
            self._page(self.path)
        else:
            self._answer(404, "Not found.", "text/plain")

    def do_POST(self) -> None:
        """A sign-in, a sign-out, or a launch code."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LONGEST_BODY)).decode()
        # Another site's page could make a browser ask for a code or sign somebody out.
        if self.headers.get("Origin") != self.bank.signer.issuer:
            self._answer(403, "Another site's page may not do this.", "text/plain")
        elif self.path == "/anya/code":
            self._code(body)
        elif self.path == "/sign-in":
            customer = parse_qs(body).get("customer", [""])[0]
            self._back(self.bank.sign_in(customer) if customer in CUSTOMERS else "")
        elif self.path == "/sign-out":
            self.bank.sign_out(self._cookie())
            self._back("")
        else:
            self._answer(404, "Not found.", "text/plain")

    def _code(self, body: str) -> None:
        known = self.bank.sessions.get(self._cookie())
        if known is None:
            self._answer(401, "{}", "application/json")
            return
        challenge = str(json.loads(body)["challenge"])
        code = self.bank.signer.launch_code(*known, challenge)
        self._answer(200, json.dumps({"code": code}), "application/json")

    def _page(self, path: str) -> None:
        nonce = secrets.token_urlsafe(12)
        known = self.bank.sessions.get(self._cookie())
        name = CUSTOMERS[known[0]] if known else None
        title = "Your accounts" if path == "/accounts" else "Example Bank"
        page = PAGE.format(
            title=title,
            nonce=nonce,
            anya=html.escape(self.bank.anya),
            person=f"You are signed in as {name}." if name else "You are not signed in.",
            form=SIGNED_IN if name else ANONYMOUS,
        )
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self';"
            f" connect-src 'self'; frame-src {self.bank.anya}; form-action 'self'; base-uri 'none'"
        )
        self._answer(200, page, "text/html; charset=utf-8", ("Content-Security-Policy", policy))

    def _back(self, cookie: str) -> None:
        self._answer(303, "", "text/plain", ("Location", "/"), ("Set-Cookie", self._set(cookie)))

    def _set(self, cookie: str) -> str:
        # A real site adds Secure.
        return f"{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax{'' if cookie else '; Max-Age=0'}"

    def _cookie(self) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        return found.value if found else ""

    def _answer(self, status: int, text: str, kind: str, *headers: tuple[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """No line for each request."""


PAGE = """<!doctype html>
<html lang="en-AU"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{title}</title>
<style nonce="{nonce}">
:root {{ color-scheme: light dark; --anya-accent: #14514a; }}
body {{ font: 1.05rem/1.6 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 1.5rem 1.25rem 6rem; }}
nav {{ display: flex; gap: 1.25rem; border-bottom: 1px solid #8886; padding-bottom: .75rem; }}
button, select {{ font: inherit; padding: .4rem .9rem; }}
</style>
<script nonce="{nonce}" src="{anya}/widget.js" data-code-url="/anya/code" data-sign-in-url="/" defer></script>
</head><body>
<nav><a href="/">Home</a> <a href="/accounts">Accounts</a></nav>
<h1>{title}</h1>
<p id="person">{person}</p>
{form}
<p>This page stands for the bank's own site. Anya is in the corner.</p>
<p><button type="button" id="ask">Ask Anya about my balance</button></p>
<script nonce="{nonce}">
document.getElementById("ask").addEventListener("click", () => window.Anya.ask("What is my balance?"));
</script>
</body></html>
"""
ANONYMOUS = """<form method="post" action="/sign-in"><label>Sign in as
<select name="customer"><option value="customer1">Alex</option>
<option value="customer2">Sam</option></select></label>
<button>Sign in</button></form>"""
SIGNED_IN = """<form method="post" action="/sign-out"><button>Sign out</button></form>"""


def server_of(port: int, anya: str, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """The site, listening, not yet serving."""
    bank = Bank(anya, Signer(f"http://{host}:{port}"))
    return ThreadingHTTPServer(("127.0.0.1", port), type("BankPages", (Pages,), {"bank": bank}))


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description="A bank's own site with Anya's widget.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--host", default="127.0.0.1", help="the name by which browsers reach this site")
    parser.add_argument("--anya", default="http://127.0.0.1:8000", help="where Anya is")
    given = parser.parse_args()
    server_of(given.port, given.anya, given.host).serve_forever()


if __name__ == "__main__":
    main()
