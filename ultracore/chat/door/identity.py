"""Who a browser is: the cookie names a login session, and nothing else in it is believed."""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from chainlit.auth import create_jwt, get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.user import User
from starlette.requests import cookie_parser

from ultracore.principal import Principal

CLAIM = "login"


def token_for(principal: Principal) -> str:
    """The signed token of the login cookie. Who the person is, and what they may, stays on the server."""
    return create_jwt(
        User(
            identifier=principal.user_id,
            display_name=principal.display_name or principal.user_id,
            metadata={CLAIM: principal.login_id},
        )
    )


def login_of_cookies(cookies: Mapping[str, str]) -> str | None:
    """The login id that a request claims with our signature; None for everything else."""
    token = get_token_from_cookies(dict(cookies))
    if not token:
        return None
    try:
        claim = decode_jwt(token).metadata.get(CLAIM)
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        return None
    return claim if isinstance(claim, str) and claim else None


def login_of_header(cookie_header: str) -> str | None:
    """The same for a raw `Cookie` header."""
    return login_of_cookies(cookie_parser(cookie_header))
