"""A card number in two messages, and what may stand at the ends of messages without being one."""

from __future__ import annotations

import random

import pytest
from stdnum import luhn

from ultracore.ai.conversation.split_cards import SplitCards
from ultracore.audit.masking import mask
from ultracore.audit.masking.split import CARD_START


def said(*messages: str) -> list[str]:
    """The messages of one conversation as they are kept."""
    cards = SplitCards()
    return [cards.masked("conv-1", mask(message)) for message in messages]


def readable(messages: list[str]) -> int:
    """The digits that stay readable."""
    return sum(character.isdecimal() for message in messages for character in message)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("4111 1111", "1111 1111 please", ["4111 1111", "[card ending 1111] please"]),
        (
            "my card is 4111 1111",
            "and the rest is 1111 1111",
            [f"my card is {CARD_START}", "and the rest is [card ending 1111]"],
        ),
        ("Visa 4111-1111-", "1111-1111.", [f"Visa {CARD_START}-", "[card ending 1111]."]),
        ("4111 1111 1111", "1111", [CARD_START, "[card ending 1111]"]),
        ("it is 411111111111", "1111", [f"it is {CARD_START}", "[card ending 1111]"]),
        ("4111 11", "11 1111 1111", ["4111 11", "[card ending 1111]"]),
        (
            "4111 1111 is the first half",
            "then 1111 1111",
            ["4111 1111 is the first half", "then [card ending 1111]"],
        ),
        ("3782 822463", "10005", [CARD_START, "[card ending 0005]"]),
        (
            "\uff14\uff11\uff11\uff11 1111",
            "11\u200b11 1111",
            ["\uff14\uff11\uff11\uff11 1111", "[card ending 1111]"],
        ),
    ],
)
def test_a_card_number_in_two_messages_is_masked(first: str, second: str, kept: list[str]) -> None:
    assert said(first, second) == kept


def test_of_a_card_number_in_two_messages_no_more_than_twelve_digits_are_readable() -> None:
    chance = random.Random(20261125)  # noqa: S311 - seeded on purpose
    for _ in range(4_000):
        body = chance.choice(["4", "51", "37"]) + "".join(chance.choices("0123456789", k=14))
        body = body[: 14 if body.startswith("37") else 15]
        number = body + luhn.calc_check_digit(body)
        groups = [number[:4], number[4:8], number[8:12], number[12:]]
        if number.startswith("37"):
            groups = [number[:4], number[4:10], number[10:]]
        cut = chance.randrange(1, len(groups))
        joint = chance.choice([" ", "-"])
        first, second = joint.join(groups[:cut]), joint.join(groups[cut:])
        kept = said(
            f"card {first}" if chance.random() < 0.5 else first, f"{second} {chance.choice(['', 'please'])}"
        )
        assert readable(kept) <= 12, (first, second)
        assert "[card ending" in kept[1], (first, second)


@pytest.mark.parametrize(
    "messages",
    [
        ("call me on 0412 345 678", "500 dollars"),
        ("receipt 412345678", "2000 was wrong"),
        ("BSB 062-000 account 4567 8901", "pay 2500"),
        ("4567 8901", "transfer 250.00"),
        ("how much? 5200", "3600", "2500", "1200"),
        ("3600 2500 1200", "4000"),
        ("on 2026-11-20", "2026-11-21"),
        ("pay $4111 1111", "1111 1111"),
        ("Ref 7F3A-4111", "1111 1111 1111"),
        ("5000", "4,111.50"),
        ("acc_4111", "111111111111"),
        ("4111 1111", "no, forget that", "1111 1111"),
        ("account 41111111", "1111.11"),
        ("4111 1111", "1111 1112"),
    ],
)
def test_other_numbers_at_the_ends_of_messages_stay(messages: tuple[str, ...]) -> None:
    assert said(*messages) == list(messages)


def test_messages_of_two_conversations_are_not_put_together() -> None:
    cards = SplitCards()
    assert cards.masked("conv-1", "4111 1111") == "4111 1111"
    assert cards.masked("conv-2", "1111 1111") == "1111 1111"


def test_amounts_telephones_and_receipts_of_two_messages_are_never_masked() -> None:
    chance = random.Random(11)  # noqa: S311 - seeded on purpose
    for _ in range(10_000):
        pieces = [
            f"{chance.randrange(1, 10**6):,}.{chance.randrange(100):02}",
            f"04{chance.randrange(100):02} {chance.randrange(1000):03} {chance.randrange(1000):03}",
            f"receipt {100_000_000 + chance.randrange(9 * 10**8)}",
            f"AUD {chance.randrange(10**5)}",
            f"acc_{chance.randrange(10**6)}",
            f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            str(chance.randrange(1, 10_000)),
        ]
        messages = (f"please {chance.choice(pieces)}", f"{chance.choice(pieces)} thanks")
        assert said(*messages) == list(messages), messages
