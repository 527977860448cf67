"""The effects of every capability, in one list. A capability adds its `effects()` here."""

from __future__ import annotations

from ultracore.banking import cards, lending_applications, lifecycle_effects, payee_effects
from ultracore.banking.actions import Effect


def capability_effects() -> tuple[Effect, ...]:
    """What `Bank.open` registers where it is told nothing else."""
    return (
        *cards.effects(),
        *lending_applications.effects(),
        *lifecycle_effects.effects(),
        *payee_effects.effects(),
    )
