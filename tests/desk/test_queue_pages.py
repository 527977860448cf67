"""The queue as supervisors see it: what the record fills it with, and what they do on the record."""

from __future__ import annotations

import re

import pytest

from tests.desk.conftest import DeskWorld
from ultracore.audit import AuditEvent, AuditEventType
from ultracore.audit.vocabulary import (
    ApprovalExpired,
    GuardrailTriggered,
    HandoffRequested,
    ToolDecided,
    TurnFailed,
    UserMessage,
)
from ultracore.banking.cases import Case

WISH = HandoffRequested(source="Anya", target="person", reason="person.wanted", score=None)


async def fill(desk: DeskWorld) -> None:
    """Three conversations: one failed, one asks for a person, one was refused money."""
    await desk.conversation("conv-failed").write(TurnFailed(reason="model.unreachable"))
    await desk.conversation("conv-person").write(UserMessage("let me talk to somebody"))
    await desk.conversation("conv-person").write(WISH)
    refusal = ToolDecided("execute_transaction", {}, result="denied", reason="access.other_customer")
    await desk.conversation("conv-money").write(refusal)
    await desk.conversation("conv-money").write(TurnFailed(reason="model.unreachable"))
    while await desk.watch.look():
        pass


async def case_of(desk: DeskWorld, conversation_id: str) -> Case:
    case = await desk.core.bank.cases.of_conversation("tenant_1", conversation_id)
    assert case is not None
    return case


async def changes(desk: DeskWorld) -> list[AuditEvent]:
    recent = await desk.core.trail.get_recent_events("tenant_1", limit=50)
    return [event for event in recent if event.event_type is AuditEventType.QUEUE_CHANGED]


async def act(desk: DeskWorld, case: Case, who: str = "supervisor1", **fields: str) -> str:
    async with desk.browser(who) as browser:
        sent = {"version": str(case.version), **fields}
        return (await browser.send(f"/desk/queue/{case.case_id}", sent)).text


async def test_what_needs_a_person_stands_there_the_most_urgent_first_and_says_why(desk: DeskWorld) -> None:
    await fill(desk)
    async with desk.browser() as browser:
        page = (await browser.get("/desk/queue")).text
    assert re.findall(r'href="/desk/queue/case_\w+">([^<]+)<', page) == [
        "Asked for a person",
        "Money or payee refused",
        "Turn failed",
    ]
    assert '<span class="badge">Turn failed</span>' in page
    assert "<title>(3) Queue" in page
    assert "let me talk" not in page


async def test_a_second_reading_of_the_record_changes_nothing(desk: DeskWorld) -> None:
    await fill(desk)
    assert not await desk.watch.look()
    assert await desk.core.bank.cases.count("tenant_1") == 3


@pytest.mark.parametrize(
    "event",
    [
        GuardrailTriggered(reason="care", care="hardship"),
        ApprovalExpired("execute_transaction", proposal="prp_1"),
    ],
)
async def test_other_events_that_need_a_person_open_a_case(
    desk: DeskWorld, event: GuardrailTriggered | ApprovalExpired
) -> None:
    await desk.conversation("conv-1").write(event)
    await desk.watch.look()
    page_says = desk.rules.says((await case_of(desk, "conv-1")).rule)
    assert page_says in ("Care text given: somebody may be in need", "Card ran out")


async def test_taking_a_case_is_on_the_record_and_shown(desk: DeskWorld) -> None:
    await fill(desk)
    page = await act(desk, await case_of(desk, "conv-person"), act="claim")
    assert "<dd>supervisor1" in page
    (event,) = await changes(desk)
    assert (event.user_id, event.resource_id) == ("supervisor1", "conv-person")
    assert event.metadata is not None
    assert (event.metadata["kind"], event.metadata["reason"]) == ("claimed", "person")


async def test_of_two_who_take_a_case_the_second_is_told_and_the_record_has_one(desk: DeskWorld) -> None:
    await fill(desk)
    seen = await case_of(desk, "conv-person")
    await act(desk, seen, act="claim")
    assert "Somebody else has changed this case" in await act(desk, seen, "supervisor3", act="claim")
    assert "Somebody else has changed this case" in await act(
        desk, await case_of(desk, "conv-person"), "supervisor3", act="claim"
    )
    assert (await case_of(desk, "conv-person")).assigned_to == "supervisor1"
    assert len(await changes(desk)) == 1


async def test_a_case_is_given_to_a_colleague_put_off_given_back_and_closed(desk: DeskWorld) -> None:
    await fill(desk)
    for fields in (
        {"act": "assign", "colleague": "supervisor3"},
        {"act": "snooze", "minutes": "60"},
        {"act": "release"},
        {"act": "close", "outcome": "called"},
    ):
        case = await case_of(desk, "conv-failed")
        page = await act(desk, case, **fields)
    assert "closed: Called the customer, by supervisor1" in page
    told = [event.metadata or {} for event in await changes(desk)]
    assert [one["kind"] for one in reversed(told)] == ["assigned", "snoozed", "released", "closed"]
    assert await desk.core.bank.cases.count("tenant_1") == 2


@pytest.mark.parametrize("colleague", ["supervisor2", "teller1", "customer1", "nobody", "\u2603"])
async def test_a_case_is_given_to_no_one_but_a_supervisor_of_the_bank(desk: DeskWorld, colleague: str) -> None:
    await fill(desk)
    said = await act(desk, await case_of(desk, "conv-failed"), act="assign", colleague=colleague)
    assert "no supervisor of that name" in said
    assert await changes(desk) == []


@pytest.mark.parametrize(
    "fields", [{"act": "explode"}, {"act": "snooze", "minutes": "-5"}, {"act": "close", "outcome": "x"}, {}]
)
async def test_what_no_form_of_ours_sends_changes_nothing(desk: DeskWorld, fields: dict[str, str]) -> None:
    await fill(desk)
    case = await case_of(desk, "conv-failed")
    await act(desk, case, **fields)
    assert await case_of(desk, "conv-failed") == case


async def test_a_change_that_cannot_be_recorded_is_taken_back(desk: DeskWorld) -> None:
    await fill(desk)
    case = await case_of(desk, "conv-failed")
    await desk.core.store.close()
    assert "sorry" in (await act(desk, case, act="close", outcome="called")).lower()
    now = await case_of(desk, "conv-failed")
    assert (now.status, now.closed_by, now.assigned_to) == ("open", None, None)


async def test_an_auditor_sees_the_queue_and_changes_nothing(desk: DeskWorld) -> None:
    await fill(desk)
    case = await case_of(desk, "conv-failed")
    async with desk.browser("auditor1") as browser:
        page = (await browser.get("/desk/queue")).text
        assert "Asked for a person" in page
        assert "Take it" not in page
        answer = await browser.send(f"/desk/queue/{case.case_id}", {"version": "1", "act": "claim"})
    assert answer.status_code == 403
    assert (await case_of(desk, "conv-failed")).assigned_to is None


async def test_another_tenants_supervisor_sees_and_changes_nothing(desk: DeskWorld) -> None:
    await fill(desk)
    case = await case_of(desk, "conv-person")
    async with desk.browser("supervisor2") as browser:
        assert "Nothing needs a person" in (await browser.get("/desk/queue")).text
        assert (await browser.get(f"/desk/queue/{case.case_id}")).status_code in (400, 404)
    assert "no such case" in await act(desk, case, "supervisor2", act="claim")
    assert (await case_of(desk, "conv-person")).assigned_to is None
