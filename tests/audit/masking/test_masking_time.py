"""Masking looks at everything that people and models write: no text may make it slow."""

from __future__ import annotations

import pytest

from tests.support.deadlines import growth
from ultracore.audit.masking import mask, mask_recorded

SMALL, LARGE = 2_048, 8_192
NOT_SQUARE = 9.0
"""Four times the text: a cost that grows with it is 4, one that grows with its square is 16."""

GAP = " " * 30_000
PIECES = [
    "4",
    "1 ",
    "4111 ",
    "123 ",
    "password: ",
    "password a a a a a is ",
    "pin ",
    "token:",
    "eyJ-",
    "AB12 ",
    "code ",
    "account number ",
    "acc ",
    "tax ",
    "bsb 062000 ",
    "062-000 ",
    "-----BEGIN ",
    "sk-",
    "ask-",
    "risk-ab-",
    "sk-abcdefgh-",
    "xeyJabcdef.",
    "hf_gho_",
    "\u200b4",
    "\u00e9\uff11",
]
WORDS = ["password", "token", "api key is", "code", "bearer", "authorization", "tfn", "account number"]


@pytest.mark.parametrize("text", [f"authorization{GAP}", f"token {GAP}is", f"password{GAP}", f"pin a{GAP}b"])
def test_a_long_gap_after_a_prompt_is_no_secret(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    assert growth(lambda size: mask_recorded(piece * (size // len(piece))), SMALL, LARGE) < NOT_SQUARE


@pytest.mark.parametrize("word", WORDS)
def test_long_spaces_cost_no_more_than_their_length(word: str) -> None:
    assert growth(lambda size: mask_recorded(f"{word}{' ' * size}x"), SMALL, LARGE) < NOT_SQUARE
