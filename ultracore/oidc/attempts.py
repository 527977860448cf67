"""A sign-in that a browser has begun: what a signed, short-lived cookie of it holds.

The cookie has one random seed. `state`, `nonce` and the verifier of PKCE are made of it with a key that stays on
the server: they are this browser's, and the cookie tells none of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from ultracore.oidc.values import ProviderRefused

COOKIE: Final = "anya_oidc"
LASTS_SECONDS: Final = 600
_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A sign-in at one provider. `login_id` is the session of a person who connects an account, else empty;
    `back` is the page to go to afterwards.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    login_id: str
    back: str
    cookie: str

    @property
    def challenge(self) -> str:
        """Of PKCE, by S256."""
        return _encoded(hashlib.sha256(self.verifier.encode()).digest())


class AuthorizationRequests:
    """Begins sign-ins, and knows them again."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def begin(self, provider: str, *, login_id: str = "", back: str = "/") -> AuthorizationRequest:
        """A new one."""
        until = int(self._clock()) + LASTS_SECONDS
        told = json.dumps([provider, secrets.token_urlsafe(32), until, login_id, back])
        encoded = _encoded(told.encode())
        return self._attempt(told, f"{encoded}.{self._made('cookie', encoded)}")

    def resume(self, provider: str, cookie: str, state: str) -> AuthorizationRequest:
        """The one that this browser has begun at this provider. Raises `ProviderRefused`."""
        encoded, _, signature = cookie.partition(".")
        if len(cookie) > _LONGEST or not _same(signature, self._made("cookie", encoded)):
            raise ProviderRefused("state", "this browser has begun no sign-in")
        try:
            told = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, ValueError) as error:
            raise ProviderRefused("state", "the cookie cannot be read") from error
        attempt = self._attempt(told, cookie)
        if attempt.provider != provider or not _same(state, attempt.state):
            raise ProviderRefused("state", "the state is not of this browser's sign-in")
        if json.loads(told)[2] <= self._clock():
            raise ProviderRefused("state", "the sign-in was begun too long ago")
        return attempt

    def _attempt(self, told: str, cookie: str) -> AuthorizationRequest:
        provider, seed, _, login_id, back = json.loads(told)
        return AuthorizationRequest(
            provider=provider,
            state=self._made("state", seed),
            nonce=self._made("nonce", seed),
            verifier=self._made("verifier", seed),
            login_id=login_id,
            back=back,
            cookie=cookie,
        )

    def _made(self, what: str, seed: str) -> str:
        text = f"oidc {what}:{seed}".encode("utf-8", "surrogatepass")
        return _encoded(hmac.new(self._key, text, hashlib.sha256).digest())


def keep_attempt(answer: Response, attempt: AuthorizationRequest, *, secure: bool) -> None:
    """Set the cookie by which the browser is known when it comes back. Lax: it comes from another site."""
    answer.set_cookie(COOKIE, attempt.cookie, max_age=LASTS_SECONDS, httponly=True, samesite="lax", secure=secure)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
