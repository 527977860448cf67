"""A conversation's items on the screen, from its events, in each projection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from ultracore.audit.events import ERASED, AuditEvent, AuditEventType
from ultracore.audit.vocabulary import is_of_conversation

ASSISTANT: Final = "Anya"
"""The author of what no agent of a domain has said."""

RECORD: Final = "record"
"""The author of what was on no screen: decisions, and their detail."""

WORKING: Final = "Working on it."
"""The text of a tool call until it ends."""

SEALED: Final = "[sealed]"

_WORDS: Final = frozenset(
    {AuditEventType.SESSION_STARTED, AuditEventType.USER_MESSAGE, AuditEventType.ASSISTANT_MESSAGE}
)
"""Events that are only shown; every other one is a decision too."""

_DETAILS: Final = ("arguments", "result", "detail", "card")
_NAMED: Final = (
    *("tool", "label", "source", "target", "score", "reason", "rating", "proposal", "intent", "entry"),
    *("retry_after", "interrupted"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayItem:
    """One thing on the screen, or with the author `record` one decision or detail beside it.

    `kind` is `message` for the person's own words; `person` for those of a member of staff; `greeting`, `answer`,
    `notice`, `error`, `question`, `card`, `receipt`, `handoff` or `step` (a tool call as it was shown, by the
    tool's name) for what the assistant showed; the event's type for a decision; the name of the field for a
    detail. `offset` is in seconds from the
    conversation's beginning. `interrupted` if the end of an answer never came.
    """

    time: datetime
    offset: float
    sequence: int
    turn_id: str | None
    author: str
    kind: str
    text: str
    status: str | None = None
    table: tuple[tuple[str, ...], ...] = ()
    chart: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """An item that does not know yet when it was."""

    author: str
    kind: str
    text: str
    status: str | None = None
    table: tuple[tuple[str, ...], ...] = ()
    chart: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    interrupted: bool = False

    def of(self, event: AuditEvent, began_at: datetime) -> ReplayItem:
        # Microseconds, as the record keeps them: a float would show digits that no clock has measured.
        offset = round((event.timestamp - began_at).total_seconds(), 6)
        values = {name: getattr(self, name) for name in _LINE}
        place: dict[str, Any] = {"sequence": event.sequence, "turn_id": event.turn_id}
        return ReplayItem(time=event.timestamp, offset=offset, **place, **values)


_LINE: Final = _Line.__slots__


def items_of(told: list[AuditEvent], projection: str, began_at: datetime) -> Iterator[ReplayItem]:
    """The items of a projection, for events in their order. A tool call stands at its beginning, as it ended."""
    known = _Known.of(told)
    for event in told:
        for line in _shown(event, projection, known):
            yield line.of(event, began_at)


@dataclass(frozen=True, slots=True)
class _Known:
    """The neighbours of an event that decide about its item.

    `carded` are turns whose card is on the record as a message, so that their `approval_requested` is not drawn
    again; `ends` the end of each tool call by the id of its request, `ending` the ids of these ends.
    """

    carded: frozenset[str | None]
    ends: dict[str, AuditEvent]
    ending: frozenset[str]

    @classmethod
    def of(cls, told: Iterable[AuditEvent]) -> _Known:
        """The calls of a turn come one after another: an end is that of the call that was asked for last."""
        carded, running, ends = set(), dict[str | None, str](), dict[str, AuditEvent]()
        for event in told:
            if event.event_type is AuditEventType.ASSISTANT_MESSAGE:
                carded |= {event.turn_id} if (event.metadata or {}).get("kind") == "card" else set()
            elif event.event_type is AuditEventType.TOOL_REQUESTED:
                running[event.turn_id] = event.event_id
            elif _ends_a_call(event) and event.turn_id in running:
                ends[running.pop(event.turn_id)] = event
        return cls(frozenset(carded), ends, frozenset(end.event_id for end in ends.values()))


def _ends_a_call(event: AuditEvent) -> bool:
    decided = event.event_type is AuditEventType.TOOL_DECIDED and event.result != "allowed"
    return decided or event.event_type is AuditEventType.TOOL_EXECUTED


def _shown(event: AuditEvent, projection: str, known: _Known) -> Iterator[_Line]:
    yield from _on_screen(event, known)
    if projection != "customer" and event.event_type not in _WORDS:
        yield _Line(RECORD, str(event.event_type), _decision(event))
    if projection != "customer" and event.event_type is AuditEventType.FEEDBACK_GIVEN:
        yield from _comment(event)
    if projection == "auditor":
        yield from _detail(event)


def _on_screen(event: AuditEvent, known: _Known) -> Iterator[_Line]:
    kind = event.event_type
    if not is_of_conversation(kind):
        return
    match kind:
        case AuditEventType.SESSION_STARTED:
            yield from (_Line(ASSISTANT, name, _text(event, name)) for name in ("greeting", "notice"))
        case AuditEventType.USER_MESSAGE:
            yield _Line(event.user_id or "customer", "message", _text(event, "text"))
        case AuditEventType.ASSISTANT_MESSAGE:
            yield _message(event)
        case AuditEventType.TOOL_REQUESTED:
            yield from _call(event, known.ends.get(event.event_id))
        case AuditEventType.TOOL_DECIDED | AuditEventType.TOOL_EXECUTED:
            yield from () if event.event_id in known.ending else _ended(event)
        case AuditEventType.APPROVAL_REQUESTED:
            # A card with the person's own words lies on the record as a message too, and would be drawn twice.
            yield from () if event.turn_id in known.carded else [_card(event)]
        case AuditEventType.PERSON_MESSAGE:
            yield _Line(_text(event, "name"), "person", _text(event, "text"))
        case (
            AuditEventType.SESSION_ROUTED
            | AuditEventType.OUTCOME_RESOLVED
            | AuditEventType.APPROVAL_GIVEN
            | AuditEventType.APPROVAL_DECLINED
            | AuditEventType.APPROVAL_EXPIRED
            | AuditEventType.FEEDBACK_GIVEN
            | AuditEventType.HANDOFF_REQUESTED
            | AuditEventType.GUARDRAIL_TRIGGERED
            | AuditEventType.RATE_LIMIT_EXCEEDED
            | AuditEventType.TURN_FAILED
            | AuditEventType.TURN_STOPPED
            | AuditEventType.DATA_ACCESSED
            | AuditEventType.SESSION_ENDED
            | AuditEventType.PERSON_JOINED
            | AuditEventType.PERSON_LEFT
        ):
            return  # what these said to the person is an `assistant_message` of its own
        case _:
            assert_never(kind)


def _message(event: AuditEvent) -> _Line:
    metadata = event.metadata or {}
    kind, cut = str(metadata.get("kind", "answer")), bool(metadata.get("interrupted"))
    return _Line(str(metadata.get("agent", ASSISTANT)), kind, _text(event, "text"), interrupted=cut)


def _call(request: AuditEvent, end: AuditEvent | None) -> Iterator[_Line]:
    """A call whose end is not on the record stayed on the screen as it began."""
    if end is None:
        yield _Line(_tool(request), "step", WORKING, status="running")
    else:
        yield from _ended(end)


def _ended(event: AuditEvent) -> Iterator[_Line]:
    """The end of a call as it was shown; nothing if it was not, as after the button of a card."""
    metadata = event.metadata or {}
    if isinstance(metadata.get("shown"), dict):
        yield _step(metadata["shown"], _tool(event))
    # What came after a card's button was not shown as a step, so its erased end has no place on the screen either.
    elif event.erased and _ends_a_call(event) and (event.result == "needs_approval" or "proposal" not in metadata):
        yield _Line(_tool(event), "step", ERASED)


def _tool(event: AuditEvent) -> str:
    return str((event.metadata or {}).get("tool", event.action))


def _step(shown: dict[str, Any], tool: str) -> _Line:
    """The name of a tool that is none of ours was shown, and is in clear nowhere."""
    return _Line(
        str(shown.get("name", tool)),
        "step",
        str(shown.get("summary", "")),
        status=str(shown.get("status", "")) or None,
        table=tuple(tuple(str(cell) for cell in row) for row in shown.get("table", ())),
        chart=shown.get("chart"),
        links=tuple((str(label), str(path)) for label, path in shown.get("links", ())),
    )


def _hidden(event: AuditEvent) -> str:
    """The stand-in for a content that cannot be read: its key was destroyed, or is not here."""
    return ERASED if event.erased else SEALED


def _text(event: AuditEvent, name: str) -> str:
    return str((event.metadata or {}).get(name, _hidden(event)))


def _card(event: AuditEvent) -> _Line:
    return _Line(str((event.metadata or {}).get("agent", ASSISTANT)), "card", _card_text(event))


def _card_text(event: AuditEvent) -> str:
    card = (event.metadata or {}).get("card")
    if not isinstance(card, dict):
        return _hidden(event)
    if isinstance(card.get("text"), str):
        return str(card["text"])
    if isinstance(card.get("lines"), list):
        rows = [f"{label}: {value}" for label, value in card["lines"]]
        return "\n".join([str(card.get("title", "")), *rows])
    return "\n".join(f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in card.items())


def _decision(event: AuditEvent) -> str:
    """One line of codes, all from the clear part."""
    metadata = event.metadata or {}
    parts = [f"{name}={metadata[name]}" for name in _NAMED if name in metadata]
    return " ".join([event.result or str(event.event_type), *parts])


def _comment(event: AuditEvent) -> Iterator[_Line]:
    """What the person wrote about an answer: words to the bank, as their messages are."""
    if "comment" in (event.metadata or {}):
        yield _Line(RECORD, "comment", _text(event, "comment"))


def _detail(event: AuditEvent) -> Iterator[_Line]:
    metadata = event.metadata or {}
    for name in _DETAILS:
        if name in metadata:
            yield _Line(RECORD, name, _plain(metadata[name]))
    yield _Line(RECORD, "place", f"{event.stream_id} {event.sequence} {event.hash}")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
