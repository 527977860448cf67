"""The conversation runtime: intake, routing, turns, presses, and what a crash leaves open."""

from ultracore.ai.conversation.admission import Admission
from ultracore.ai.conversation.agent_choice import AgentChoice
from ultracore.ai.conversation.apologies import Apologies
from ultracore.ai.conversation.care import CareFirst
from ultracore.ai.conversation.cut_answers import CutAnswers
from ultracore.ai.conversation.decisions import Decisions
from ultracore.ai.conversation.desks import Desks
from ultracore.ai.conversation.dialogue import AgentTools, Dialogue
from ultracore.ai.conversation.endings import TurnEndings
from ultracore.ai.conversation.housekeeping import Housekeeping
from ultracore.ai.conversation.intake import MAX_MESSAGE_BYTES
from ultracore.ai.conversation.messages import Messages
from ultracore.ai.conversation.openings import Openings
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.conversation.ratings import AnswerRatings
from ultracore.ai.conversation.service import ConversationService
from ultracore.ai.conversation.turn_queue import TurnQueue
from ultracore.ai.conversation.turns import Turns

__all__ = [
    "MAX_MESSAGE_BYTES",
    "Admission",
    "AgentChoice",
    "AgentTools",
    "AnswerRatings",
    "Apologies",
    "CareFirst",
    "ConversationService",
    "CutAnswers",
    "Decisions",
    "Desks",
    "Dialogue",
    "Housekeeping",
    "Messages",
    "Openings",
    "Owners",
    "TurnEndings",
    "TurnQueue",
    "Turns",
]
