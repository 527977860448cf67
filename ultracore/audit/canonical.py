"""RFC 8785 JSON and the hashes that stand on it (`docs/record-format.md`)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

import msgspec
import rfc8785

NO_HASH: Final = "0" * 64
"""The hash before the first event of a stream, and before the first head list."""

_LARGEST_INTEGER: Final = 2**53 - 1
_LONGEST_INTEGER: Final = len(str(-_LARGEST_INTEGER))
_BEFORE_HASH: Final = b',"ip_address":'

_LINE_ENDS: Final = {sign.encode(): f"\\u{ord(sign):04x}".encode() for sign in "\u0085\u2028\u2029"}
"""What many programs take for the end of a line, though JSON does not, each with its escape."""

_ESCAPE: Final = re.compile(rb"\\(?:u0085|u2028|u2029|.)", re.DOTALL)
_SIGNS: Final = {escape: sign for sign, escape in _LINE_ENDS.items()}

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


class NotCanonical(ValueError):
    """The value has no RFC 8785 form: NaN, a lone surrogate, an integer of 2^53 or more, or not JSON at all."""


def canonical(value: Any) -> bytes:
    """The UTF-8 bytes of the RFC 8785 JSON of `value`. Raises `NotCanonical`.

    A fast encoder gives the same bytes for what `is_plain` lets through; everything else goes the long way.
    """
    try:
        if type(value) is str or is_plain(value):
            return _encode(value)
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError) as exc:
        raise NotCanonical(str(exc)) from exc


def canonical_plain(value: Any) -> bytes:
    """`canonical` of a value of our own making that `is_plain` would let through: its caller answers for that."""
    return _encode(value)


def is_plain(container: Any) -> bool:  # noqa: C901 - a call for each part would cost more than the encoding
    """Whether this is a dict or list whose names are ASCII (they sort by bytes as by UTF-16 code units), whose
    integers are within range and whose floats have one spelling: with a point and without an exponent.

    One call a container: this is on the way of every event.
    """
    kind = type(container)
    if kind is dict:
        for name in container:
            if type(name) is not str or not name.isascii():
                return False
        container = container.values()
    elif kind is not list:
        return False
    for item in container:
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if kind is int:
            if not -_LARGEST_INTEGER <= item <= _LARGEST_INTEGER:
                return False
        elif kind is float:
            if not (1e-4 <= abs(item) < 1e15 and item % 1):
                return False
        elif not is_plain(item):
            return False
    return True


def event_hash(prev_hash: str, unhashed: bytes) -> str:
    """The hash of an event whose canonical bytes without `hash` are `unhashed`."""
    # The first byte differs from that of a head list, so that one's hash can never stand for the other's.
    return hashlib.sha256(b"\x00" + bytes.fromhex(prev_hash) + unhashed).hexdigest()


def head_hash(prev_hash: str, unhashed: bytes) -> str:
    """The hash of a head list whose canonical bytes without `hash` and `signature` are `unhashed`."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(prev_hash) + unhashed).hexdigest()


def published(unhashed: bytes, hash_: str) -> bytes:
    """An event as it is published: the stored bytes with `hash` laid in at its sorted place.

    The members before `ip_address` hold no nested objects, and a quotation mark inside a text is escaped, so the
    first occurrence is the member itself.
    """
    return unhashed.replace(_BEFORE_HASH, b',"hash":"' + hash_.encode() + b'"' + _BEFORE_HASH, 1)


def escaped(line: bytes) -> bytes:
    """The same JSON as one line for every reader: U+0085, U+2028 and U+2029 are written as escapes."""
    for sign, escape in _LINE_ENDS.items():
        line = line.replace(sign, escape)
    return line


def unescaped(line: bytes) -> bytes:
    """What `escaped` was given: RFC 8785 writes these three as they are, and over that go the hashes."""
    if b"\\u" not in line:
        return line
    # Every escape is matched, so that the second backslash of an escaped one begins none.
    return _ESCAPE.sub(lambda found: _SIGNS.get(found[0], found[0]), line)


class OtherSpelling(ValueError):
    """JSON, but not the bytes that RFC 8785 writes for it. `value` is what it says."""

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__("it is not in its canonical form")
        self.value = value


def canonical_object(text: bytes) -> dict[str, Any]:
    """Read bytes that are exactly the canonical JSON of an object.

    Raises `OtherSpelling` if they are another writing of one, else `ValueError`. What a decoder lets pass
    (a name twice, white space, `1.0` for 1), the bytes that the value has are compared with those that were read.
    """
    try:
        value = _decode(text)
        if type(value) is dict and canonical(value) == text:
            return value
    except (ValueError, RecursionError):
        pass  # read again below, to say what is wrong or to take a large number for what it is
    value = strict_object(text)
    if canonical(value) != text:
        raise OtherSpelling(value)
    return value


def strict_object(text: str | bytes) -> dict[str, Any]:
    """Read one JSON object in which no name occurs twice. Raises `ValueError`."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def read_json(text: str | bytes) -> Any:
    """Read JSON as RFC 8785 means it. Raises `ValueError`, also if a name occurs twice.

    A number is a double there: digits beyond ±(2^53-1) are how a large float is written, and are read as one.
    """
    text = text if isinstance(text, str) else text.decode()
    try:
        return json.loads(
            text, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant, parse_int=_number
        )
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc


def _number(digits: str) -> int | float:
    # By length first: `int` refuses more than 4,300 digits, and such a number is a valid large float here.
    if len(digits) > _LONGEST_INTEGER:
        return float(digits)
    value = int(digits)
    return value if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER else float(digits)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
