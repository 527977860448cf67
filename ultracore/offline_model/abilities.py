"""The table of all abilities, the most particular words first, and which of them a message means."""

from __future__ import annotations

from functools import lru_cache

from ultracore.offline_model.ability import Ability
from ultracore.offline_model.domains import (
    accounts,
    lending,
    not_here,
    outlook,
    payments,
    privacy,
    security,
    spending,
    wealth,
)
from ultracore.offline_model.language import Intent, intent_of

ABILITIES: tuple[Ability, ...] = (
    # Spending comes last, because its words ("paid", "show") stand in questions of every other subject too.
    *privacy.ABILITIES,
    *not_here.ABILITIES,
    *security.ABILITIES,
    *payments.ABILITIES,
    *lending.ABILITIES,
    *wealth.ABILITIES,
    *outlook.ABILITIES,
    *accounts.ABILITIES,
    *spending.ABILITIES,
)


# Asked several times for one message: by its parts, its frames and each step of its answer.
@lru_cache(maxsize=1024)
def find_ability(text: str) -> Ability | None:
    """The ability that a message asks for; None for balances, transfers, payees and small talk."""
    intent = intent_of(text)
    if intent in (Intent.APPROVAL, Intent.GREETING, Intent.THANKS):
        return None
    found = next((one for one in ABILITIES if one.meant_by(text)), None)
    if found is None:
        return spending.RECENT if intent is Intent.TRANSACTIONS else None
    # "Pay City Power for the last bill" names the past and asks for a payment all the same.
    if found in spending.ABILITIES and intent in (Intent.TRANSFER, Intent.PAYEES, Intent.CASH):
        return None
    return found
