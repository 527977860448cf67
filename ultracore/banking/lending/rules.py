"""The lending rules in tables: products, dated rates, the credit score's bands. Each number with its reason.

`docs/lending.md` prints these tables; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from ultracore.banking.lending.values import LoanQuote, Purpose

WINDOW_DAYS: Final = 182
"""Days of the journal that are looked at: whole weeks, fortnights and (nearly) six months, so that pay that comes
weekly, fortnightly or monthly is seen as it is."""

INCOME_KINDS: Final = ("salary", "takings")
"""Kinds of entries that count as income. A transfer from a friend is none."""

NOT_SPENDING_KINDS: Final = ("securities_purchase", "opening_balance", "interest")
"""Money out that is no cost of living: investing can stop, loan interest is part of the instalment."""

LIVING_COST_FLOOR: Final = Decimal(1400)
"""The least that a person is taken to spend in a month; who pays from another bank spends more than we see."""

ASSESSMENT_BUFFER: Final = Decimal("0.03")
"""Added to the rate before affordability is tested, so that the loan stays affordable when rates rise."""

AFFORDABLE_SHARE: Final = Decimal("0.80")
"""Of the monthly surplus; a fifth stays for unplanned spending."""

MOST_INCOMES: Final = 6
"""All debts with this loan may be at most this many yearly incomes; beyond it arrears rise steeply."""

LOAN_STEP: Final = 100
"""The largest loan is rounded down to hundreds: it is indicative, and false precision promises more."""


@dataclass(frozen=True, slots=True)
class Product:
    """The limits of loans for one purpose. Amounts in whole AUD, terms in months."""

    least: int
    most: int
    longest_term: int
    least_score: int
    for_business: bool
    words: tuple[str, ...]
    reason: str


PRODUCTS: Final[Mapping[Purpose, Product]] = {
    Purpose.HOME: Product(
        20_000,
        2_000_000,
        360,
        580,
        False,
        ("home", "house", "mortgage", "apartment", "flat", "unit", "property", "land", "renovation", "renovate"),
        "Secured by the property, so the lowest score will do and the term is long.",
    ),
    Purpose.CAR: Product(
        2_000,
        150_000,
        84,
        600,
        True,
        ("car", "vehicle", "ute", "van", "motorbike", "motorcycle", "caravan", "truck"),
        "Secured by a car that loses its value within about seven years.",
    ),
    Purpose.PERSONAL: Product(
        1_000,
        75_000,
        84,
        620,
        False,
        ("personal", "holiday", "travel", "wedding", "furniture", "medical", "dental", "consolidation", "debt"),
        "Unsecured, so the amount is small and the score higher.",
    ),
    Purpose.BUSINESS: Product(
        5_000,
        1_000_000,
        180,
        620,
        True,
        ("business", "equipment", "shop", "stock", "startup", "company", "premises"),
        "Repaid from takings that go up and down, so the score is as for unsecured loans.",
    ),
    Purpose.EDUCATION: Product(
        1_000,
        80_000,
        120,
        600,
        False,
        ("education", "study", "studies", "university", "uni", "course", "school", "degree", "tuition", "tafe"),
        "Unsecured, but what is learnt raises income; longer than a personal loan.",
    ),
    Purpose.OTHER: Product(
        1_000, 50_000, 60, 640, True, (), "A purpose that the rules do not know: the strictest limits."
    ),
}

_PURPOSE_OF: Final = {word: purpose for purpose, product in PRODUCTS.items() for word in product.words}


@dataclass(frozen=True, slots=True)
class RateCard:
    """Base rates from a day on, in percent a year."""

    effective_from: date
    percent: Mapping[Purpose, str]
    reason: str


def _card(day: date, percent: str, reason: str) -> RateCard:
    return RateCard(day, dict(zip(Purpose, percent.split(), strict=True)), reason)


# Columns: home, car, personal, business, education, other.
RATE_CARDS: Final = (
    _card(date(2024, 7, 1), "6.24 7.49 8.95 7.85 7.25 10.95", "The cash rate stood at 4.35 %."),
    _card(date(2025, 8, 15), "5.79 7.09 8.65 7.35 6.95 10.65", "The cash rate had been lowered to 3.60 %."),
    _card(date(2026, 7, 1), "5.94 7.19 8.75 7.45 6.99 10.75", "Our own cost of deposits rose by 0.1 to 0.15 %."),
)

MARGINS: Final = (
    (750, Decimal("0.0000"), "Losses on such scores are within the base rate."),
    (680, Decimal("0.0075"), "Twice the losses of the best band."),
    (620, Decimal("0.0175"), "Four times the losses of the best band."),
    (300, Decimal("0.0300"), "The highest margin that we ask; below a product's least score we do not lend."),
)
"""The margin that a credit score from that value on adds to the base rate."""


def purpose_of(text: str) -> Purpose:
    """The purpose that a person's words mean: the first word that the table knows, else `OTHER`."""
    for word in re.findall(r"[a-z]+", text.casefold()):
        # Plurals without a stemmer: the tables are short, and English adds an s.
        found = _PURPOSE_OF.get(word) or _PURPOSE_OF.get(word.removesuffix("s"))
        if found is not None:
            return found
    return Purpose.OTHER


def base_rate(purpose: Purpose, day: date) -> Decimal:
    """The lowest rate on a day, as a fraction: that of the best credit score."""
    return Decimal(_card_of(day).percent[purpose]).scaleb(-2)


def _card_of(day: date) -> RateCard:
    valid = [card for card in RATE_CARDS if card.effective_from <= day]
    # By day and not the newest: a question about a past day has the answer of that day.
    return valid[-1] if valid else RATE_CARDS[0]


def quote_of(purpose: Purpose, credit_score: int, day: date) -> LoanQuote:
    """The indicative rate on a day; before the first card, the first card's."""
    card = _card_of(day)
    margin = next(margin for score, margin, _ in MARGINS if credit_score >= score)
    base = Decimal(card.percent[purpose]).scaleb(-2)
    return LoanQuote(annual_rate=base + margin, margin=margin, effective_from=card.effective_from)
