"""What Redis refuses because the caller asked for something impossible: `TypeError` or `ValueError`, no outage."""

from __future__ import annotations

from typing import NoReturn

from redis import exceptions

from ultracore.errors import CacheUnavailable

# How the server begins or words its refusals; it has no other sign of them.
_WRONG_KIND = "WRONGTYPE"
_WRONG_VALUES = ("not an integer", "out of range", "would overflow", "invalid expire time", "not a valid float")


def raise_as_mistake(error: CacheUnavailable) -> NoReturn:
    """Raise the caller's mistake behind a refusal of the server, or the error itself if there is none."""
    mistake = _mistake(error)
    if mistake is None:
        raise error
    raise mistake from error


def _mistake(error: CacheUnavailable) -> Exception | None:
    # The messages have neither key nor value, which may be a person's.
    refusal = error.__cause__
    if isinstance(refusal, exceptions.DataError):
        return TypeError("keys, fields and arguments of Redis are text, bytes and numbers")
    if not isinstance(refusal, exceptions.ResponseError):
        return None
    words = str(refusal)
    if _WRONG_KIND in words:
        return TypeError("the key holds a value of another kind: string, counter, list and hash do not mix")
    if any(known in words for known in _WRONG_VALUES):
        return ValueError("the number, or the value under the key, is no integer from -2^63 to 2^63 - 1")
    return None
