from __future__ import annotations

import random
from typing import Any

import pytest
import rfc8785

from ultracore.audit.canonical import NotCanonical, canonical, published, strict_object

ALPHABET = 'ab"\\\n\t\x00\x1f\x7f/é\u2028€𝄞\ue000 ,"ip_address":'


def a_value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(8 if depth < 3 else 6)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.randint(-(2**53) + 1, 2**53 - 1)
    if kind == 2:
        return chance.choice([0.5, -0.0, 1e21, 1e-7, 3.0, 1 / 3, 5e-324])
    if kind < 6:
        return "".join(chance.choices(ALPHABET, k=chance.randrange(8)))
    if kind == 6:
        return [a_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {"".join(chance.choices(ALPHABET, k=3)): a_value(chance, depth + 1) for _ in range(3)}


def test_the_fast_way_gives_the_same_bytes_as_rfc8785() -> None:
    chance = random.Random(8785)  # noqa: S311 - seeded on purpose
    for _ in range(20_000):
        value = a_value(chance)
        assert canonical(value) == rfc8785.dumps(value)


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
