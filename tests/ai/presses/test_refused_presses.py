"""Every refused press is a denied decision with its code on the record, and no flood of them fills it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from tests.ai.presses.test_ended_requests import card, signed_in_again
from tests.ai.screen import Desk, principal, staff
from tests.support.scripted_model import call
from ultracore.ai.presses import MANY, MOST_A_MINUTE, UNKNOWN, RefusedPresses
from ultracore.ai.recording import TurnLog
from ultracore.audit import ConversationRecord
from ultracore.audit.vocabulary import ToolDecided
from ultracore.container import Core
from ultracore.observability import Metrics
from ultracore.principal import Role

LOAN = {"loan_amount": "15000", "loan_purpose": "a used ute", "term_months": 48}


async def details(desk: Desk) -> list[dict[str, object]]:
    """What the record has of denied decisions, opened."""
    events = [event for event in await desk.record() if event.event_type.value == "tool_decided"]
    return [dict(event.metadata or {}) for event in events if event.result == "denied"]


@pytest.fixture
async def stranger(desk: Desk) -> Desk:
    """Somebody of another bank, in a conversation of their own."""
    return await Desk.sign_in(desk.app, desk.model, principal("customer9", "cust_9", "tenant_2"))


async def test_each_press_of_another_tenants_real_id_is_on_the_record(desk: Desk, stranger: Desk) -> None:
    shown = await card(desk)
    for _ in range(5):
        await stranger.press(approve=True, approval_id=shown.approval_id)
    assert await stranger.denials() == ["approval.unknown"] * 5
    assert await desk.denials() == []
    told = await details(stranger)
    assert {entry["tool"] for entry in told} == {"unknown"}
    # Whoever reads the record can tell which button it was, and cannot press it.
    assert shown.approval_id not in str(told) and "approval_hash" in str(told)
    await desk.press(approve=True, approval_id=shown.approval_id)
    assert await desk.balance() == "2450.00"


async def test_a_made_up_id_is_on_the_record(desk: Desk) -> None:
    screen = await desk.press(approve=False, approval_id="made-up")
    assert await desk.denials() == ["approval.unknown"]
    assert [kind for kind, _ in screen.messages] == ["notice"]
    assert (await desk.types())[0] == "session_started"


async def test_another_logins_one_time_id_is_on_the_record(desk: Desk) -> None:
    first, phone = await card(desk), await signed_in_again(desk)
    await phone.press(approve=True, approval_id=first.approval_id)
    assert await desk.denials() == ["approval.unknown"]
    assert await desk.balance() == "2500.00"


async def test_a_supervisors_made_up_id_is_on_their_record(desk: Desk) -> None:
    checker = await Desk.sign_in(desk.app, desk.model, staff("supervisor1", Role.SUPERVISOR))
    await checker.press(approve=True, approval_id="made-up")
    assert await checker.denials() == ["approval.unknown"]


async def on_the_system_stream(desk: Desk, tenant: str) -> list[tuple[str | None, str | None, object]]:
    store = await desk.app.trail.store()
    (system,) = await store.streams(tenant_id=tenant, system=True)
    refused = [event for event in await store.events(system.stream_id) if event.result == "denied"]
    return [(event.user_id, event.action, (event.metadata or {})["reason"]) for event in refused]


async def test_a_press_of_a_login_that_has_ended_is_on_the_tenants_record(desk: Desk) -> None:
    shown = await card(desk)
    await desk.app.logins.revoke(desk.who.login_id)
    await desk.press(approve=True, approval_id=shown.approval_id)
    assert await on_the_system_stream(desk, "tenant_1") == [("customer1", "approval.press", "session.ended")]


async def test_a_press_in_somebody_elses_conversation_is_on_the_tenants_record(desk: Desk, stranger: Desk) -> None:
    shown = await card(desk)
    intruder = replace(stranger, conversation_id=desk.conversation_id)
    await intruder.press(approve=True, approval_id=shown.approval_id)
    refused = ("customer9", "approval.press", "conversation.not_yours")
    assert await on_the_system_stream(desk, "tenant_2") == [refused]
    assert await desk.denials() == []


async def test_a_flood_of_presses_is_twenty_events_and_each_is_told(desk: Desk) -> None:
    for _ in range(MOST_A_MINUTE):
        await desk.press(approve=True, approval_id=uuid4().hex)
    written = len(await desk.record())
    assert await desk.denials() == ["approval.unknown"] * MOST_A_MINUTE
    for _ in range(5):
        screen = await desk.press(approve=True, approval_id=uuid4().hex)
    assert (len(await desk.record()), len(screen.messages)) == (written, MOST_A_MINUTE + 5)


async def test_presses_of_an_ended_request_are_bounded_too(desk: Desk) -> None:
    shown = await card(desk)
    await desk.press(approve=False)
    for _ in range(MOST_A_MINUTE + 5):
        await desk.press(approve=True, approval_id=shown.approval_id)
    assert await desk.denials() == ["approval.consumed"] * MOST_A_MINUTE


async def test_what_was_only_counted_is_written_when_its_minute_is_over(opened: Core) -> None:
    now, who = [0.0], principal()
    refusals = RefusedPresses(Metrics(), clock=lambda: now[0])
    record = ConversationRecord(opened.trail, who, "conv-1")
    for number in range(MOST_A_MINUTE + 7):
        log = TurnLog(record.turn(f"turn-{number}", "7F3A-0001"))
        await refusals.note(who, log, ToolDecided(UNKNOWN, {}, result="denied", reason="approval.unknown"))
    await refusals.write_counts()
    assert len(await opened.store.events("conv-1")) == MOST_A_MINUTE
    now[0] = 60.0
    await refusals.write_counts()
    last = (await opened.store.events("conv-1"))[-1].metadata or {}
    assert (last["reason"], last["arguments"]) == (MANY, {"presses": 7})


def carried_out(tool: str, result: str) -> float:
    return REGISTRY.get_sample_value("ultracore_approved_calls_total", {"tool": tool, "result": result}) or 0.0


async def test_what_a_button_carried_out_is_counted_by_tool_and_result(desk: Desk) -> None:
    await card(desk)
    assert carried_out("execute_transaction", "success") == 0
    await desk.press(approve=True)
    await desk.press(approve=True)
    desk.model.expect(call("apply_for_loan", LOAN))
    await desk.say("I want to apply for a car loan of 15000 dollars over four years")
    await desk.press(approve=False)
    assert carried_out("execute_transaction", "success") == 1
    assert carried_out("apply_for_loan", "success") == 0
