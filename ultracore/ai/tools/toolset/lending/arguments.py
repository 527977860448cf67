"""What lending's tools have in common: two arguments, and words that go with every figure."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from ultracore.banking import Money
from ultracore.banking.lending import LONGEST_TERM
from ultracore.wording import money_text

Term = Annotated[int, Field(ge=1, le=LONGEST_TERM, description="Months, 1 to 480; 25 years are 300.")]

LoanPurpose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    Field(description="home, car, personal, business, education, or the customer's own words."),
]

INDICATIVE: Final = "This is indicative, not an offer."


def amount_text(amount: Money) -> str:
    """An amount in its own currency."""
    return money_text(amount.amount, amount.currency)
