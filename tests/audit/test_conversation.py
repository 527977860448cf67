"""What a conversation's record looks like on the wire, and what replay makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audit.people import BROWSER, CUSTOMER, TRANSFER, a_payment
from tests.audit.vectors import commitment_of
from ultracore.audit import AuditEvent, AuditEventType, AuditTrail, ConversationRecord, TurnRecord
from ultracore.audit.canonical import canonical, strict_object
from ultracore.audit.replay import replay
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.vocabulary import (
    ApprovalDeclined,
    ApprovalExpired,
    AssistantMessage,
    ConversationEnded,
    GuardrailTriggered,
    HandoffRequested,
    OutcomeResolved,
    PersonJoined,
    PersonLeft,
    PersonMessage,
    RateLimitExceeded,
    ToolDecided,
    ToolExecuted,
    ToolRequested,
    TurnFailed,
    TurnStopped,
    UserMessage,
)

CLEAR_FIELDS = (
    "event_id event_type timestamp tenant_id user_id session_id severity description resource_type resource_id "
    "action result ip_address user_agent request_id old_value new_value metadata compliance_tags stream_id "
    "sequence turn_id prev_hash hash schema_version sealed"
).split()


@pytest.fixture
def turn(trail: AuditTrail) -> TurnRecord:
    return ConversationRecord(trail, CUSTOMER, "conv-1", BROWSER).turn("turn-1", "7F3A-0001")


async def wires(store: SqliteAuditStore, stream_id: str = "conv-1") -> list[dict[str, Any]]:
    return await store.read(lambda reader: [strict_object(row.published()) for row in reader.of_stream(stream_id)])


async def test_a_sealed_tools_events_come_in_the_contracts_order(
    store: SqliteAuditStore, trail: AuditTrail
) -> None:
    intent = await a_payment(trail)
    events = await wires(store)
    assert [event["event_type"] for event in events] == [
        "session_started",
        "session_routed",
        "user_message",
        "tool_requested",
        "tool_decided",
        "approval_requested",
        "approval_given",
        "tool_decided",
        "tool_executed",
        "assistant_message",
    ]
    assert [event["result"] for event in events if event["event_type"] == "tool_decided"] == [
        "needs_approval",
        "allowed",
    ]
    assert events[7]["event_id"] == events[8]["metadata"]["intent"] == intent
    assert {event["turn_id"] for event in events} == {"turn-1"}


async def test_an_event_on_the_wire_has_every_field_and_hides_what_quotes_a_person(
    store: SqliteAuditStore, turn: TurnRecord
) -> None:
    await turn.write(UserMessage("I am Mary, my card is 4111 1111 1111 1111"))
    [event] = await wires(store)
    assert sorted(event) == sorted(CLEAR_FIELDS)
    assert event["session_id"] == event["stream_id"] == "conv-1"
    assert (event["request_id"], event["user_id"]) == ("7F3A-0001", "customer1")
    for hidden in ("description", "ip_address", "user_agent", "metadata"):
        assert event[hidden] is None
    assert "Mary" not in json.dumps(event)


async def test_a_tool_events_clear_part_is_the_contracts(store: SqliteAuditStore, turn: TurnRecord) -> None:
    await turn.write(ToolRequested("execute_transaction", TRANSFER, agent="Payments", call_id="call_1"))
    await turn.write(ToolDecided("execute_transaction", TRANSFER, result="denied", reason="payee.not_saved"))
    requested, denied = await wires(store)
    digest = requested["metadata"]["arguments_digest"]
    assert requested["metadata"] == {
        "tool": "execute_transaction",
        "arguments_digest": digest,
        "agent": "Payments",
    }
    assert denied["metadata"] == {
        "tool": "execute_transaction",
        "arguments_digest": digest,
        "reason": "payee.not_saved",
    }
    assert (denied["result"], denied["severity"]) == ("denied", "warning")
    [_, opened] = await store.events("conv-1")
    assert opened.metadata is not None
    assert opened.metadata["arguments"] == TRANSFER


async def test_a_clear_value_of_another_shape_is_sealed(store: SqliteAuditStore, turn: TurnRecord) -> None:
    await turn.write(
        ToolDecided("Tell Mary Smith!", "{bad json", result="denied", reason="Mary has no such payee")
    )
    [event] = await wires(store)
    assert "Mary" not in json.dumps(event)
    assert event["action"] is None
    [opened] = await store.events("conv-1")
    assert opened.metadata is not None
    assert (opened.metadata["tool"], opened.metadata["arguments"]) == ("Tell Mary Smith!", "{bad json")


async def test_salt_and_content_can_be_checked_without_a_key(store: SqliteAuditStore, turn: TurnRecord) -> None:
    await turn.write(UserMessage("hello"))
    [event] = await wires(store)
    revealed = await store.read(lambda reader: reader.revealed(event))
    assert revealed is not None
    assert commitment_of(revealed.salt, revealed.content) == event["sealed"]["commitment"]
    assert revealed.content["metadata"] == {"text": "hello"}
    assert AuditEvent.from_dict({**event, "revealed": revealed.to_dict()}).metadata == {"text": "hello"}


async def test_an_envelope_does_not_open_in_another_events_place(
    store: SqliteAuditStore, turn: TurnRecord
) -> None:
    await turn.write(UserMessage("one"))
    await turn.write(UserMessage("two"))
    one, two = await wires(store)
    assert await store.read(lambda reader: reader.revealed({**one, "sealed": two["sealed"]})) is None


async def test_an_unknown_outcome_stays_open_until_it_is_resolved(
    store: SqliteAuditStore, turn: TurnRecord
) -> None:
    intent = await turn.write(ToolDecided("execute_transaction", TRANSFER, result="allowed", proposal="prp_1"))
    await turn.write(
        ToolExecuted("execute_transaction", TRANSFER, outcome="unknown", result=None, intent=intent.event_id)
    )
    assert [one.event_id for one in await store.open_intents()] == [intent.event_id]
    await turn.write(
        OutcomeResolved("execute_transaction", outcome="success", intent=intent.event_id, entry="ent_1")
    )
    assert await store.open_intents() == []


async def test_every_method_writes_its_own_type(store: SqliteAuditStore, turn: TurnRecord) -> None:
    await turn.write(AssistantMessage("text", agent="Accounts", kind="notice"))
    await turn.write(ApprovalDeclined("execute_transaction", proposal="prp_1", reason="customer.declined"))
    await turn.write(ApprovalExpired("execute_transaction", proposal="prp_1"))
    await turn.write(HandoffRequested(source="Accounts", target="Payments", reason="subject.changed", score=0.8))
    await turn.write(GuardrailTriggered(reason="message.too_long", detail="9000 bytes"))
    await turn.write(RateLimitExceeded(limit=20, retry_after=1.5))
    await turn.write(TurnFailed(reason="model.silent"))
    await turn.write(TurnStopped())
    await turn.write(ConversationEnded(reason="sign_out"))
    await turn.write(PersonJoined(name="Sam", claim=1))
    await turn.write(PersonMessage(name="Sam", claim=1, text="text"))
    await turn.write(PersonLeft(name="Sam", claim=1, reason="person.done"))
    assert [event["event_type"] for event in await wires(store)] == [
        "assistant_message",
        "approval_declined",
        "approval_expired",
        "handoff_requested",
        "guardrail_triggered",
        "rate_limit_exceeded",
        "turn_failed",
        "turn_stopped",
        "session_ended",
        "person_joined",
        "person_message",
        "person_left",
    ]


async def test_stored_bytes_are_the_canonical_form_without_the_hash(
    store: SqliteAuditStore, trail: AuditTrail
) -> None:
    await a_payment(trail)
    for row in await store.read(lambda reader: list(reader.stored())):
        wire = strict_object(row.published())
        assert canonical(wire) == row.published()
        assert wire.pop("hash") == row.hash
        assert canonical(wire) == row.body


async def test_the_customers_replay_is_what_was_shown(store: SqliteAuditStore, trail: AuditTrail) -> None:
    await a_payment(trail)
    shown = replay(await store.events("conv-1"))
    assert [(item.author, item.kind) for item in shown] == [
        ("Anya", "greeting"),
        ("Anya", "notice"),
        ("customer1", "message"),
        ("Anya", "card"),
        ("Payments", "receipt"),
    ]
    assert shown[2].text == "transfer 50 dollars to City Power"
    assert "City Power" in shown[3].text
    assert shown[4].text == "Done. Receipt 1001."


async def test_a_card_that_is_a_message_is_shown_once(store: SqliteAuditStore, trail: AuditTrail) -> None:
    await a_payment(trail, settle=False)
    turn = ConversationRecord(trail, CUSTOMER, "conv-1").turn("turn-1", "7F3A-0001")
    await turn.write(AssistantMessage("Pay City Power AUD 50.00", agent="Payments", kind="card"))
    cards = [item for item in replay(await store.events("conv-1")) if item.kind == "card"]
    assert [item.text for item in cards] == ["Pay City Power AUD 50.00"]


async def test_staff_see_decisions_and_the_auditor_the_detail(store: SqliteAuditStore, trail: AuditTrail) -> None:
    await a_payment(trail)
    events = await store.events("conv-1")
    staff, auditor = replay(events, "staff"), replay(events, "auditor")
    decisions = [item.text for item in staff if item.kind == AuditEventType.TOOL_DECIDED]
    assert decisions == [
        "needs_approval tool=execute_transaction proposal=prp_1",
        "allowed tool=execute_transaction proposal=prp_1",
    ]
    assert not any(item.kind == "arguments" for item in staff)
    assert json.dumps(TRANSFER, sort_keys=True) in [item.text for item in auditor if item.kind == "arguments"]
    assert [item for item in staff if item.author != "record"] == replay(events)


async def test_without_a_key_a_replay_says_sealed(store: SqliteAuditStore, turn: TurnRecord) -> None:
    await turn.write(UserMessage("hello"))
    event = AuditEvent.from_dict((await wires(store))[0])
    assert [item.text for item in replay([event])] == ["[sealed]"]
