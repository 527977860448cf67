"""Launch codes and notices of sign-out: what a host's server has signed, read into values.

A code comes from a browser, so every part of it is judged: the issuer must be a listed host, the key one of that
host's, the algorithm the key's own. Everything else raises `LaunchRefused` with a stable code.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import jwt
from jwt.types import Options

from ultracore.widget.errors import LaunchRefused
from ultracore.widget.hosts import WidgetHost, WidgetHosts

AUDIENCE: Final = "ultracore-anya"
LONGEST_SECONDS: Final = 60
LONGEST_TOKEN: Final = 4096
CLOCK_DIFFERENCE: Final = 5
"""By how many seconds a host's clock may be ahead of ours."""
_LONGEST_TEXT: Final = 128
_YEAR_2100: Final = 4_102_444_800
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
        if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
            raise _refusal("malformed", "no token, or one that is too long")
        header, told = _unverified(token)
        issuer = told.get("iss")
        host = self._hosts.signing.get(issuer) if isinstance(issuer, str) else None
        if host is None:
            raise _refusal("issuer", "the token's issuer is no host of the widget")
        key_id = header.get("kid")
        key = await host.keys.find(key_id) if key_id is None or isinstance(key_id, str) else None
        if key is None:
            raise _refusal("key", "the token names no key of its issuer")
        if header.get("alg") != key.algorithm or "crit" in header or header.get("b64", True) is not True:
            raise _refusal("algorithm", "the token is signed in another way than its key allows")
        try:
            # Times are compared by us, against a clock that tests can set; the signature is what is asked here.
            claims = jwt.decode(token, key.key, algorithms=[key.algorithm], options=_ONLY_SIGNATURE)
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise _refusal("signature", "the token's signature is not that of its issuer") from error
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


_UNCHECKED: Final = Options(
    verify_exp=False,
    verify_nbf=False,
    verify_iat=False,
    verify_aud=False,
    verify_iss=False,
    verify_sub=False,
    verify_jti=False,
)
_ONLY_SIGNATURE: Final = Options(verify_signature=True, **_UNCHECKED)
_NOT_EVEN_THAT: Final = Options(verify_signature=False, **_UNCHECKED)


def challenge_of(verifier: str) -> str:
    """base64url of the SHA-256 of the verifier, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as they stand there: to find the key by, not to believe."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options=_NOT_EVEN_THAT)
    # PyJWT lets the errors of base64 and JSON through in places.
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise _refusal("malformed", "not a signed token") from error
    return header, claims


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    # Only what every database can hold, and short: these become keys of tables.
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isprintable():
        return value
    raise _refusal("claims", f"{name} must be a short text")


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    # True is an integer to Python; the bounds keep out a date that no calendar has.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _YEAR_2100:
        return float(value)
    raise _refusal("claims", f"{name} must be a time in seconds")


def _refusal(reason: str, message: str) -> LaunchRefused:
    return LaunchRefused(message, code=f"launch.{reason}")
