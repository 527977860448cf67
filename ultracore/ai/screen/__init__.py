"""What crosses the border to the screen: steps, cards, choices, and the desk that the chat calls."""

from ultracore.ai.screen.desk import (
    AnswerFeedback,
    CardShown,
    ConversationDesk,
    Greeting,
    Inbound,
    Press,
    Screens,
    TalkBoard,
)
from ultracore.ai.screen.silent import SilentView
from ultracore.ai.screen.values import (
    ApprovalCard,
    CardState,
    Chart,
    Choice,
    NoticeKind,
    ToolStep,
    TurnView,
    WaitingRequest,
)

__all__ = [
    "AnswerFeedback",
    "ApprovalCard",
    "CardShown",
    "CardState",
    "Chart",
    "Choice",
    "ConversationDesk",
    "Greeting",
    "Inbound",
    "NoticeKind",
    "Press",
    "Screens",
    "SilentView",
    "TalkBoard",
    "ToolStep",
    "TurnView",
    "WaitingRequest",
]
