"""The buttons of a card, the second person's decision, and what a crash left open."""

from ultracore.ai.presses.reconciler import Reconciler
from ultracore.ai.presses.second_persons import SecondPersons
from ultracore.ai.presses.service import CANCELLATION, CORRECTION, LOOK_SECONDS, VOIDED, Presses
from ultracore.ai.presses.typed_no import is_typed_no

__all__ = [
    "CANCELLATION",
    "CORRECTION",
    "LOOK_SECONDS",
    "VOIDED",
    "Presses",
    "Reconciler",
    "SecondPersons",
    "is_typed_no",
]
