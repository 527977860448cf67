"""What stands against an effect, and what a person reads of a proposal."""

from ultracore.ai.approvals.objections import Asking, Objections
from ultracore.ai.approvals.service import ApprovalDesk, Decided
from ultracore.ai.approvals.wording import (
    after_interruption,
    card_lines,
    card_title,
    is_transfer,
    told_to_maker,
    wish,
)

__all__ = [
    "ApprovalDesk",
    "Asking",
    "Decided",
    "Objections",
    "after_interruption",
    "card_lines",
    "card_title",
    "is_transfer",
    "told_to_maker",
    "wish",
]
