"""The accesses of a record: who reached for what, and whether they were let.

One read by staff leaves several events: the naming of the customer, the access and the decision about the tool. It
is one access here, of the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ultracore.audit.events import AuditEventType
from ultracore.audit.reports.facts import RecordedFact

ACCESSES: Final = frozenset(
    {
        AuditEventType.PERMISSION_GRANTED,
        AuditEventType.PERMISSION_DENIED,
        AuditEventType.ACCESS_BLOCKED,
        AuditEventType.DATA_ACCESSED,
        AuditEventType.DATA_EXPORTED,
        AuditEventType.CONVERSATION_VIEWED,
        AuditEventType.GUARDRAIL_TRIGGERED,
        AuditEventType.TOOL_DECIDED,
    }
)
"""The types of event that may be accesses."""

_DENIED: Final = frozenset({AuditEventType.PERMISSION_DENIED, AuditEventType.ACCESS_BLOCKED})
_NAMING: Final = "name_customer"
_OUT_OF_REACH: Final = frozenset({"customer.not_found", "replay.not_found", "request.not_found"})
"""Refusals of desks for something that is not there, or not theirs: they are not told which."""

_Turn = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Access:
    """One attempt; `time` is as on the wire.

    `resource` is `type:id`, of a tool `tool:name`, of a rule of a desk `rule:code`.
    """

    user_id: str | None
    resource: str | None
    denied: bool
    time: str


def hides_resource(fact: RecordedFact) -> bool:
    """True if the resource's type may be sealed; the names of tools and rules never are."""
    named = (AuditEventType.TOOL_DECIDED, AuditEventType.GUARDRAIL_TRIGGERED)
    return fact.resource_type is None and fact.event_type not in named


def accesses(found: Iterable[RecordedFact]) -> Iterator[Access]:
    """Each access once, as its decision stands. What waits for an approval counts when the button is pressed."""
    open_reads = _OpenReads()
    for fact in found:
        if not _is_access(fact):
            continue
        if fact.event_type == AuditEventType.DATA_ACCESSED and fact.turn_id is not None:
            yield from open_reads.accessed(fact)
        elif fact.event_type == AuditEventType.TOOL_DECIDED:
            read = open_reads.decided(fact)
            if read is not None:
                yield Access(read.user_id, _resource(read), fact.result == "denied", read.timestamp)
            elif fact.result != "needs_approval":
                yield _access(fact)
        else:
            yield _access(fact)
    yield from map(_access, open_reads.left())


@dataclass(slots=True)
class _OpenReads:
    """What staff are about to read, by turn, until the decision about the tool is met."""

    _named: dict[_Turn, RecordedFact] = field(default_factory=dict)
    _reads: dict[tuple[_Turn, str | None], RecordedFact] = field(default_factory=dict)

    def accessed(self, fact: RecordedFact) -> Iterator[Access]:
        turn = (fact.stream_id, fact.turn_id)
        if fact.action == _NAMING:
            self._named[turn] = fact
            return
        named = self._named.pop(turn, None)
        if named is not None and named.resource_id != fact.resource_id:
            yield _access(named)
        before = self._reads.get((turn, fact.action))
        if before is not None:
            yield _access(before)
        self._reads[turn, fact.action] = fact

    def decided(self, fact: RecordedFact) -> RecordedFact | None:
        return self._reads.pop(((fact.stream_id, fact.turn_id), fact.action), None)

    def left(self) -> list[RecordedFact]:
        """What no decision followed: the naming of a customer alone, and what another than a tool showed."""
        return [*self._named.values(), *self._reads.values()]


def _is_access(fact: RecordedFact) -> bool:
    if fact.beside is not None:
        # Its tool's decision is the access.
        return False
    if fact.event_type == AuditEventType.GUARDRAIL_TRIGGERED:
        reason = str(fact.told("reason"))
        return reason.startswith("access.") or reason in _OUT_OF_REACH
    if fact.event_type == AuditEventType.DATA_EXPORTED:
        return fact.resource_type == "conversation"
    return True


def _access(fact: RecordedFact) -> Access:
    denied = fact.event_type in _DENIED or fact.result == "denied"
    return Access(fact.user_id, _resource(fact), denied, fact.timestamp)


def _resource(fact: RecordedFact) -> str | None:
    if fact.event_type == AuditEventType.TOOL_DECIDED:
        return f"tool:{fact.action}"
    if fact.event_type == AuditEventType.GUARDRAIL_TRIGGERED:
        return f"rule:{fact.told('reason')}"
    if fact.resource_type is None or fact.resource_id is None:
        return fact.resource_id or fact.resource_type
    return f"{fact.resource_type}:{fact.resource_id}"
