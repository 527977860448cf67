"""Events beside the conversations: sign-ins, and looks at the record. They go to a system stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True)
class UnknownSignInFailed(Event):
    """A sign-in under a name that is no user's. The name is left out: people type passwords into that field."""

    type = AuditEventType.LOGIN_FAILED

    def details(self) -> Details:
        return Details(
            "Sign-in of an unknown user failed",
            action="login",
            result="failure",
            severity=AuditSeverity.WARNING,
            compliance_tags=("authentication",),
        )


@dataclass(frozen=True, slots=True)
class SignInThrottled(Event):
    """A sign-in was refused for the number of failures before it, and nothing was checked."""

    type = AuditEventType.ACCESS_BLOCKED

    def details(self) -> Details:
        return Details(
            "Sign-in refused: too many failures before it",
            action="login",
            result="denied",
            severity=AuditSeverity.WARNING,
            compliance_tags=("authentication",),
        )


@dataclass(frozen=True, slots=True)
class ProviderSignedIn(Event):
    """A person signed in at a provider of the bank, and the account there is connected to their login."""

    type = AuditEventType.LOGIN
    user_id: str
    provider: str

    def details(self) -> Details:
        return Details(
            f"User {self.user_id} signed in at {self.provider}",
            {"source": self.provider},
            action="login",
            result="success",
            compliance_tags=("authentication",),
        )


@dataclass(frozen=True, slots=True)
class ProviderSignInFailed(Event):
    """A sign-in at a provider, or a notice of sign-out that is said to be its own, was refused."""

    type = AuditEventType.LOGIN_FAILED
    provider: str
    reason: str

    def details(self) -> Details:
        return Details(
            f"A sign-in at {self.provider} was refused: {self.reason}",
            {"source": self.provider, "reason": self.reason},
            action="login",
            result="failure",
            severity=AuditSeverity.WARNING,
            compliance_tags=("authentication",),
        )


@dataclass(frozen=True, slots=True)
class SignedOut(Event):
    """The person ended the login session."""

    type = AuditEventType.LOGOUT
    user_id: str

    def details(self) -> Details:
        description = f"User {self.user_id} signed out"
        return Details(description, action="logout", result="success", compliance_tags=("authentication",))


@dataclass(frozen=True, slots=True)
class ConversationRefused(Event):
    """A conversation was asked for that is not this person's, or that does not exist."""

    type = AuditEventType.PERMISSION_DENIED

    def details(self) -> Details:
        return Details(
            "A conversation was asked for that is not this user's",
            action="conversation.open",
            result="denied",
            severity=AuditSeverity.WARNING,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True)
class PageDenied(Event):
    """A person who is signed in asked for a page that is not for their role."""

    type = AuditEventType.PERMISSION_DENIED
    path: str

    def details(self) -> Details:
        return Details(
            "A page was asked for that is not for this user's role",
            {"path": self.path},
            action="page.open",
            result="denied",
            severity=AuditSeverity.WARNING,
            compliance_tags=("access_control",),
        )


@dataclass(frozen=True, slots=True)
class PressRefused(Event):
    """A button was pressed by a login that has ended, on a page or in a conversation that is not this person's, or
    what was sent is no press of any button.
    """

    type = AuditEventType.PERMISSION_DENIED
    reason: str

    def details(self) -> Details:
        return Details(
            "A press that belongs to no conversation of this user was refused",
            {"reason": self.reason},
            action="approval.press",
            result="denied",
            severity=AuditSeverity.WARNING,
            compliance_tags=("authentication",),
        )


@dataclass(frozen=True, slots=True)
class ConversationRemoved(Event):
    """The person took a conversation off their list."""

    type = AuditEventType.DATA_DELETED
    action = "conversation.remove"
    conversation_id: str

    def details(self) -> Details:
        return Details(
            f"Conversation {self.conversation_id} was removed from its user's list; its record stays",
            action=self.action,
            result="success",
            resource_type="conversation",
            resource_id=self.conversation_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True)
class ConversationRenamed(Event):
    """The person gave a conversation in their list a title of their own."""

    type = AuditEventType.DATA_MODIFIED
    action = "conversation.rename"
    conversation_id: str
    title: str

    def details(self) -> Details:
        return Details(
            "A conversation was renamed in its user's list",
            {"title": self.title},
            action=self.action,
            result="success",
            resource_type="conversation",
            resource_id=self.conversation_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True)
