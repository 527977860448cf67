"""The conversation runtime: intake, routing, turns, presses, and what a crash leaves open."""

from ultracore.ai.conversation.cut_answers import CutAnswers
from ultracore.ai.conversation.housekeeping import Housekeeping, Lag
from ultracore.ai.conversation.intake import MAX_MESSAGE_BYTES
from ultracore.ai.conversation.service import ConversationService

__all__ = [
    "MAX_MESSAGE_BYTES",
    "ConversationService",
    "CutAnswers",
    "Housekeeping",
    "Lag",
]
