"""The effects of every capability, in one list. A capability adds its `effects()` here."""

from __future__ import annotations

from ultracore.banking import lending_applications
from ultracore.banking.actions import Effect


def capability_effects() -> tuple[Effect, ...]:
    """What `Bank.open` registers where it is told nothing else."""
    return (*lending_applications.effects(),)
