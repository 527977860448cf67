"""All events that the program writes, as unions, and the types by which a reader finds a conversation's again."""

from __future__ import annotations

from typing import Final, Literal, TypeGuard, get_args

from ultracore.audit.events import AuditEventType
from ultracore.audit.vocabulary.bank import BankEvent
from ultracore.audit.vocabulary.conversation import (
    AssistantMessage,
    ConversationEnded,
    ConversationRouted,
    ConversationStarted,
    DataAccessed,
    FeedbackGiven,
    GuardrailTriggered,
    HandoffRequested,
    RateLimitExceeded,
    TurnFailed,
    TurnStopped,
    UserMessage,
)
from ultracore.audit.vocabulary.desk import (
    ConversationJudged,
    ConversationListExported,
    PersonJoined,
    PersonLeft,
    PersonMessage,
    QueueChanged,
    ReportShown,
    ReportTaken,
    SavedSearchChanged,
)
from ultracore.audit.vocabulary.documents import DocumentDownloaded, DocumentRefused
from ultracore.audit.vocabulary.erasures import ErasureAdvanced, ErasureRefused, LegalHoldChanged
from ultracore.audit.vocabulary.identity import IdentityEvent
from ultracore.audit.vocabulary.operation import (
    AlertRaised,
    ComplianceChecked,
    ComplianceViolated,
    PolicyChanged,
    RegulatoryReport,
)
from ultracore.audit.vocabulary.system import (
    ConversationPlayedAgain,
    ConversationRefused,
    ConversationRemoved,
    ConversationRenamed,
    ConversationsExported,
    ConversationsRead,
    ConversationViewed,
    ForeignEventRefused,
    OwnDataDownloaded,
    PageDenied,
    PressRefused,
    ProviderSignedIn,
    ProviderSignInFailed,
    RecordSearched,
    ReportMade,
    SignedOut,
    SignInThrottled,
    UnknownSignInFailed,
)
from ultracore.audit.vocabulary.tools import (
    ApprovalDeclined,
    ApprovalExpired,
    ApprovalGiven,
    ApprovalRequested,
    OutcomeResolved,
    ToolDecided,
    ToolExecuted,
    ToolRequested,
)
from ultracore.audit.vocabulary.workbench import (
    CustomerFileOpened,
    CustomerFileRefused,
    IncidentWorked,
    LoanDecided,
    TieDeclared,
)

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
    | FeedbackGiven
    | HandoffRequested
    | GuardrailTriggered
    | RateLimitExceeded
    | TurnFailed
    | TurnStopped
    | DataAccessed
    | ConversationEnded
    | PersonJoined
    | PersonMessage
    | PersonLeft
)
"""The closed vocabulary of a conversation."""

SystemEvent = (
    UnknownSignInFailed
    | SignInThrottled
    | ProviderSignedIn
    | ProviderSignInFailed
    | SignedOut
    | ConversationRefused
    | PageDenied
    | PressRefused
    | ConversationRemoved
    | ConversationRenamed
    | RecordSearched
    | ConversationViewed
    | ConversationsRead
    | ConversationPlayedAgain
    | ConversationsExported
    | ReportMade
    | OwnDataDownloaded
    | ForeignEventRefused
    | ErasureAdvanced
    | ErasureRefused
    | LegalHoldChanged
    | QueueChanged
    | ConversationListExported
    | ConversationJudged
    | ReportShown
    | ReportTaken
    | SavedSearchChanged
    | CustomerFileOpened
    | CustomerFileRefused
    | LoanDecided
    | IncidentWorked
    | TieDeclared
    | DocumentDownloaded
    | DocumentRefused
    | IdentityEvent
    | BankEvent
    | PolicyChanged
    | RegulatoryReport
    | ComplianceChecked
    | ComplianceViolated
    | AlertRaised
)
"""The closed vocabulary of the system streams, beside what other programs log by `AuditTrail.log_event`."""

ConversationEventType = Literal[
    AuditEventType.SESSION_STARTED,
    AuditEventType.SESSION_ROUTED,
    AuditEventType.USER_MESSAGE,
    AuditEventType.ASSISTANT_MESSAGE,
    AuditEventType.TOOL_REQUESTED,
    AuditEventType.TOOL_DECIDED,
    AuditEventType.TOOL_EXECUTED,
    AuditEventType.OUTCOME_RESOLVED,
    AuditEventType.APPROVAL_REQUESTED,
    AuditEventType.APPROVAL_GIVEN,
    AuditEventType.APPROVAL_DECLINED,
    AuditEventType.APPROVAL_EXPIRED,
    AuditEventType.FEEDBACK_GIVEN,
    AuditEventType.HANDOFF_REQUESTED,
    AuditEventType.GUARDRAIL_TRIGGERED,
    AuditEventType.RATE_LIMIT_EXCEEDED,
    AuditEventType.TURN_FAILED,
    AuditEventType.TURN_STOPPED,
    AuditEventType.DATA_ACCESSED,
    AuditEventType.SESSION_ENDED,
    AuditEventType.PERSON_JOINED,
    AuditEventType.PERSON_MESSAGE,
    AuditEventType.PERSON_LEFT,
]
"""Their types. A reader that matches on them ends with `assert_never`, so that it forgets no new event."""

_TYPES: Final = frozenset(kind.type for kind in get_args(ConversationEvent))


def is_of_conversation(event_type: AuditEventType) -> TypeGuard[ConversationEventType]:
    """False for what another program has logged into the conversation's stream."""
    return event_type in _TYPES
