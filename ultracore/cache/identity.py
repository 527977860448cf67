"""What a cached call depends on, as text: its arguments and the identity of the object it is called on."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from uuid import UUID, uuid4

_CONTAINERS = (Mapping, list, tuple, set, frozenset, Enum)
_PLAIN = (str, bytes, bool, int, float, complex, type(None), Decimal, date, time, timedelta, UUID, PurePath)


def describe(value: object) -> object:
    """A form whose `repr` is equal if and only if the values are of one type and equal.

    Raises `TypeError` for an object that is neither a plain value nor a container or dataclass of them.
    """
    # With its type: 1, True and 1.0 are equal in Python, and are different calls.
    kind = _kind(value)
    if isinstance(value, Enum):
        return kind, value.name
    if isinstance(value, _PLAIN):
        return kind, repr(value)
    if isinstance(value, Mapping):
        pairs = [(describe(key), describe(item)) for key, item in value.items()]
        return kind, sorted(pairs, key=repr)
    if isinstance(value, list | tuple):
        return kind, [describe(item) for item in value]
    if isinstance(value, set | frozenset):
        return kind, sorted((describe(item) for item in value), key=repr)
    if is_dataclass(value) and not isinstance(value, type):
        return kind, [(field.name, describe(getattr(value, field.name))) for field in fields(value)]
    raise TypeError(f"a {kind} cannot be part of a cache key")


class Identities:
    """The identity of each object on which a cached method is called.

    A class says it by `cache_key`, an attribute or a method without arguments, which is read at each call; a
    dataclass by those of its fields that take part in comparison. The identity of any other object is its class
    and its attributes as they were at its first cached call.
    """

    def __init__(self) -> None:
        # By `id`, because an object with an `__eq__` of its own may be unhashable, or equal to another tenant's.
        self._first: dict[int, object] = {}

    def of(self, owner: object) -> object:
        """Raises `TypeError` if `cache_key` or a dataclass's field is no value that can be part of a key."""
        if isinstance(owner, _PLAIN + _CONTAINERS):  # the first argument of a static method
            return describe(owner)
        if isinstance(owner, type):
            return _kind(owner), owner.__module__, owner.__qualname__
        declared = getattr(owner, "cache_key", None)
        if declared is not None:
            return _kind(owner), describe(declared() if callable(declared) else declared)
        if is_dataclass(owner):
            compared = [field.name for field in fields(owner) if field.compare and field.name != "cache"]
            return _kind(owner), [(name, describe(getattr(owner, name))) for name in compared]
        return _kind(owner), self._at_first_use(owner)

    def _at_first_use(self, owner: object) -> object:
        # Not read anew at each call: an object that counts its calls in an attribute would never find a result.
        known = self._first.get(id(owner))
        if known is None:
            known = [(name, _attribute(value)) for name, value in sorted(_attributes(owner).items())]
            self._forget_with(owner)
            self._first[id(owner)] = known
        return known

    def _forget_with(self, owner: object) -> None:
        # Without it the next object at this address would inherit the identity.
        try:
            weakref.finalize(owner, self._first.pop, id(owner), None)
        except TypeError as error:
            raise TypeError(f"a {_kind(owner)} cannot be watched: give the class a `cache_key`") from error


def _attributes(owner: object) -> dict[str, object]:
    slots = {
        name: getattr(owner, name)
        for kind in type(owner).__mro__
        for name in _names(kind.__dict__.get("__slots__", ()))
        if hasattr(owner, name)
    }
    held = slots | getattr(owner, "__dict__", {})
    return {name: value for name, value in held.items() if name not in ("cache", "__dict__", "__weakref__")}


def _names(slots: object) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)  # type: ignore[arg-type]  # a class's `__slots__`


def _attribute(value: object) -> object:
    try:
        return describe(value)
    except TypeError:
        # Two services with two ledgers have no result in common, and a ledger has no value to tell them apart by.
        return _kind(value), uuid4().hex


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
