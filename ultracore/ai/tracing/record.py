"""Answers, calls and messages of a conversation, from its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ultracore.ai.tracing.values import LookUp, OwnMessage
from ultracore.audit import AuditEvent, AuditEventType
from ultracore.languages import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote. `began_at` is when its first words were shown, `sequence` its place on the
    record, `language` the one that it was to be written in.
    """

    text: str
    agent: str
    began_at: datetime
    sequence: int
    language: Language = "en"


def answers_in(events: Sequence[AuditEvent]) -> list[Answer]:
    """The answers of a conversation, oldest first; of one that was erased nothing is left."""
    return [
        _answer(event)
        for event in events
        if event.event_type is AuditEventType.ASSISTANT_MESSAGE
        and not event.erased
        and (event.metadata or {}).get("kind") == "answer"
    ]


def sources_before(events: Sequence[AuditEvent], answer: Answer) -> tuple[list[LookUp], list[OwnMessage]]:
    """What had been looked up, and what the person had written, when the answer was made; oldest first."""
    looked: list[LookUp] = []
    said: list[OwnMessage] = []
    for event in events:
        told = event.metadata or {}
        if event.sequence > answer.sequence or event.erased:
            continue
        if event.event_type is AuditEventType.TOOL_EXECUTED and isinstance(told.get("result"), dict):
            given = told.get("arguments")
            arguments = given if isinstance(given, dict) else {}
            looked.append(LookUp(str(told.get("tool", "")), event.timestamp, told["result"], arguments))
        elif event.event_type is AuditEventType.USER_MESSAGE:
            said.append(OwnMessage(str(told.get("text", "")), event.timestamp))
    return looked, said


def _answer(event: AuditEvent) -> Answer:
    told = event.metadata or {}
    began_at = event.timestamp
    language: Language = next((one for one in LANGUAGES if one == told.get("language")), "en")
    if isinstance(told.get("began_at"), str):
        began_at = datetime.fromisoformat(told["began_at"])
    return Answer(str(told.get("text", "")), str(told.get("agent", "Anya")), began_at, event.sequence, language)
