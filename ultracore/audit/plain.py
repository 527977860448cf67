"""From Python values to masked, JSON-able ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from ultracore.audit.events import wire_time
from ultracore.audit.masking import PASSWORD, mask

_DEEPEST: Final = 32
_LARGEST_INTEGER: Final = 2**53 - 1
_SECRET_KEYS: Final = frozenset(
    "password passwd pwd passcode passphrase pin secret client_secret api_key apikey access_token refresh_token "
    "id_token token authorization cvv cvc otp one_time_code cookie".split()
)


class WrongType(TypeError):
    """A value that has no JSON form, or is nested too deeply."""


def snapshot(value: Any, *, depth: int = 0) -> Any:
    """A copy of the containers in `value`: what the caller does with its own later changes nothing here.

    What is nested too deeply to be recorded is left as it is, for `masked` to refuse.
    """
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: snapshot(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | AbstractSet):
        return [snapshot(item, depth=depth + 1) for item in value]
    return value


def described(value: Any, *, depth: int = 0) -> Any:
    """Something canonical that stands for any value, for a digest; runs no code of the value's own type."""
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        return ascii(value)
    if isinstance(value, dict) and depth <= _DEEPEST:
        return [[described(one, depth=depth + 1) for one in pair] for pair in value.items()]
    if isinstance(value, list) and depth <= _DEEPEST:
        return [described(item, depth=depth + 1) for item in value]
    return type(value).__name__


def masked(value: Any, text: Callable[[str], str] = mask, *, depth: int = 0) -> Any:
    """`value` as strings, integers, finite floats, booleans, lists and dictionaries, every text through `text`.

    `Decimal`, dates, UUIDs, large integers and non-finite floats become strings. Raises `WrongType`.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return value if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER else str(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if depth >= _DEEPEST:
        raise WrongType("nested too deeply")
    if isinstance(value, Mapping):
        return {text(_name(key)): _member(key, item, text, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | AbstractSet):
        return [masked(item, text, depth=depth + 1) for item in value]
    return _text_of(value)


def _name(key: object) -> str:
    if not isinstance(key, str | int):
        raise WrongType(f"a name of type {type(key).__name__}")
    return str(key)


def _member(key: object, value: Any, text: Callable[[str], str], depth: int) -> Any:
    if str(key).lower().replace("-", "_") in _SECRET_KEYS and _may_be_secret(value):
        return PASSWORD
    return masked(value, text, depth=depth)


def _may_be_secret(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _text_of(value: object) -> str:
    if isinstance(value, datetime):
        try:
            return wire_time(value)
        except OverflowError as exc:
            raise WrongType("a time that UTC does not reach") from exc
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise WrongType(f"a value of type {type(value).__name__}")
