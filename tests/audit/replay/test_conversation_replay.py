"""A conversation as data: its projections, its times, and what it is built from."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ultracore.audit import AuditEvent, AuditEventType, ConversationReplay
from ultracore.audit.replay import replay
from ultracore.errors import AuditUnavailable

Kind = AuditEventType
BEGAN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SHOWN = {"name": "get_account_balance", "status": "done", "summary": "One account.", "table": [["A"], ["1"]]}
CARD = {"title": "Please check", "lines": [["Pay to", "City Power"]]}

# Seconds, turn, type, result, metadata, user.
STORY: list[tuple[float, str, Kind, str | None, dict[str, Any] | None, str]] = [
    (0.0, "t1", Kind.SESSION_STARTED, None, {"greeting": "Hello", "notice": "Recorded."}, "customer1"),
    (0.1, "t1", Kind.USER_MESSAGE, None, {"text": "balance?"}, "customer1"),
    (0.2, "t1", Kind.SESSION_ROUTED, None, {"label": "accounts", "agent": "Accounts", "score": 0.9}, "customer1"),
    (0.3, "t1", Kind.TOOL_REQUESTED, None, {"tool": "get_account_balance", "arguments": {"a": 1}}, "customer1"),
    (0.4, "t1", Kind.TOOL_DECIDED, "allowed", {"tool": "get_account_balance"}, "customer1"),
    (0.5, "t1", Kind.TOOL_EXECUTED, "success", {"tool": "get_account_balance", "shown": SHOWN}, "customer1"),
    (
        2.0,
        "t1",
        Kind.ASSISTANT_MESSAGE,
        None,
        {"text": "You have 1.", "agent": "Accounts", "answer": 1, "began_at": "2026-11-23T09:30:01.100000Z"},
        "customer1",
    ),
    (10.0, "t2", Kind.USER_MESSAGE, None, {"text": "pay"}, "customer1"),
    (10.5, "t2", Kind.TOOL_DECIDED, "needs_approval", {"tool": "pay", "proposal": "prp_1"}, "customer1"),
    (11.0, "t2", Kind.APPROVAL_REQUESTED, None, {"tool": "pay", "proposal": "prp_1", "card": CARD}, "customer1"),
    (15.0, "t2", Kind.APPROVAL_GIVEN, None, {"tool": "pay", "proposal": "prp_1"}, "customer1"),
    (30.0, "t2", Kind.APPROVAL_GIVEN, None, {"tool": "pay", "proposal": "prp_1"}, "supervisor1"),
    (40.0, "t3", Kind.USER_MESSAGE, None, {"text": "and now?"}, "customer1"),
    (40.1, "t3", Kind.TOOL_DECIDED, "denied", {"tool": "steal", "reason": "tool.unknown"}, "customer1"),
    (40.2, "t3", Kind.TOOL_REQUESTED, None, {"tool": "get_holdings"}, "customer1"),
    (
        41.0,
        "t3",
        Kind.ASSISTANT_MESSAGE,
        None,
        {"text": "I wa", "agent": "Wealth", "interrupted": True, "began_at": "2026-11-23T09:30:40.500000Z"},
        "customer1",
    ),
    (41.1, "t3", Kind.TURN_FAILED, "failure", {"reason": "turn.interrupted"}, "customer1"),
    (42.0, "t4", Kind.RATE_LIMIT_EXCEEDED, "denied", {"limit": 20, "retry_after": 3.0}, "customer1"),
]


def story() -> list[AuditEvent]:
    return [
        AuditEvent(
            event_id=f"e{number}",
            event_type=kind,
            timestamp=BEGAN + timedelta(seconds=seconds),
            tenant_id="tenant_1",
            user_id=user,
            result=result,
            request_id=f"7F3A-{turn}",
            metadata=metadata,
            stream_id="conv-1",
            session_id="conv-1",
            turn_id=turn,
            sequence=number,
            hash=f"h{number}",
        )
        for number, (seconds, turn, kind, result, metadata, user) in enumerate(STORY, start=1)
    ]


def viewing(resource: str = "conv-1") -> AuditEvent:
    return AuditEvent(
        event_id=f"v-{resource}",
        event_type=Kind.CONVERSATION_VIEWED,
        timestamp=BEGAN + timedelta(hours=1),
        tenant_id="tenant_1",
        user_id="supervisor1",
        resource_id=resource,
        metadata={"stated_reason": "complaint 4711", "projection": "staff"},
        stream_id="system:tenant_1:2026-11-23",
        sequence=9,
    )


def test_the_customer_gets_what_was_shown_and_nothing_else() -> None:
    found = ConversationReplay.of([*story(), viewing()])
    assert [(item.author, item.kind, item.text) for item in found.items] == [
        ("Anya", "greeting", "Hello"),
        ("Anya", "notice", "Recorded."),
        ("customer1", "message", "balance?"),
        ("get_account_balance", "step", "One account."),
        ("Accounts", "answer", "You have 1."),
        ("customer1", "message", "pay"),
        ("Anya", "card", "Please check\nPay to: City Power"),
        ("customer1", "message", "and now?"),
        ("get_holdings", "step", "Working on it."),
        ("Wealth", "answer", "I wa"),
    ]
    assert (found.items[3].status, found.items[3].table) == ("done", (("A",), ("1",)))
    assert [item.interrupted for item in found.items].count(True) == 1
    assert not (found.decisions or found.approvals or found.denials or found.failures or found.viewings)
    assert [line.text for line in replay(story())][3] == "One account.\nA\n1"


def test_turns_tell_how_long_people_waited_and_how_each_ended() -> None:
    first, second, third = ConversationReplay.of(story()).turns
    assert (first.offset, first.seconds, first.first_piece, first.pause) == (0.1, 1.9, 1.0, 0.0)
    assert (second.first_piece, second.seconds, second.pause) == (None, 1.0, 8.0)
    assert (third.first_piece, third.pause) == (0.5, 29.0)
    assert [turn.ending for turn in (first, second, third)] == ["answered", "waiting", "failed"]


def test_staff_get_decisions_approvals_and_what_went_wrong() -> None:
    found = ConversationReplay.of([*story(), viewing(), viewing("conv-2")], "staff")
    assert [(one.tool, one.result) for one in found.decisions] == [
        ("get_account_balance", "allowed"),
        ("pay", "needs_approval"),
        ("steal", "denied"),
    ]
    assert [one.reason for one in found.denials] == ["tool.unknown"]
    (card,) = found.approvals
    assert (card.ending, card.by, card.seconds_open) == ("given", ("customer1", "supervisor1"), 19.0)
    assert [(one.what, one.detail) for one in found.guardrails] == [
        ("rate_limit_exceeded", "limit=20 retry_after=3.0")
    ]
    assert [one.reason for one in found.failures] == ["turn.interrupted"]
    assert [(one.by, one.reason) for one in found.viewings] == [("supervisor1", "complaint 4711")]
    assert not any(item.kind == "arguments" for item in found.items)


def test_the_auditor_gets_the_detail_and_the_place() -> None:
    items = ConversationReplay.of(story(), "auditor").items
    assert '{"a": 1}' in [item.text for item in items if item.kind == "arguments"]
    assert next(item.text for item in items if item.kind == "place") == "conv-1 1 h1"


@pytest.mark.parametrize("ending", [Kind.APPROVAL_DECLINED, Kind.APPROVAL_EXPIRED, None])
def test_a_card_ends_as_the_record_says(ending: Kind | None) -> None:
    events = [event for event in story() if event.event_type is not Kind.APPROVAL_GIVEN]
    if ending is not None:
        told = {"proposal": "prp_1", "reason": "customer.declined"}
        events.append(replace(events[-1], event_id="x", event_type=ending, metadata=told, sequence=99))
    (card,) = ConversationReplay.of(events, "staff").approvals
    assert card.ending == ("open" if ending is None else ending.removeprefix("approval_"))
    assert (card.seconds_open is None) == (ending is None)
    assert card.by == (("customer1",) if ending is Kind.APPROVAL_DECLINED else ())


def test_a_call_stands_where_it_began_with_what_was_said_meanwhile_below() -> None:
    events = story()[:6]
    told = {"text": "meanwhile", "agent": "Accounts", "kind": "notice"}
    notice = replace(events[5], event_id="x", event_type=Kind.ASSISTANT_MESSAGE, metadata=told, sequence=6)
    found = ConversationReplay.of([*events[:5], notice, replace(events[5], sequence=7)])
    assert [item.text for item in found.items][-2:] == ["One account.", "meanwhile"]


def test_order_and_duplicates_of_the_events_change_nothing() -> None:
    events = [*story(), *story()[3:9], viewing()]
    random.Random(7).shuffle(events)  # noqa: S311 - seeded on purpose
    assert ConversationReplay.of(events, "staff") == ConversationReplay.of([*story(), viewing()], "staff")


def test_one_event_with_two_hashes_is_refused_and_a_gap_is_named() -> None:
    events = story()
    with pytest.raises(AuditUnavailable) as refused:
        ConversationReplay.of([*events, replace(events[2], hash="another")])
    assert refused.value.code == "audit.altered"
    assert ConversationReplay.of([*events[:3], *events[5:]]).missing == (4, 5)


@pytest.mark.parametrize("events", [[], [viewing()], [story()[0], replace(story()[1], stream_id="conv-2")]])
def test_a_replay_is_of_one_conversation(events: list[AuditEvent]) -> None:
    with pytest.raises(ValueError, match="one conversation"):
        ConversationReplay.of(events)


def test_to_dict_is_json_with_every_field_and_the_figures() -> None:
    found = json.loads(json.dumps(ConversationReplay.of([*story(), viewing()], "auditor").to_dict()))
    assert found["began_at"] == "2026-11-23T09:30:00.000000Z"
    assert found["items"][3]["kind"] == "session_routed" or found["items"][3]["author"]
    summary = found["summary"]
    assert (summary["turns"], summary["denials"], summary["approvals"], summary["approvals_given"]) == (3, 1, 1, 1)
    assert (summary["interrupted"], summary["median_first_piece"], summary["seconds"]) == (1, 1.0, 42.0)
    assert set(ConversationReplay.__slots__) < set(found)


def test_what_was_erased_says_so_and_what_has_no_key_here_is_sealed() -> None:
    sealed = [replace(event, metadata=_clear(event), sealed={"key_id": "k"}) for event in story()]
    assert {item.text for item in ConversationReplay.of(sealed).items} == {"[sealed]", "Working on it."}
    erased = [replace(event, description="[erased]") for event in sealed]
    texts = [(item.kind, item.text) for item in ConversationReplay.of(erased).items]
    assert ("step", "[erased]") in texts and ("message", "[erased]") in texts


def _clear(event: AuditEvent) -> dict[str, Any]:
    hidden = ("text", "greeting", "notice", "shown", "card", "arguments")
    return {name: value for name, value in (event.metadata or {}).items() if name not in hidden}
