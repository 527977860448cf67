"""Who a browser is: the cookie names a login session, and nothing else in it is believed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import jwt
from chainlit.auth import get_token_from_cookies
from chainlit.auth.cookie import _auth_cookie_name as PAGE_COOKIE
from chainlit.auth.jwt import get_jwt_secret
from jwt.types import Options
from starlette.requests import cookie_parser

from ultracore.errors import OperatorError
from ultracore.principal import Principal

CLAIM = "login"
_ALGORITHM = "HS256"
_NEVER = 4_102_444_800  # 1 January 2100: Chainlit wants a date, and the session in Redis ends long before.
_SIGNATURE_ONLY = Options(verify_exp=False, verify_iat=False, verify_nbf=False)


def token_for(principal: Principal) -> str:
    """The signed token of the login cookie. Who the person is, and what they may, stays on the server.

    It says no time of issue: Chainlit compares that with this machine's clock, without leeway, and would refuse
    every login of the last seconds when the clock steps back. How long a login lasts is the session's to say.
    """
    # Chainlit's own form, since its page and its socket code read this cookie too.
    return jwt.encode(_content(principal), _secret(), algorithm=_ALGORITHM)


def frame_token_for(principal: Principal) -> str:
    """The token of the widget's frame, signed by another key: neither cookie can be used as the other one."""
    return jwt.encode(_content(principal), _frame_secret(), algorithm=_ALGORITHM)


def page_cookie_of(frame_token: str) -> str | None:
    """The page's cookie, `name=value`, that says the same as a frame's token; None if we did not sign that one.

    It stays inside: with it, what answers on the page answers in the frame too.
    """
    try:
        claims = jwt.decode(frame_token, _frame_secret(), algorithms=[_ALGORITHM], options=_SIGNATURE_ONLY)
    except (jwt.InvalidTokenError, ValueError):
        return None
    return f"{PAGE_COOKIE}={jwt.encode(claims, _secret(), algorithm=_ALGORITHM)}"


def _content(principal: Principal) -> dict[str, Any]:
    return {
        "identifier": principal.user_id,
        "display_name": principal.display_name or principal.user_id,
        "metadata": {CLAIM: principal.login_id},
        "exp": _NEVER,
    }


def login_of_cookies(cookies: Mapping[str, str]) -> str | None:
    """The login id that a request claims with our signature; None for everything else."""
    claims = _claims_of(cookies)
    # Only the login id: a role in a cookie would outlive its revocation.
    metadata = claims.get("metadata") if claims else None
    claim = metadata.get(CLAIM) if isinstance(metadata, Mapping) else None
    return claim if isinstance(claim, str) and claim else None


def person_of_header(cookie_header: str) -> str | None:
    """The user name that a raw `Cookie` header claims with our signature: to count by, not to let in by."""
    claims = _claims_of(cookie_parser(cookie_header))
    name = claims.get("identifier") if claims else None
    return name if isinstance(name, str) and name else None


def _claims_of(cookies: Mapping[str, str]) -> dict[str, Any] | None:
    token = get_token_from_cookies(dict(cookies))
    if not token:
        return None
    try:
        return jwt.decode(token, _secret(), algorithms=[_ALGORITHM], options=_SIGNATURE_ONLY)
    except (jwt.InvalidTokenError, ValueError):
        return None


def _secret() -> str:
    secret = get_jwt_secret()
    if not secret:
        raise OperatorError("CHAINLIT_AUTH_SECRET is not set.", code="settings.auth_secret")
    return secret


def form_key() -> bytes:
    """The key of the tokens in our pages' forms, the same in every process that takes the same cookies."""
    return hmac.new(_secret().encode(), b"ultracore forms", hashlib.sha256).digest()


def _frame_secret() -> str:
    return hmac.new(_secret().encode(), b"widget", hashlib.sha256).hexdigest()


def login_of_header(cookie_header: str) -> str | None:
    """The same for a raw `Cookie` header."""
    return login_of_cookies(cookie_parser(cookie_header))
