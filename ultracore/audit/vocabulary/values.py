"""The parts that every event is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ultracore.audit.events import AuditEventType, AuditSeverity

Arguments = Mapping[str, Any] | str
"""The arguments of a tool's call: by name, or the text that could not be read as JSON."""


@dataclass(frozen=True, slots=True)
class Details:
    """An event's own part; the record that writes it adds who acted, when and in which stream.

    `arguments` are those of a tool, which go into the metadata with their keyed digest. `sealing/clear.py` decides
    which of the metadata stays clear and which is sealed.
    """

    description: str
    metadata: Mapping[str, Any] | None = None
    action: str | None = None
    result: str | None = None
    severity: AuditSeverity = AuditSeverity.INFO
    resource_type: str | None = None
    resource_id: str | None = None
    compliance_tags: Sequence[str] | None = None
    old_value: Mapping[str, Any] | None = None
    new_value: Mapping[str, Any] | None = None
    arguments: Arguments | None = None


class Event(ABC):
    """One thing that happened. `type` is its name on the record; two classes never share one in one stream."""

    __slots__ = ()

    type: ClassVar[AuditEventType]

    @abstractmethod
    def details(self) -> Details:
        """The part of it that goes on the record."""
