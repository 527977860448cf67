"""The buttons of a card, the second person's decision, and what a crash left open."""

from ultracore.ai.presses.reconciler import Reconciler
from ultracore.ai.presses.second_persons import SecondPersons
from ultracore.ai.presses.service import CORRECTION, VOIDED, Presses

__all__ = [
    "CORRECTION",
    "VOIDED",
    "Presses",
    "Reconciler",
    "SecondPersons",
]
