"""Events of the desk: a person who talks in a conversation in Anya's place, and work on the queue of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonJoined(Event):
    """A member of staff talks in the conversation from here on; `claim` is the number of their claim."""

    type = AuditEventType.PERSON_JOINED
    name: str
    claim: int

    def details(self) -> Details:
        told = {"name": self.name, "claim": self.claim}
        return Details("A person joined the conversation", told, action="join", compliance_tags=("privacy",))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMessage(Event):
    """What that person wrote, as it was shown under `name`."""

    type = AuditEventType.PERSON_MESSAGE
    name: str
    claim: int
    text: str

    def details(self) -> Details:
        return Details("A person wrote", {"name": self.name, "claim": self.claim, "text": self.text})


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLeft(Event):
    """That person gave the conversation back to Anya; `reason` is a stable code."""

    type = AuditEventType.PERSON_LEFT
    name: str
    claim: int
    reason: str

    def details(self) -> Details:
        told = {"name": self.name, "claim": self.claim, "reason": self.reason}
        return Details("A person left the conversation", told, action="leave")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged(Event):
    """A member of staff, by user id, changed a case of the queue; `change` and `reason` are stable codes.

    `target` is whom the case was given to.
    """

    type = AuditEventType.QUEUE_CHANGED
    by: str
    case_id: str
    conversation_id: str
    change: str
    reason: str
    target: str | None = None

    def details(self) -> Details:
        told = {"kind": self.change, "reason": self.reason, "case": self.case_id}
        if self.target is not None:
            told["target"] = self.target
        return Details(
            f"{self.by} changed a case",
            told,
            action="queue",
            result="success",
            resource_type="conversation",
            resource_id=self.conversation_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationListExported(Event):
    """A member of staff, by user id, took a list of conversations away as a file."""

    type = AuditEventType.DATA_EXPORTED
    by: str
    search: Mapping[str, str]
    found: int

    def details(self) -> Details:
        return Details(
            f"{self.by} exported a list of conversations",
            {"search": dict(self.search), "found": self.found},
            action="export",
            result="success",
            severity=AuditSeverity.WARNING,
            resource_type="conversation_index",
            resource_id="search",
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearchChanged(Event):
    """A member of staff, by user id, keeps a search under a name, or no longer; `change` is a stable code."""

    type = AuditEventType.DATA_MODIFIED
    by: str
    search_id: str
    change: str
    name: str

    def details(self) -> Details:
        return Details(
            f"{self.by} changed a saved search",
            {"kind": self.change, "name": self.name},
            action="search.keep",
            result="success",
            resource_type="saved_search",
            resource_id=self.search_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportShown(Event):
    """A member of staff, by user id, looked at a report; `period` is its first and last day."""

    type = AuditEventType.DATA_ACCESSED
    by: str
    kind: str
    period: Mapping[str, str]

    def details(self) -> Details:
        return self.as_action("shown", "read_report", AuditSeverity.INFO)

    def as_action(self, done: str, action: str, severity: AuditSeverity) -> Details:
        """Looking and taking away leave the same but for their names."""
        return Details(
            f"The {self.kind} report was {done} to {self.by}",
            {"kind": self.kind, "period": dict(self.period)},
            action=action,
            result="success",
            severity=severity,
            resource_type="report",
            resource_id=self.kind,
            compliance_tags=("compliance",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTaken(ReportShown):
    """A member of staff, by user id, took a report away as a file."""

    type = AuditEventType.DATA_EXPORTED

    def details(self) -> Details:
        return self.as_action("given", "export", AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationJudged(Event):
    """A member of staff, by user id, judged a conversation, or the answer that is its event number `sequence`.

    `marks` has a mark for each criterion of the scorecard that was judged: `good` or `bad`.
    """

    type = AuditEventType.CONVERSATION_JUDGED
    by: str
    conversation_id: str
    sequence: int | None
    marks: Mapping[str, str]
    comment: str

    def details(self) -> Details:
        told = {"sequence": self.sequence, "marks": dict(self.marks), "comment": self.comment}
        return Details(
            f"{self.by} judged a conversation",
            {name: value for name, value in told.items() if value},
            action="judge",
            result="success",
            resource_type="conversation",
            resource_id=self.conversation_id,
        )
