"""The fraud rules: one table of weights with their reasons, for the check before effects and for the tool alike.

A score is the sum of the rules that speak, at most 1. The answer can only refuse or ask for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from ultracore.banking.values import FraudDecision, FraudFactor

RULES: Final = {
    factor.name: factor
    for factor in (
        FraudFactor(
            name="first_payment",
            weight=Decimal("0.20"),
            reason="The customer has never paid this account before; most payment fraud goes to a new one.",
        ),
        FraudFactor(
            name="new_payee",
            weight=Decimal("0.20"),
            reason="The payee was saved less than a day ago, as somebody does who has taken over a login.",
        ),
        FraudFactor(
            name="unusual_amount",
            weight=Decimal("0.25"),
            reason="Over 1,000 and over three times the largest payment of the last 90 days.",
        ),
        FraudFactor(
            name="empties_account",
            weight=Decimal("0.15"),
            reason="Over 1,000 and over nine tenths of what is in the account.",
        ),
        FraudFactor(
            name="many_payments",
            weight=Decimal("0.25"),
            reason="Over 30 payments in the last hour; people who pay their bills in one go stay below that.",
        ),
        FraudFactor(
            name="new_device",
            weight=Decimal("0.15"),
            reason="The login was first used with this browser in the last day; alone that means little.",
        ),
        FraudFactor(
            name="new_place",
            weight=Decimal("0.10"),
            reason="The login was first used from this network in the last day; people travel.",
        ),
    )
}
"""The whole weight table. A new device in a new place stays below a review; a new payee and an unusual amount from
there ask for one; nearly all rules together block."""

REVIEW_FROM: Final = Decimal("0.50")
BLOCK_FROM: Final = Decimal("0.80")

_NOTABLE: Final = Decimal(1000)
_TIMES_THE_LARGEST: Final = 3
_EMPTYING_SHARE: Final = Decimal("0.9")
_PAYMENTS_AN_HOUR: Final = 30
_NEW_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about one outgoing payment at the moment `at`. None: not known, and nothing is made of it.

    `in_account` is what the account held before; `largest` the largest payment of the 90 days before.
    """

    at: datetime
    amount: Decimal
    largest: Decimal
    last_hour: int
    in_account: Decimal | None = None
    paid_before: bool | None = None
    payee_saved_at: datetime | None = None
    new_device: bool = False
    new_place: bool = False


def decide(facts: Facts) -> FraudDecision:
    """Which rules speak, what they add up to, and what follows from it."""
    factors = tuple(RULES[name] for name in _names(facts))
    # A sum and no product, so that a person can be told what each rule added.
    score = min(Decimal("1.00"), sum((factor.weight for factor in factors), Decimal("0.00")))
    return FraudDecision(score=score, decision=_decision(score), factors=factors)


NOTHING_TO_SAY: Final = FraudDecision(score=Decimal("0.00"), decision="allow", factors=())
"""For money that stays with the customer or comes in."""


def is_unusual_amount(amount: Decimal, largest: Decimal) -> bool:
    """The rule `unusual_amount` by itself."""
    return amount > _NOTABLE and amount > _TIMES_THE_LARGEST * largest


def _names(facts: Facts) -> list[str]:
    saved, held = facts.payee_saved_at, facts.in_account
    speaks = {
        "first_payment": facts.paid_before is False,
        "new_payee": saved is not None and saved > facts.at - _NEW_FOR,
        "unusual_amount": is_unusual_amount(facts.amount, facts.largest),
        # Also above a notable sum, since small accounts are emptied by everyday payments.
        "empties_account": held is not None and facts.amount > max(_NOTABLE, _EMPTYING_SHARE * held),
        "many_payments": facts.last_hour > _PAYMENTS_AN_HOUR,
        "new_device": facts.new_device,
        "new_place": facts.new_place,
    }
    return [name for name, spoke in speaks.items() if spoke]


def _decision(score: Decimal) -> Literal["allow", "review", "block"]:
    if score >= BLOCK_FROM:
        return "block"
    return "review" if score >= REVIEW_FROM else "allow"
