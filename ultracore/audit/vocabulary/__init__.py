"""The closed vocabulary of the record: every event that the program writes is one of these values."""

from ultracore.audit.vocabulary.conversation import (
    AssistantMessage,
    ConversationEnded,
    ConversationRouted,
    ConversationStarted,
    DataAccessed,
    GuardrailTriggered,
    HandoffRequested,
    RateLimitExceeded,
    TurnFailed,
    TurnStopped,
    UserMessage,
    Written,
)
from ultracore.audit.vocabulary.tools import (
    ApprovalDeclined,
    ApprovalExpired,
    ApprovalGiven,
    ApprovalRequested,
    Decision,
    Outcome,
    OutcomeResolved,
    ToolDecided,
    ToolExecuted,
    ToolRequested,
)
from ultracore.audit.vocabulary.values import Arguments, Details, Event

ConversationEvent = (
    ConversationStarted
    | ConversationRouted
    | UserMessage
    | AssistantMessage
    | ToolRequested
    | ToolDecided
    | ToolExecuted
    | OutcomeResolved
    | ApprovalRequested
    | ApprovalGiven
    | ApprovalDeclined
    | ApprovalExpired
    | HandoffRequested
    | GuardrailTriggered
    | RateLimitExceeded
    | TurnFailed
    | TurnStopped
    | DataAccessed
    | ConversationEnded
)
"""The closed vocabulary of a conversation."""

__all__ = [
    "ApprovalDeclined",
    "ApprovalExpired",
    "ApprovalGiven",
    "ApprovalRequested",
    "Arguments",
    "AssistantMessage",
    "ConversationEnded",
    "ConversationEvent",
    "ConversationRouted",
    "ConversationStarted",
    "DataAccessed",
    "Decision",
    "Details",
    "Event",
    "GuardrailTriggered",
    "HandoffRequested",
    "Outcome",
    "OutcomeResolved",
    "RateLimitExceeded",
    "ToolDecided",
    "ToolExecuted",
    "ToolRequested",
    "TurnFailed",
    "TurnStopped",
    "UserMessage",
    "Written",
]
