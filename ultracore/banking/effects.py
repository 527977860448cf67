"""The effects of every capability, in one list. A capability adds its `effects()` here."""

from __future__ import annotations

from ultracore.banking.account_life import effects as lifecycle_effects
from ultracore.banking.actions import Effect
from ultracore.banking.lending import applications as lending_applications
from ultracore.banking.payees import adding as payee_effects
from ultracore.banking.safety import cards


def capability_effects() -> tuple[Effect, ...]:
    """What `Bank.open` registers where it is told nothing else."""
    return (
        *cards.effects(),
        *lending_applications.effects(),
        *lifecycle_effects.effects(),
        *payee_effects.effects(),
    )
