from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Any

import pytest
import rfc8785

from ultracore.audit.canonical import (
    NotCanonical,
    OtherSpelling,
    canonical,
    canonical_object,
    published,
    strict_object,
)

ALPHABET = 'ab"\\\n\t\x00\x1f\x7f/é\u2028€𝄞\ue000 ,"ip_address":'
NAMES = ("a", "B", "_", "", "é", "€", "\ue000x", "𝄞", "a\n", '"', "\x7f", "ip_address", "hash")
RANDOM_VALUES = 24_000


class Word(StrEnum):
    A = "a"


class Count(IntEnum):
    ONE = 1


class Odd(str):
    __slots__ = ()


class OddFloat(float):
    __slots__ = ()


HARD: tuple[Any, ...] = (
    *(0.5, -0.0, 0.0, 1e21, 1e20, 123e18, 1e-7, 1e-6, 1e-5, 9.99e-5, 1e-4, 0.00012, 3.0, -7.0, 1 / 3, 5e-324),
    *(
        1e15,
        999_999_999_999_999.9,
        1e15 + 0.5,
        2.0**53,
        1.7976931348623157e308,
        333333333.33333329,
        4.35,
        0.1 + 0.2,
    ),
    *(float("nan"), float("inf"), -float("inf")),
    *(2**53 - 1, 1 - 2**53, 2**53, -(2**53), 2**63, 2**64, 10**40),
    *("\ud800", "x\udfff", "\U0010ffff\ue000", "".join(map(chr, range(0x250))), "\u2028\u2029\ufeff\ufffe"),
    *(Word.A, Count.ONE, Odd("odd"), OddFloat(1.5), True, False, None),
    *((1, "a"), (), b"bytes", bytearray(b"x"), {1}, object, 1j),
    *({1: 2}, {None: 1}, {True: 1}, {1.5: 1}, {b"a": 1}, {"a": 1, 2: 3}, {"\udfff": 1}, {Odd("b"): 1, "a": 2}),
    *({Word.A: 1, "B": 2}, {"\ue000": 1, "𝄞": 2}, {"é": 1, "z": 2}, {"": {}}, [[[]], {}]),
)


def a_float(chance: random.Random) -> float:
    """Of any size, and as often from where fixed-point notation ends."""
    if chance.random() < 0.3:
        return float(struct.unpack("<d", chance.randbytes(8))[0])
    return round(chance.uniform(-1, 1) * 10.0 ** chance.randrange(-8, 23), chance.randrange(0, 12))


def a_value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(9 if depth < 3 else 7) if depth else chance.choice([7, 8, 8, 8])
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.choice([1, -1]) * chance.randrange(2 ** chance.randrange(1, 54))
    if kind == 2:
        return a_float(chance)
    if kind == 3 and chance.random() < 0.1:
        return chance.choice(HARD)
    if kind < 7:
        return "".join(chance.choices(ALPHABET, k=chance.randrange(8)))
    if kind == 7:
        return [a_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {a_name(chance): a_value(chance, depth + 1) for _ in range(chance.randrange(5))}


def a_name(chance: random.Random) -> str:
    return chance.choice(NAMES) if chance.random() < 0.5 else "".join(chance.choices(ALPHABET, k=3))


def outcome(encode: Callable[[Any], bytes], value: Any) -> bytes | None:
    """The bytes, or `None` where the value is refused."""
    try:
        return encode(value)
    except (ValueError, TypeError):
        return None


def test_the_fast_way_gives_the_same_bytes_or_the_same_refusal_as_rfc8785() -> None:
    chance = random.Random(8785)  # noqa: S311 - seeded on purpose
    values = [*HARD, *([hard] for hard in HARD), *({"a": hard} for hard in HARD)]
    values += [a_value(chance) for _ in range(RANDOM_VALUES)]
    for value in values:
        expected = outcome(rfc8785.dumps, value)
        assert outcome(canonical, value) == expected, repr(value)


def test_floats_of_every_size_are_written_as_rfc8785_writes_them() -> None:
    chance = random.Random(754)  # noqa: S311 - seeded on purpose
    numbers = [value for value in (a_float(chance) for _ in range(20_000)) if math.isfinite(value)]
    assert canonical(numbers) == rfc8785.dumps(numbers)
    for number in numbers[:2000]:
        assert canonical([number]) == rfc8785.dumps([number])


def test_a_value_nested_beyond_all_measure_is_refused() -> None:
    value: list[Any] = []
    for _ in range(10_000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {"a": b""}, {1: 2}, {"\udfff": 1}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_the_hash_is_laid_in_where_rfc8785_puts_it() -> None:
    event: dict[str, Any] = {
        "action": ',"ip_address":',
        "compliance_tags": [',"ip_address":'],
        "ip_address": None,
        "metadata": {},
    }
    event["metadata"] = {"x": ',"ip_address":'}
    assert published(canonical(event), "ab") == canonical({**event, "hash": "ab"})


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "[1]", '{"a":NaN}', "", "{"])
def test_a_strict_object_is_read_or_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|not a JSON|not JSON|Expecting"):
        strict_object(text)


@pytest.mark.parametrize(
    "value", [{"n": 1e17}, {"n": -(2.0**53)}, {"n": 1e20}, {"n": 1e21}, {"𝄞": 1, "\ue000": [0.5, 2**53 - 1]}, {}]
)
def test_what_was_written_canonically_is_read_back(value: dict[str, Any]) -> None:
    assert canonical_object(canonical(value)) == value


def test_any_other_writing_of_an_object_is_told_from_what_is_no_object() -> None:
    for text in (b'{"a":1.0}', b'{ "a":1}', b'{"b":1,"a":2}', b'{"a":"\\u0041"}', b'{"a":1}\r', b'{"a":-0}'):
        with pytest.raises(OtherSpelling):
            canonical_object(text)
    for text in (b'{"a":1,"a":2}', b'{"a":NaN}', b"[1]", b"", b"\xff\xfe{", b"[" * 10_000, b'{"a":"\\ud800"}'):
        with pytest.raises(ValueError, match=r".") as found:
            canonical_object(text)
        assert not isinstance(found.value, OtherSpelling)
