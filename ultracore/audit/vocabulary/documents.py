"""Events of documents: what a customer takes away as a file, and what is refused to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDownloaded(Event):
    """A customer took a document about themselves away.

    `document` is `statement`, `receipt` or `conversation`, `of` the id of what it is about, `form` the kind of
    file. `action` is the one by which reports of looks know a person's own downloads.
    """

    type = AuditEventType.DATA_EXPORTED
    document: str
    of: str
    form: str
    action: str
    period: Mapping[str, str] | None = None

    def details(self) -> Details:
        return Details(
            f"A customer downloaded a {self.document}",
            {"kind": self.form} | ({"period": dict(self.period)} if self.period else {}),
            action=self.action,
            result="success",
            resource_type=self.document,
            resource_id=self.of,
            compliance_tags=("privacy",),
        )


@dataclass(frozen=True, slots=True)
class DocumentRefused(Event):
    """A customer asked for a document of something that is not theirs, or that does not exist."""

    type = AuditEventType.PERMISSION_DENIED
    document: str

    def details(self) -> Details:
        return Details(
            "A document was asked for that is not this user's",
            {"kind": self.document},
            action="document.open",
            result="denied",
            severity=AuditSeverity.WARNING,
            compliance_tags=("privacy",),
        )
