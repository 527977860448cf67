"""What stands against an effect, and what a person reads of a proposal."""

from ultracore.ai.approvals.objections import Askers, Objections
from ultracore.ai.approvals.service import ApprovalDesk, Decided
from ultracore.ai.approvals.step_up import PasskeyProofs, ProofWanted, StepUps
from ultracore.ai.approvals.wording import (
    NOT_ASKED,
    after_interruption,
    card_lines,
    card_title,
    is_transfer,
    marked,
    shown_lines,
    told_to_maker,
    wish,
)
from ultracore.ai.approvals.words import button_of, words_of

__all__ = [
    "NOT_ASKED",
    "ApprovalDesk",
    "Askers",
    "Decided",
    "Objections",
    "PasskeyProofs",
    "ProofWanted",
    "StepUps",
    "after_interruption",
    "button_of",
    "card_lines",
    "card_title",
    "is_transfer",
    "marked",
    "shown_lines",
    "told_to_maker",
    "wish",
    "words_of",
]
