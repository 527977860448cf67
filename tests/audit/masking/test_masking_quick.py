"""The shortcut of masking against its rules: a text that a rule would change never takes it."""

from __future__ import annotations

import random
import uuid
from itertools import product

import pytest
from stdnum import luhn

from ultracore.audit.masking import holds_nothing
from ultracore.audit.masking.text import mask_by_rules, mask_recorded_by_rules

WORDS = (
    "I paid City Power on the balance of my account acc number no nr num a/c acct bsb tfn tax file code codes pin "
    "spinning shopping password passphrase pass word pwd otp cvv secret security token api key auth bearer Basic "
    "is was please card receipt Ref since until AUD dollars \u2013 \u2014 \u2026 caf\u00e9 \u2019s it\u2019s "
    "\u201cso\u201d $ # : = , . / - _ ' \" \n \u00a0 \u200b \u00ad \u017f \u212a \u0130 \u00b7 \uff14 \u0661"
).split(" ")
JOINTS = ("", " ", " ", " ", "-", ".", ", ", "  ", "_", ":", "/", "\u200b", "\u2013")

PROMPTS = (
    "password|pass word|passcode|pass phrase|passwd|pwd|PIN|pin code|pin number|otp|cvv|CVC|security code|"
    "secret word|one-time code|one time word|security word|code|my code|sms code|tfn|TFN|tax file number|"
    "tax file no.|account number|acct no.|acc #|a/c num|account nr|bsb 062000|BSB: 062 000 account|062-000|bearer|"
    "Basic|api key|api_token|access token|secret-key|client secret|authorization|token|session-token|iban|card|"
    "visa|no prompt"
).split("|")
LINKS = (" ", ": ", "=", " is ", " was: ", " I got is ", "  ", ", ", " number ")
VALUES = (
    "hunter2|4921|482913|482\u00a0913|G-482913|12345678|1234-5678|123456782|Tr0ub4dor&3!|abcDEF123456.xyz0|"
    "abcdefghijkl.9|sk-abcdefghijklmnopqr|eyJhbGciOi.eyJzdWIiOi.sflKxw|eyJab-_12.ab345|sk-proj-abcdefghijklmnop1234|"
    "pk_abcdefghijklmnop12|rk_live_abcdefghijklmnop|ghp_abcdefghijklmnopqrst|gho_abcdefghijklmnopqrst|"
    "ghs_abcdefghijklmnopqrst|ghu_abcdefghijklmnopqrst|ghr_abcdefghijklmnopqrst|github_pat_abcdefghijklmnopqrst|"
    "glpat-abcdefghijklmnop|hf_abcdefghijklmnop|npm_abcdefghijklmnopqrst|xoxb-abcdefghij|AKIAIOSFODNNSEXAMPLE|"
    "ASIAIOSFODNNSEXAMPLE|ya29.abcdefghij|AIzaabcdefghijklmnopqrstuvwxyzABCD|4111111111111111|123 456 782|482 913|"
    "DE89370400440532013000|gb82west12345698765432|1234 5678|3782 822463 10005|-----BEGIN PRIVATE KEY-----|"
    "read_sk-abcdefghijklmnop12|risk-abcdefghijklmnop12|xghp_abcdefghijklmnopqrst|xeyJhbGciOi.eyJzdWIiOi.sflKxw|"
    "the_hf_abcdefghijklmnop|1AKIAIOSFODNNSEXAMPLE"
).split("|")


def piece(chance: random.Random) -> str:
    kind = chance.randrange(12)
    number = "".join(chance.choices("0123456789", k=chance.randrange(1, 20)))
    if kind < 5:
        return chance.choice(WORDS)
    if kind == 5:
        return number
    if kind == 6:
        return " ".join(number[place : place + 3] for place in range(0, len(number), 3))
    if kind == 7:
        return "-".join(number[place : place + 4] for place in range(0, len(number), 4))
    if kind == 8:
        return f"{number[:15]}{luhn.calc_check_digit(number[:15])}"
    return chance.choice(
        [
            "DE89 3704 0044 0532 0130 00",
            "gb82west12345698765432",
            "062-000 12345678",
            "123 456 782",
            "4111 1111 1111 1111",
            "sk-proj-abcdefghijklmnop1234",
            "eyJhbGciOi.eyJzdWIiOi.sflKxw",
            "2026-11-20",
            "12.50",
            "7F3A-91C2",
            f"acc_{number}",
            str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            f"{chance.getrandbits(256):064x}",
            "\U0001f4b3",
        ]
    )


def hostile(chance: random.Random) -> str:
    pieces = [f"{piece(chance)}{chance.choice(JOINTS)}" for _ in range(chance.randrange(1, 9))]
    text = "".join(pieces)
    return text.upper() if chance.random() < 0.1 else text


def check(text: str) -> bool:
    """Whether the shortcut is taken; then the rules must leave the text as it is. Else it is masked by them."""
    taken = holds_nothing(text)
    if taken:
        assert mask_recorded_by_rules(text) == text, ascii(text)
        assert mask_by_rules(text) == text, ascii(text)
    return taken


def test_the_shortcut_and_the_rules_agree_on_hostile_texts() -> None:
    chance = random.Random(20261124)  # noqa: S311 - seeded on purpose
    taken = sum(check(hostile(chance)) for _ in range(6_000))
    assert 500 < taken < 5_500, "both ways must be taken often"


def test_the_shortcut_lets_nothing_pass_that_a_rule_knows() -> None:
    masked = 0
    for prompt, link, value in product(PROMPTS, LINKS, VALUES):
        text = f"so {prompt}{link}{value} then"
        masked += mask_recorded_by_rules(text) != text
        check(text)
    assert masked > 5_000


@pytest.mark.parametrize("value", VALUES)
def test_every_value_is_one_that_a_rule_knows(value: str) -> None:
    assert any(mask_recorded_by_rules(f"{prompt} is {value}") != f"{prompt} is {value}" for prompt in PROMPTS)


def test_the_shortcut_and_the_rules_agree_on_random_characters() -> None:
    chance = random.Random(3)  # noqa: S311 - seeded on purpose
    alphabet = "0123456789 -./aAcCeEbBnNoOsSpPiIkK_:=#\u00a0\u00b7\u2013\u017f\u212a\uff11\u200b\u00e9\u0131"
    taken = sum(check("".join(chance.choices(alphabet, k=chance.randrange(1, 40)))) for _ in range(6_000))
    assert 300 < taken < 5_700, "both ways must be taken often"


def test_no_character_beyond_ascii_leads_past_the_rules() -> None:
    for character in (chr(code) for code in [*range(0x80, 0x3100), 0xFE0F, 0xFEFF, 0xFF14, 0x1D7D2, 0xE0031]):
        check(f"4111{character}1111 1111 1111")
        check(f"account{character}number 12345678")
        check(f"pa{character}word: hunter2")


@pytest.mark.parametrize(
    "text",
    [
        "I paid 12.50 to City Power on 2026-11-20 from acc_1; ref 7F3A-91C2.",
        "Your balance is AUD 1,204.50 \u2013 see \u201cEveryday\u201d\u2026",
        "3f1c9a52-0d1e-4b57-9d0c-52f3a1b2c3d4",
        "a" * 63 + "1",
        "-482.15",
        "",
    ],
)
def test_what_a_bank_talks_of_takes_the_shortcut(text: str) -> None:
    assert holds_nothing(text)
    assert check(text)
