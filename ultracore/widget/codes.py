"""Launch codes and notices of sign-out: what a host's server has signed, read into values.

A code comes from a browser, so every part of it is judged: the issuer must be a listed host, the key one of that
host's, the algorithm the key's own. Everything else raises `LaunchRefused` with a stable code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ultracore.keysets import TokenUnfit, read_unverified, text_claim, time_claim, verified
from ultracore.widget.errors import LaunchRefused
from ultracore.widget.hosts import ALGORITHMS, WidgetHost, WidgetHosts

AUDIENCE: Final = "ultracore-anya"
LONGEST_SECONDS: Final = 60
LONGEST_TOKEN: Final = 4096
CLOCK_DIFFERENCE: Final = 5
"""By how many seconds a host's clock may be ahead of ours."""
_VERIFIER_LENGTHS: Final = range(43, 129)
_CODE_CLAIMS: Final = ("iss", "aud", "sub", "tenant", "iat", "exp", "jti")
_SIGN_OUT_CLAIMS: Final = ("iss", "sub", "sid")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchCode:
    """A code that is signed, current and meant for us. Whether it was used before is the store's to say."""

    host: WidgetHost
    user_id: str
    code_id: str
    session: str | None
    """The host's own login session; None only in a demo."""
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SignOutNotice:
    """A host says that a login session of its own has ended."""

    host: WidgetHost
    user_id: str
    session: str


class TokenReader:
    """Reads what hosts sign."""

    def __init__(self, hosts: WidgetHosts, clock: Callable[[], float] = time.time) -> None:
        self._hosts = hosts
        self._clock = clock

    async def code(self, token: object, verifier: object) -> LaunchCode:
        """The code, if `verifier` is what it was made for. Raises `LaunchRefused`."""
        host, claims = await self._signed(token, _CODE_CLAIMS)
        issued, ends = _time(claims, "iat"), _time(claims, "exp")
        if claims.get("aud") != AUDIENCE:
            raise _refusal("audience", "the code is for another program")
        self._check_times(issued, ends)
        self._check_challenge(claims.get("challenge"), verifier)
        if claims["tenant"] != host.tenant_id:
            raise _refusal("tenant", "the code names another tenant than the host's")
        return LaunchCode(
            host=host,
            user_id=_text(claims, "sub"),
            code_id=_text(claims, "jti"),
            session=self._session(claims),
            ends_at=datetime.fromtimestamp(ends, UTC),
        )

    async def sign_out(self, token: object) -> SignOutNotice:
        """The notice. Raises `LaunchRefused`, also for a launch code: pages see those, and may end no session."""
        host, claims = await self._signed(token, _SIGN_OUT_CLAIMS)
        if "challenge" in claims or claims.get("aud", AUDIENCE) != AUDIENCE:
            raise _refusal("audience", "the token is no notice of a sign-out")
        if "exp" in claims and _time(claims, "exp") <= self._clock():
            raise _refusal("expired", "the notice is too old")
        return SignOutNotice(host, _text(claims, "sub"), _text(claims, "sid"))

    async def _signed(self, token: object, wanted: tuple[str, ...]) -> tuple[WidgetHost, dict[str, Any]]:
        """Whose token it is, and its claims, once the signature is known to be that host's."""
        try:
            header, told = read_unverified(token, LONGEST_TOKEN)
            issuer = told.get("iss")
            host = self._hosts.signing.get(issuer) if isinstance(issuer, str) else None
            if host is None:
                raise _refusal("issuer", "the token's issuer is no host of the widget")
            claims = await verified(str(token), header, host.keys, ALGORITHMS)
        except TokenUnfit as error:
            raise _refusal(error.reason, str(error)) from error
        missing = [name for name in wanted if name not in claims]
        if missing:
            raise _refusal("claims", f"the token lacks {', '.join(missing)}")
        return host, claims

    def _check_times(self, issued: float, ends: float) -> None:
        now = self._clock()
        if ends <= now:
            raise _refusal("expired", "the code is too old")
        if issued > now + CLOCK_DIFFERENCE:
            raise _refusal("early", "the code was issued in the future")
        if not 0 < ends - issued <= LONGEST_SECONDS:
            raise _refusal("lifetime", f"the code is good for more than {LONGEST_SECONDS} seconds")

    def _check_challenge(self, challenge: object, verifier: object) -> None:
        """A code that somebody has read is worth nothing without the verifier, which never leaves the frame."""
        if challenge is None and self._hosts.demo:
            return
        if not isinstance(challenge, str) or not isinstance(verifier, str):
            raise _refusal("challenge", "the code or the request lacks its half of the challenge")
        if len(verifier) not in _VERIFIER_LENGTHS or not verifier.isascii():
            raise _refusal("challenge", "the verifier is malformed")
        if not hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode("utf-8", "replace")):
            raise _refusal("challenge", "the code was made for another frame")

    def _session(self, claims: dict[str, Any]) -> str | None:
        if "sid" not in claims and self._hosts.demo:
            return None
        return _text(claims, "sid")


def challenge_of(verifier: str) -> str:
    """base64url of the SHA-256 of the verifier, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _text(claims: dict[str, Any], name: str) -> str:
    try:
        return text_claim(claims, name)
    except TokenUnfit as error:
        raise _refusal(error.reason, str(error)) from error


def _time(claims: dict[str, Any], name: str) -> float:
    try:
        return time_claim(claims, name)
    except TokenUnfit as error:
        raise _refusal(error.reason, str(error)) from error


def _refusal(reason: str, message: str) -> LaunchRefused:
    return LaunchRefused(message, code=f"launch.{reason}")
