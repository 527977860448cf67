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
from ultracore.audit.masking.names import kind_of, shown_as
from ultracore.audit.masking.text import mask

# A model nests its arguments as deep as it likes, and every level costs a call or two of Python's recursion limit.
_DEEPEST: Final = 32
# Beyond this a double, which every number of RFC 8785 is, cannot tell neighbours apart.
_LARGEST_INTEGER: Final = 2**53 - 1
_NO_CONTAINERS: Final = frozenset((str, int, float, bool, type(None)))
_PASSWORDS_ONLY: Final[Mapping[str | None, str]] = {"password": "password"}


class WrongType(TypeError):
    """A value that has no JSON form, or is nested too deeply."""


def snapshot(value: Any, *, depth: int = 0) -> Any:
    """A copy of the containers in `value`: what the caller does with its own later changes nothing here.

    What is nested too deeply to be recorded is left as it is, for `masked` to refuse.
    """
    if depth > _DEEPEST or type(value) in _NO_CONTAINERS:
        return value
    if isinstance(value, Mapping):
        return {
            key: item if type(item) in _NO_CONTAINERS else snapshot(item, depth=depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | AbstractSet):
        return [item if type(item) in _NO_CONTAINERS else snapshot(item, depth=depth + 1) for item in value]
    return value


def described(value: Any, *, depth: int = 0) -> Any:
    """A canonical stand-in for any value, for a digest; runs no code of the value's own type."""
    if value is None or isinstance(value, bool | int | float):
        # As text, because NaN and integers of 2^53 or more have no canonical form.
        return repr(value)
    if isinstance(value, str):
        # `ascii` also spells lone surrogates, which have no UTF-8 form and would fail in the digest.
        return ascii(value)
    if isinstance(value, dict) and depth <= _DEEPEST:
        return [[described(one, depth=depth + 1) for one in pair] for pair in value.items()]
    if isinstance(value, list) and depth <= _DEEPEST:
        return [described(item, depth=depth + 1) for item in value]
    return type(value).__name__


def masked(value: Any, text: Callable[[str], str] = mask, *, numbers: bool = True, depth: int = 0) -> Any:
    """`value` as strings, integers, finite floats, booleans, lists and dictionaries, every text through `text`.

    `Decimal`, dates, UUIDs, large integers and non-finite floats become strings. What stands under the name of a
    secret is replaced, with `numbers` also under the name of a card or account number. Raises `WrongType`.
    """
    kind = type(value)
    if kind is str:
        return text(value)
    if value is None or kind is bool or (kind is int and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER):
        return value
    if kind is dict or kind is list:
        return _container(value, text, numbers, depth)
    return _unusual(value, text, numbers, depth)


def _container(value: Any, text: Callable[[str], str], numbers: bool, depth: int) -> Any:
    """A dict or a list. What it mostly holds is done here: this is on the way of every event."""
    if depth >= _DEEPEST:
        raise WrongType("nested too deeply")
    depth += 1
    if type(value) is list:
        return [
            text(item) if type(item) is str else masked(item, text, numbers=numbers, depth=depth) for item in value
        ]
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = key if type(key) is str else _name(key)
        kind = _kind(name, value) if numbers else _PASSWORDS_ONLY.get(kind_of(name))
        shown = None if kind is None else shown_as(kind, item)
        if shown is None:
            shown = text(item) if type(item) is str else masked(item, text, numbers=numbers, depth=depth)
        # A name is masked as well: a model can put a card number into the name of an argument.
        found[text(name)] = shown
    return found


def _kind(name: str, beside: Mapping[Any, Any]) -> str | None:
    """`number` beside `bsb` is an account's."""
    if name == "number" and "bsb" in beside:
        return "account"
    return kind_of(name)


def _unusual(value: Any, text: Callable[[str], str], numbers: bool, depth: int) -> Any:
    # Before `str`, because a `StrEnum` member is one too, and the record takes its plain value.
    if isinstance(value, Enum):
        return masked(value.value, text, numbers=numbers, depth=depth)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return value if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER else str(value)
    if isinstance(value, float):
        # Not zero for NaN and the infinities, which JSON cannot hold.
        return value if value - value == 0 else str(value)
    if depth >= _DEEPEST:
        raise WrongType("nested too deeply")
    if isinstance(value, Mapping):
        return _container(dict(value), text, numbers, depth)
    if isinstance(value, list | tuple | AbstractSet):
        return _container(list(value), text, numbers, depth)
    return _text_of(value)


def _name(key: object) -> str:
    if not isinstance(key, str | int):
        raise WrongType(f"a name of type {type(key).__name__}")
    return str(key)


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
