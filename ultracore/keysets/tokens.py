"""Signed tokens (JWT): read before they are believed, and verified by a key of the issuer that is expected.

The key is found by its id among the issuer's own. `jku`, `jwk`, `x5u` and `x5c` of a header are ignored: they come
from the same hand as the token.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any, Final

import jwt
from jwt.types import Options

from ultracore.keysets.keys import GivenKeys, PublishedKeys

_LONGEST_TEXT: Final = 128
_YEAR_2100: Final = 4_102_444_800
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


class TokenUnfit(ValueError):
    """The token cannot be believed. `reason` is one word for the record; the message is for the log."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_unverified(token: object, longest: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as they stand there: to find the key by, not to believe. Raises `TokenUnfit`."""
    if not isinstance(token, str) or not 0 < len(token) <= longest:
        raise TokenUnfit("malformed", "no token, or one that is too long")
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options=_NOT_EVEN_THAT)
    # PyJWT lets the errors of base64 and JSON through in places.
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise TokenUnfit("malformed", "not a signed token") from error
    return header, claims


async def verified(
    token: str,
    header: Mapping[str, Any],
    keys: GivenKeys | PublishedKeys,
    algorithms: frozenset[str] | None = None,
) -> dict[str, Any]:
    """The claims, signed by one of these keys, in one of `algorithms` if given.

    Raises `TokenUnfit`.
    """
    key_id = header.get("kid")
    key = await keys.find(key_id) if key_id is None or isinstance(key_id, str) else None
    if key is None:
        raise TokenUnfit("key", "the token names no key of its issuer")
    algorithm, able = header.get("alg"), key.algorithms if algorithms is None else key.algorithms & algorithms
    known = isinstance(algorithm, str) and algorithm in able
    if not known or "crit" in header or header.get("b64", True) is not True:
        raise TokenUnfit("algorithm", "the token is signed in another way than its key allows")
    try:
        # The caller compares the times, against a clock that tests can set; here the signature is what is asked.
        claims: dict[str, Any] = jwt.decode(token, key.key, algorithms=[str(algorithm)], options=_ONLY_SIGNATURE)
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise TokenUnfit("signature", "the token's signature is not that of its issuer") from error
    return claims


def text_claim(claims: Mapping[str, Any], name: str, longest: int = _LONGEST_TEXT) -> str:
    """A short text. Raises `TokenUnfit`."""
    value = claims.get(name)
    # Only what every database can hold, and short: these become keys of tables.
    if isinstance(value, str) and 0 < len(value) <= longest and value.isprintable():
        return value
    raise TokenUnfit("claims", f"{name} must be a short text")


def time_claim(claims: Mapping[str, Any], name: str) -> float:
    """A time in seconds since 1970. Raises `TokenUnfit`."""
    value = claims.get(name)
    # True is an integer to Python; the bounds keep out a date that no calendar has.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _YEAR_2100:
        return float(value)
    raise TokenUnfit("claims", f"{name} must be a time in seconds")
