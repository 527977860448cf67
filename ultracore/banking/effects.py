"""The effects of every capability, in one list. A capability adds its `effects()` here."""

from __future__ import annotations

from ultracore.banking.account_life import lifecycle_effects
from ultracore.banking.actions import Effect
from ultracore.banking.lending import lending_effects
from ultracore.banking.payees import payee_effects
from ultracore.banking.safety import card_effects, incident_effects, protection_effects


def capability_effects() -> tuple[Effect, ...]:
    """The effects that `Bank.open` registers by default."""
    safety = (*card_effects(), *incident_effects(), *protection_effects())
    return (*safety, *lending_effects(), *lifecycle_effects(), *payee_effects())
