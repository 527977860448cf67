"""The vocabulary writes what the record has always held: events of 622bb8b, field by field, are the yardstick.

`fixtures/vocabulary-622bb8b.jsonl` holds 102 calls of that version's `TurnRecord` and what each put on the record:
the clear part, what was sealed, and whose key sealed it; without ids, times and hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast, get_args

import pytest

from tests.audit.people import BROWSER, CUSTOMER, TELLER
from ultracore.audit import AuditStore, AuditTrail, ConversationRecord, Draft, Receipt, vocabulary
from ultracore.audit.replay import replay
from ultracore.audit.sealing import MasterKey
from ultracore.audit.sealing.prepare import divided
from ultracore.audit.vocabulary import ConversationEvent, ConversationEventType, Written

KEPT: Final = Path(__file__).parent / "fixtures" / "vocabulary-622bb8b.jsonl"
CASES: Final = [json.loads(line) for line in KEPT.read_text().splitlines()]
MASTER: Final = MasterKey(bytes(32))
GIVEN: Final = ("event_id", "timestamp")
SINCE: Final = {"FeedbackGiven", "PersonJoined", "PersonLeft", "PersonMessage"}
"""Events that came after that version."""
MOMENT: Final = datetime(2026, 11, 23, tzinfo=UTC)


class Drafts:
    """The part of a store that a trail writes through; keeps what it was given."""

    def __init__(self) -> None:
        self.kept: list[Draft] = []

    async def append(self, draft: Draft) -> Receipt:
        self.kept.append(draft)
        return Receipt(draft.event.event_id, draft.event.stream_id or "", 1, "", draft.event)

    async def append_all(self, drafts: Sequence[Draft]) -> list[Receipt]:
        return [await self.append(drafts[0])]

    def digest(self, value: Any) -> str:
        return MASTER.digest(value)


def event_of(case: dict[str, Any]) -> ConversationEvent:
    values = dict(case["values"])
    if "expires_at" in values:
        values["expires_at"] = datetime.fromisoformat(values["expires_at"])
    if "written" in values:
        began_at = datetime.fromisoformat(values["written"]["began_at"])
        values["written"] = Written(**{**values["written"], "began_at": began_at})
    return cast(ConversationEvent, getattr(vocabulary, case["event"])(**values))


def recorded(draft: Draft) -> dict[str, Any]:
    """What of a draft is published and sealed, and under whose key."""
    content = divided(replace(draft.event, event_id="evt", timestamp=MOMENT), MASTER)
    subject = draft.subject
    owner = re.sub(r"/\d{4}$", "/YEAR", subject.id)
    return {
        "key": f"{subject.kind}:{subject.tenant_id}:{owner}",
        "clear": {name: value for name, value in content.clear.items() if value is not None and name not in GIVEN},
        "sealed": content.secret,
    }


NAMED: Final = [
    pytest.param(case, id=f"{number}-{case['by']}-{case['event']}") for number, case in enumerate(CASES)
]


@pytest.mark.parametrize("case", NAMED)
async def test_an_event_is_recorded_as_at_622bb8b(case: dict[str, Any]) -> None:
    drafts = Drafts()
    who = CUSTOMER if case["by"] == "customer" else TELLER
    record = ConversationRecord(AuditTrail(store=cast(AuditStore, drafts)), who, "conv-1", BROWSER)
    turn = record.turn("turn-1", "7F3A-0001")
    if case["about"] is not None:
        turn.about(case["about"])
    await turn.write(event_of(case))
    assert [recorded(draft) for draft in drafts.kept] == case["drafts"]


def test_every_event_of_a_conversation_is_among_them() -> None:
    assert {case["event"] for case in CASES} | SINCE == {kind.__name__ for kind in get_args(ConversationEvent)}


def test_the_types_that_readers_match_on_are_those_of_the_events() -> None:
    assert [kind.type for kind in get_args(ConversationEvent)] == list(get_args(ConversationEventType))


@pytest.mark.parametrize("case", NAMED[: len(NAMED) // 3])
async def test_staff_see_every_event_in_a_replay(case: dict[str, Any], trail: AuditTrail) -> None:
    await ConversationRecord(trail, CUSTOMER, "conv-1").turn("turn-1", "7F3A-0001").write(event_of(case))
    shown = replay(await (await trail.store()).events("conv-1"), "staff")
    assert shown, "nothing of it is shown"


def test_an_event_cannot_be_changed() -> None:
    event = vocabulary.UserMessage("hello")
    with pytest.raises(AttributeError):
        event.text = "goodbye"  # type: ignore[misc]
