"""A conversation as it was shown: to the customer, to staff with the decisions, to an auditor with the detail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from ultracore.audit.events import AuditEvent, AuditEventType

Projection = Literal["customer", "staff", "auditor"]

ASSISTANT: Final = "Anya"
"""The author of what no agent of a domain has said."""

_SHOWN: Final = frozenset(
    {
        AuditEventType.SESSION_STARTED,
        AuditEventType.USER_MESSAGE,
        AuditEventType.ASSISTANT_MESSAGE,
        AuditEventType.APPROVAL_REQUESTED,
    }
)
_DETAILS: Final = ("arguments", "result", "detail", "card")


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing on the screen. `kind` is `message` for the person's own words, else what the assistant showed."""

    author: str
    kind: str
    text: str

    def to_dict(self) -> dict[str, str]:
        """`author`, `kind` and `text`."""
        return {"author": self.author, "kind": self.kind, "text": self.text}


def replay(events: Iterable[AuditEvent], projection: Projection = "customer") -> list[Shown]:
    """What a projection shows of a conversation's events, in order.

    An event whose key was destroyed, or is not here, shows `[sealed]`.
    """
    known = list(events)
    carded = _turns_with_card(known)
    return [shown for event in known for shown in _shown(event, projection, carded)]


def _shown(event: AuditEvent, projection: Projection, carded: set[str | None]) -> Iterator[Shown]:
    if event.event_type in _SHOWN:
        yield from _on_screen(event, carded)
    if projection != "customer" and event.event_type not in _SHOWN - {AuditEventType.APPROVAL_REQUESTED}:
        yield Shown("record", str(event.event_type), _decision(event))
    if projection == "auditor":
        yield from _detail(event)


def _on_screen(event: AuditEvent, carded: set[str | None]) -> Iterator[Shown]:
    metadata = event.metadata or {}
    match event.event_type:
        case AuditEventType.SESSION_STARTED:
            yield Shown(ASSISTANT, "greeting", _text(event, "greeting"))
            yield Shown(ASSISTANT, "notice", _text(event, "notice"))
        case AuditEventType.USER_MESSAGE:
            yield Shown(event.user_id or "customer", "message", _text(event, "text"))
        case AuditEventType.ASSISTANT_MESSAGE:
            kind = str(metadata.get("kind", "answer"))
            yield Shown(str(metadata.get("agent", ASSISTANT)), kind, _text(event, "text"))
        case AuditEventType.APPROVAL_REQUESTED if event.turn_id not in carded:
            yield Shown(str(metadata.get("agent", ASSISTANT)), "card", _card(event))


def _turns_with_card(events: Iterable[AuditEvent]) -> set[str | None]:
    """Turns whose card is on the record as a message; their `approval_requested` need not be drawn again."""
    return {
        event.turn_id
        for event in events
        if event.event_type is AuditEventType.ASSISTANT_MESSAGE and (event.metadata or {}).get("kind") == "card"
    }


def _text(event: AuditEvent, name: str) -> str:
    return str((event.metadata or {}).get(name, "[sealed]"))


def _card(event: AuditEvent) -> str:
    card = (event.metadata or {}).get("card")
    if not isinstance(card, dict):
        return "[sealed]"
    if isinstance(card.get("text"), str):
        return str(card["text"])
    if isinstance(card.get("lines"), list):
        rows = [f"{label}: {value}" for label, value in card["lines"]]
        return "\n".join([str(card.get("title", "")), *rows])
    return "\n".join(f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in card.items())


def _decision(event: AuditEvent) -> str:
    """One line of codes, all from the clear part."""
    metadata = event.metadata or {}
    named = ("tool", "label", "source", "target", "score", "reason", "proposal", "intent", "entry", "retry_after")
    parts = [f"{name}={metadata[name]}" for name in named if name in metadata]
    return " ".join([event.result or str(event.event_type), *parts])


def _detail(event: AuditEvent) -> Iterator[Shown]:
    metadata = event.metadata or {}
    for name in _DETAILS:
        if name in metadata:
            yield Shown("record", name, _plain(metadata[name]))
    yield Shown("record", "place", f"{event.stream_id} {event.sequence} {event.hash}")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
