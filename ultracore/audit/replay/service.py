"""One conversation as data: what was shown, when, and beside it what was decided (`docs/replay.md`).

`ConversationReplay.of` takes a conversation's events in any order, with duplicates; viewings of it, which lie in
system streams, may be among them. Three projections: the `customer` gets what was on the screen, `staff` also the
decisions, an `auditor` also the detail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from ultracore.audit.events import AuditEvent, AuditEventType, wire_time
from ultracore.audit.replay.items import ReplayItem, items_of
from ultracore.errors import AuditUnavailable

Projection = Literal["customer", "staff", "auditor"]
Ending = Literal["given", "declined", "expired", "open"]

_ENDINGS: Mapping[AuditEventType, Ending] = {
    AuditEventType.APPROVAL_DECLINED: "declined",
    AuditEventType.APPROVAL_EXPIRED: "expired",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTurn:
    """One turn. Times in seconds; `first_piece` from the message to the first piece of an answer, if one came.

    `pause` is the time since the turn before ended. `ending` is `answered`, `waiting` (for an approval),
    `stopped`, `failed`, or `open` if the record has no end of it.
    """

    turn_id: str
    reference: str | None
    began_at: datetime
    offset: float
    seconds: float
    first_piece: float | None
    pause: float
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDecision:
    """A decision about a tool call: `result` is `allowed`, `denied` or `needs_approval`."""

    time: datetime
    offset: float
    turn_id: str | None
    tool: str
    result: str
    reason: str | None
    proposal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayApproval:
    """A card, from its request to its end. `by` are those who decided, in order; two if two persons had to.

    `seconds_open` ends with the last decision; None while it is open.
    """

    proposal: str
    tool: str
    requested_at: datetime
    expires_at: str | None
    ending: Ending
    by: tuple[str, ...]
    reason: str | None
    ended_at: datetime | None
    seconds_open: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayNote:
    """An event beside the words: `what` is its type, `reason` a stable code."""

    time: datetime
    offset: float
    turn_id: str | None
    what: str
    by: str | None
    reason: str | None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReplay:
    """One conversation in one projection. The customer's has `items` and `turns` only."""

    conversation_id: str
    tenant_id: str
    user_id: str | None
    projection: Projection
    began_at: datetime
    ended_at: datetime
    events: int
    missing: tuple[int, ...]
    items: tuple[ReplayItem, ...]
    turns: tuple[ReplayTurn, ...]
    decisions: tuple[ReplayDecision, ...] = ()
    approvals: tuple[ReplayApproval, ...] = ()
    denials: tuple[ReplayDecision, ...] = ()
    guardrails: tuple[ReplayNote, ...] = ()
    handoffs: tuple[ReplayNote, ...] = ()
    stops: tuple[ReplayNote, ...] = ()
    failures: tuple[ReplayNote, ...] = ()
    feedback: tuple[ReplayNote, ...] = ()
    viewings: tuple[ReplayNote, ...] = ()

    @classmethod
    def of(cls, events: Iterable[AuditEvent], projection: Projection = "customer") -> ConversationReplay:
        """The replay of one conversation.

        Raises `ValueError` if there is no event of a conversation or there are two conversations, and
        `AuditUnavailable` (`audit.altered`) if one event comes with two hashes.
        """
        told, viewings = _divided(events)
        inner = _ReplayReader(told)
        shown = {} if projection == "customer" else inner.beside(viewings)
        first = told[0]
        return cls(
            conversation_id=first.stream_id or "",
            tenant_id=first.tenant_id,
            user_id=first.user_id,
            projection=projection,
            began_at=inner.began_at,
            # The latest time and not that of the last event, because the clocks of two machines may disagree.
            ended_at=max(event.timestamp for event in told),
            events=len(told),
            missing=_missing(told),
            items=tuple(items_of(told, projection, inner.began_at)),
            turns=inner.turns(),
            **shown,
        )

    def to_dict(self) -> dict[str, Any]:
        """The replay as JSON-able values, every field present; the shape is in `docs/replay.md`."""
        found: dict[str, Any] = _plain(asdict(self))
        return {**found, "summary": self.summary()}

    def summary(self) -> dict[str, Any]:
        """Figures: counts, and times in seconds (`None` if nothing was answered)."""
        waits = sorted(turn.first_piece for turn in self.turns if turn.first_piece is not None)
        return {
            "seconds": _seconds(self.began_at, self.ended_at),
            "turns": len(self.turns),
            "items": len(self.items),
            "interrupted": sum(item.interrupted for item in self.items),
            "median_first_piece": waits[len(waits) // 2] if waits else None,
            "longest_first_piece": waits[-1] if waits else None,
            "longest_pause": max((turn.pause for turn in self.turns), default=0.0),
            **{name: len(getattr(self, name)) for name in _COUNTED},
            "approvals_given": sum(one.ending == "given" for one in self.approvals),
        }


_COUNTED = (
    "decisions",
    "denials",
    "approvals",
    "guardrails",
    "handoffs",
    "stops",
    "failures",
    "feedback",
    "viewings",
)


def in_order(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Each event once, by its place. Raises `AuditUnavailable` if one id comes with two hashes."""
    found: dict[str, AuditEvent] = {}
    for event in events:
        known = found.setdefault(event.event_id, event)
        if known.hash != event.hash:
            raise AuditUnavailable(
                f"Event {event.event_id} comes with two hashes: verify the record.", code="audit.altered"
            )
    # By sequence first, because the clock of a machine may have been set back in between.
    return sorted(found.values(), key=lambda event: (event.sequence, event.timestamp))


def _divided(events: Iterable[AuditEvent]) -> tuple[list[AuditEvent], list[AuditEvent]]:
    """The conversation's own events, and the viewings of it."""
    known = in_order(events)
    viewings = [one for one in known if one.event_type is AuditEventType.CONVERSATION_VIEWED]
    told = [one for one in known if one.event_type is not AuditEventType.CONVERSATION_VIEWED]
    streams = {event.stream_id for event in told}
    if len(streams) != 1:
        raise ValueError(f"a replay needs the events of one conversation, not of {len(streams)}")
    ours = [one for one in viewings if one.resource_id in streams]
    # By time, because viewings lie in the system streams of several days, whose sequences are unrelated.
    return told, sorted(ours, key=lambda event: event.timestamp)


def _missing(told: list[AuditEvent]) -> tuple[int, ...]:
    """The places between the first and the last event that no event has."""
    there = {event.sequence for event in told}
    # What lies before the first or behind the last event cannot be missed from the events alone.
    return tuple(place for place in range(min(there), max(there)) if place not in there)


@dataclass(slots=True)
class _ReplayReader:
    """Reads what stands beside the words."""

    told: list[AuditEvent]
    began_at: datetime = field(init=False)
    by_turn: dict[str | None, list[AuditEvent]] = field(init=False, default_factory=dict)
    by_proposal: dict[str | None, list[AuditEvent]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.began_at = min(event.timestamp for event in self.told)
        for event in self.told:
            self.by_turn.setdefault(event.turn_id, []).append(event)
            if event.event_type in _PRESSED:
                self.by_proposal.setdefault((event.metadata or {}).get("proposal"), []).append(event)

    def beside(self, viewings: list[AuditEvent]) -> dict[str, Any]:
        """Every list of the replay that a customer does not get."""
        decisions = tuple(map(self._decision, self._of(AuditEventType.TOOL_DECIDED)))
        return {
            "decisions": decisions,
            "denials": tuple(one for one in decisions if one.result == "denied"),
            "approvals": tuple(self._approvals()),
            "guardrails": self._notes(AuditEventType.GUARDRAIL_TRIGGERED, AuditEventType.RATE_LIMIT_EXCEEDED),
            "handoffs": self._notes(AuditEventType.SESSION_ROUTED, AuditEventType.HANDOFF_REQUESTED),
            "stops": self._notes(AuditEventType.TURN_STOPPED),
            "failures": self._notes(AuditEventType.TURN_FAILED),
            "feedback": self._notes(AuditEventType.FEEDBACK_GIVEN),
            "viewings": tuple(map(self._note, viewings)),
        }

    def turns(self) -> tuple[ReplayTurn, ...]:
        """The turns that a message of the person began, in order."""
        found: list[ReplayTurn] = []
        ended: datetime | None = None
        for message in self._of(AuditEventType.USER_MESSAGE):
            turn = self._turn(message, ended)
            found.append(turn)
            ended = max(event.timestamp for event in self._talk(message))
        return tuple(found)

    def _of(self, *types: AuditEventType) -> list[AuditEvent]:
        return [event for event in self.told if event.event_type in types]

    def _talk(self, message: AuditEvent) -> list[AuditEvent]:
        """The turn without what came of its card later: a press is another time."""
        own = self.by_turn[message.turn_id]
        pressed = [event.sequence for event in own if event.event_type in _PRESSED]
        return [event for event in own if not pressed or event.sequence < pressed[0]]

    def _turn(self, message: AuditEvent, before: datetime | None) -> ReplayTurn:
        talk = self._talk(message)
        pieces = [_began(event) for event in talk if _is_answer(event)]
        return ReplayTurn(
            turn_id=message.turn_id or "",
            reference=message.request_id,
            began_at=message.timestamp,
            offset=_seconds(self.began_at, message.timestamp),
            seconds=_seconds(message.timestamp, max(event.timestamp for event in talk)),
            first_piece=max(0.0, _seconds(message.timestamp, min(pieces))) if pieces else None,
            # Two turns may have run on two machines whose clocks differ: a pause is never negative.
            pause=0.0 if before is None else max(0.0, _seconds(before, message.timestamp)),
            ending=_ending(talk),
        )

    def _decision(self, event: AuditEvent) -> ReplayDecision:
        metadata = event.metadata or {}
        return ReplayDecision(
            time=event.timestamp,
            offset=_seconds(self.began_at, event.timestamp),
            turn_id=event.turn_id,
            tool=str(metadata.get("tool", event.action)),
            result=event.result or "",
            reason=metadata.get("reason"),
            proposal=metadata.get("proposal"),
        )

    def _approvals(self) -> Iterable[ReplayApproval]:
        for request in self._of(AuditEventType.APPROVAL_REQUESTED):
            yield self._approval(request, (request.metadata or {}).get("proposal"))

    def _approval(self, request: AuditEvent, proposal: str | None) -> ReplayApproval:
        metadata = request.metadata or {}
        answers = self.by_proposal.get(proposal, [])
        last = answers[-1] if answers else None
        return ReplayApproval(
            proposal=proposal or "",
            tool=str(metadata.get("tool", request.action)),
            requested_at=request.timestamp,
            expires_at=metadata.get("expires_at"),
            ending="open" if last is None else _ENDINGS.get(last.event_type, "given"),
            by=tuple(
                one.user_id or "" for one in answers if one.event_type is not AuditEventType.APPROVAL_EXPIRED
            ),
            reason=None if last is None else (last.metadata or {}).get("reason"),
            ended_at=None if last is None else last.timestamp,
            seconds_open=None if last is None else _seconds(request.timestamp, last.timestamp),
        )

    def _notes(self, *types: AuditEventType) -> tuple[ReplayNote, ...]:
        return tuple(map(self._note, self._of(*types)))

    def _note(self, event: AuditEvent) -> ReplayNote:
        metadata = event.metadata or {}
        detail = " ".join(f"{name}={metadata[name]}" for name in _NOTED if name in metadata)
        return ReplayNote(
            time=event.timestamp,
            offset=_seconds(self.began_at, event.timestamp),
            turn_id=event.turn_id,
            what=str(event.event_type),
            by=event.user_id,
            reason=metadata.get("reason", metadata.get("stated_reason")),
            detail=detail or None,
        )


_PRESSED = (AuditEventType.APPROVAL_GIVEN, AuditEventType.APPROVAL_DECLINED, AuditEventType.APPROVAL_EXPIRED)
_NOTED = ("source", "target", "label", "agent", "score", "limit", "retry_after", "projection", "rating", "detail")


def _ending(talk: list[AuditEvent]) -> str:
    # The strongest word first: a turn that was stopped or failed may have shown part of an answer too.
    types = {event.event_type for event in talk}
    if AuditEventType.TURN_STOPPED in types:
        return "stopped"
    if AuditEventType.TURN_FAILED in types:
        return "failed"
    if AuditEventType.APPROVAL_REQUESTED in types:
        return "waiting"
    return "answered" if AuditEventType.ASSISTANT_MESSAGE in types else "open"


def _is_answer(event: AuditEvent) -> bool:
    kind = (event.metadata or {}).get("kind", "answer")
    return event.event_type is AuditEventType.ASSISTANT_MESSAGE and kind == "answer"


def _began(event: AuditEvent) -> datetime:
    """When the first piece of an answer was shown; of older answers only the end is known."""
    began_at = (event.metadata or {}).get("began_at")
    return event.timestamp if began_at is None else datetime.fromisoformat(began_at)


def _seconds(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 6)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