class OnCommandLine:
    """An operator on the command line, and the reason that they gave."""

    user: str
    reason: str | None

    def told(self) -> dict[str, Any]:
        """Both as metadata, which seals them."""
        return {"operating_system_user": self.user, "stated_reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSearched(Event):
    """`by` searched the record: a member of staff, by user id, or an operator."""

    type = AuditEventType.DATA_ACCESSED
    by: str | OnCommandLine
    customer_id: str | None
    search: Any
    found: int

    def details(self) -> Details:
        told = self.by.told() if isinstance(self.by, OnCommandLine) else {}
        return Details(
            "The record was searched on the command line" if told else f"{self.by} searched the record",
            {**told, "search": self.search, "found": self.found},
            action="search",
            result="success",
            severity=AuditSeverity.WARNING,
            resource_type="customer" if self.customer_id else "conversation_index",
            # Under the customer's id, so that a search about them is told to a customer who asks who looked.
            resource_id=self.customer_id or "search",
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationViewed(Event):
    """A member of staff, by user id, opens a recorded conversation of that many events."""

    type = AuditEventType.CONVERSATION_VIEWED
    by: str
    conversation_id: str
    reason: str
    projection: str
    events: int
    case: str | None = None
    confidential: bool = False
    """The customer whom it is about is not told the reason."""

    def details(self) -> Details:
        more = {} if self.case is None else {"case": self.case}
        stated = "confidential_reason" if self.confidential else "stated_reason"
        return Details(
            f"{self.by} opened a conversation",
            {stated: self.reason, "projection": self.projection, "events": self.events, **more},
            action="replay",
            result="success",
            resource_type="conversation",
            resource_id=self.conversation_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationsRead(Event):
    """An operator reads conversations of one tenant; `conversation_id` is None if there are several."""

    type = AuditEventType.CONVERSATION_VIEWED
    by: OnCommandLine
    conversation_id: str | None
    projection: str
    events: int

    def details(self) -> Details:
        return self.as_action("replay")

    def as_action(self, action: Literal["replay", "export", "whatif"], **more: str) -> Details:
        """Reading, exporting and playing again leave the same but for their names, and `more`."""
        return Details(
            "The record was read on the command line",
            {**self.by.told(), "projection": self.projection, "events": self.events, **more},
            action=action,
            result="success",
            resource_type="conversation",
            resource_id=self.conversation_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationsExported(ConversationsRead):
    """An operator exports conversations of one tenant."""

    type = AuditEventType.DATA_EXPORTED

    def details(self) -> Details:
        return self.as_action("export")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPlayedAgain(ConversationsRead):
    """An operator has what was said answered by a model anew; `endpoint` is that model's address."""

    type = AuditEventType.CONVERSATION_VIEWED
    model: str
    endpoint: str

    def details(self) -> Details:
        # Who else has read the conversation: the model's host gets its words.
        return self.as_action("whatif", model=self.model, endpoint=self.endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMade(Event):
    """An operator made a report; `period` is its beginning and end."""

    type = AuditEventType.DATA_EXPORTED
    by: OnCommandLine
    kind: str
    period: Mapping[str, str]

    def details(self) -> Details:
        return Details(
            f"The {self.kind} report was made on the command line",
            {**self.by.told(), "period": self.period},
            action="report",
            result="success",
            resource_type="report",
            resource_id=self.kind,
            compliance_tags=("compliance",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDataDownloaded(Event):
    """A customer downloads what is held about them; `action` is the one by which reports of looks know it."""

    type = AuditEventType.DATA_EXPORTED
    customer_id: str
    form: str
    action: str

    def details(self) -> Details:
        return Details(
            "A customer downloaded what is held about them",
            {"kind": self.form},
            action=self.action,
            result="success",
            resource_type="customer",
            resource_id=self.customer_id,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEventRefused(Event):
    """An event reached the audit index that the record cannot hold."""

    type = AuditEventType.SECURITY_INCIDENT
    kind: str
    event_id: str
    stream_id: str
    sequence: int
    arrived_hash: str
    known_hash: str

    def details(self) -> Details:
        # The hash is named `digest`, which is in clear: it must be found without a key.
        told = {"kind": self.kind, "digest": self.arrived_hash, "stream": self.stream_id}
        return Details(
            "Something reached the audit index that the record cannot hold",
            {**told, "sequence": self.sequence, "known_hash": self.known_hash},
            action="index",
            result="refused",
            severity=AuditSeverity.CRITICAL,
            resource_type="audit_event",
            resource_id=self.event_id or None,
            compliance_tags=("integrity",),
        )
