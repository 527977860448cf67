"""The buttons of a card, the second person's decision, and what a crash left open."""

from ultracore.ai.presses.reconciler import Reconciler
from ultracore.ai.presses.refusals import MANY, MOST_A_MINUTE, UNKNOWN, RefusedPresses
from ultracore.ai.presses.second_persons import SecondPersons
from ultracore.ai.presses.service import CANCELLATION, CORRECTION, LOOK_SECONDS, TOO_SOON, VOIDED, Presses
from ultracore.ai.presses.summaries import summary_of
from ultracore.ai.presses.typed_no import is_typed_no

__all__ = [
    "CANCELLATION",
    "CORRECTION",
    "LOOK_SECONDS",
    "MANY",
    "MOST_A_MINUTE",
    "TOO_SOON",
    "UNKNOWN",
    "VOIDED",
    "Presses",
    "Reconciler",
    "RefusedPresses",
    "SecondPersons",
    "is_typed_no",
    "summary_of",
]
