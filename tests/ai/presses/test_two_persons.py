"""Two persons in conversations: a teller asks and confirms, a supervisor decides, the record names both."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.ai.screen import BROWSER, Desk, Screen, staff
from tests.banking.support import change_rows
from tests.support import preloaded
from tests.support.deadlines import PATIENCE
from tests.support.environment import without_configuration
from tests.support.scripted_model import ScriptedModel, call
from ultracore.ai.screen import Press, WaitingRequest
from ultracore.container import open_app
from ultracore.errors import UltracoreError
from ultracore.principal import Role
from ultracore.settings import Settings

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


async def at_desk(desk: Desk, user: str, role: Role, tenant: str = "tenant_1") -> Desk:
    return await Desk.sign_in(desk.app, desk.model, staff(user, role, tenant))


async def asked(desk: Desk) -> Desk:
    """A teller whose card for a transfer of cust_1 is open."""
    teller = await at_desk(desk, "teller1", Role.TELLER)
    desk.model.expect(call("execute_transaction", TRANSFER))
    await teller.say("transfer 50 dollars to City Power for cust_1")
    assert len(teller.screen.cards) == 1
    return teller


async def confirmed(desk: Desk) -> Desk:
    """A teller who has confirmed it."""
    teller = await asked(desk)
    await teller.press(approve=True)
    assert [state for state, _ in teller.screen.closed] == ["waiting"]
    return teller


async def waiting(who: Desk) -> list[WaitingRequest]:
    return list(await who.app.desk.waiting_requests(who.who.login_id, who.conversation_id, BROWSER))


async def decide(who: Desk, approval_id: str, *, approve: bool = True) -> Screen:
    who.screen = Screen()
    press = Press(who.who.login_id, who.conversation_id, approval_id, approve, BROWSER)
    await who.app.desk.decide_request(press, who.screen)
    return who.screen


async def decisions(who: Desk) -> list[tuple[str, str | None, str | None]]:
    """Type, result and author of the maker's events from the card on."""
    kinds = {"approval_requested", "approval_given", "approval_declined", "approval_expired", "tool_executed"}
    return [
        (event.event_type.value, event.result, event.user_id)
        for event in await who.record()
        if event.event_type.value in kinds or event.event_type.value == "tool_decided"
    ]


async def test_a_supervisor_carries_out_what_a_teller_asked_for(desk: Desk) -> None:
    teller = await confirmed(desk)
    assert await desk.balance() == "2500.00"
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    lines = dict(request.card.lines)
    assert "teller1" in lines["Asked by"]
    assert "cust_1" in lines["Customer"]
    assert lines["Amount"] == "AUD 50.00"
    screen = await decide(supervisor, request.card.approval_id)
    assert [state for state, _ in screen.closed] == ["done"]
    assert await desk.balance() == "2450.00"
    assert await decisions(teller) == [
        ("tool_decided", "needs_approval", "teller1"),
        ("approval_requested", None, "teller1"),
        ("approval_given", None, "teller1"),
        ("approval_given", None, "supervisor1"),
        ("tool_decided", "allowed", "supervisor1"),
        ("tool_executed", "success", "supervisor1"),
    ]
    assert [text for _, text in teller.screen.messages if "second person" in text and "Receipt" in text]
    again = await decide(supervisor, request.card.approval_id)
    assert again.closed == []
    assert await desk.balance() == "2450.00"
    assert await waiting(supervisor) == []


async def test_what_a_checker_is_shown_is_on_their_own_record_first(desk: Desk) -> None:
    await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    assert await supervisor.types() == ["session_started", "data_accessed"]
    await decide(supervisor, request.card.approval_id)
    assert (await supervisor.types())[-1] == "assistant_message"


async def test_the_events_of_one_request_are_one_turn(desk: Desk) -> None:
    teller = await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    await decide(supervisor, request.card.approval_id)
    events = [event for event in await teller.record() if (event.metadata or {}).get("proposal")]
    assert {event.request_id for event in events} == {events[0].request_id}
    assert len(events) == 6


async def test_a_supervisors_no_moves_nothing_and_the_maker_learns_it(desk: Desk) -> None:
    teller = await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    screen = await decide(supervisor, request.card.approval_id, approve=False)
    assert [state for state, _ in screen.closed] == ["declined"]
    assert (await decisions(teller))[-1] == ("approval_declined", None, "supervisor1")
    assert [text for _, text in teller.screen.messages if "declined" in text]
    assert await desk.balance() == "2500.00"


NOBODY = [
    ("teller1", Role.TELLER, "tenant_1"),
    ("auditor1", Role.AUDITOR, "tenant_1"),
    ("admin1", Role.ADMINISTRATOR, "tenant_1"),
    ("finance1", Role.FINANCE, "tenant_1"),
]


@pytest.mark.parametrize(("user", "role", "tenant"), NOBODY)
async def test_nobody_but_a_supervisor_sees_or_decides(desk: Desk, user: str, role: Role, tenant: str) -> None:
    await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    other = await at_desk(desk, user, role, tenant)
    with pytest.raises(UltracoreError):
        await waiting(other)
    screen = await decide(other, request.card.approval_id)
    assert screen.closed == []
    assert await desk.balance() == "2500.00"


async def test_another_tenants_supervisor_sees_nothing_and_a_stolen_id_does_nothing(desk: Desk) -> None:
    await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    stranger = await at_desk(desk, "supervisor2", Role.SUPERVISOR, "tenant_2")
    assert await waiting(stranger) == []
    colleague = await at_desk(desk, "supervisor3", Role.SUPERVISOR)
    for thief in (stranger, colleague, await at_desk(desk, "supervisor1", Role.SUPERVISOR)):
        screen = await decide(thief, request.card.approval_id)
        assert screen.closed == []
    assert await desk.balance() == "2500.00"


async def test_the_maker_cannot_press_twice_nor_type_a_yes(desk: Desk) -> None:
    teller = await asked(desk)
    button = teller.screen.cards[0].approval_id
    await teller.press(approve=True)
    await teller.press(approve=True, approval_id=button)
    assert await desk.balance() == "2500.00"
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    await supervisor.say("yes, approve it")
    assert await desk.balance() == "2500.00"


async def test_two_supervisors_press_at_once_and_it_happens_once(desk: Desk) -> None:
    await confirmed(desk)
    desks = [await at_desk(desk, f"supervisor{number}", Role.SUPERVISOR) for number in (1, 3)]
    buttons = [(await waiting(one))[0].card.approval_id for one in desks]
    screens = await asyncio.gather(*(decide(one, button) for one, button in zip(desks, buttons, strict=True)))
    assert sorted(len(screen.closed) for screen in screens) == [0, 1]
    assert await desk.balance() == "2450.00"


async def test_funds_that_went_meanwhile_end_the_request(desk: Desk) -> None:
    teller = await confirmed(desk)
    await move(desk, "2480.00")
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    screen = await decide(supervisor, request.card.approval_id)
    assert [state for state, _ in screen.closed] == ["void"]
    assert await waiting(supervisor) == []
    assert [text for _, text in teller.screen.messages if "enough money" in text]
    assert "funds.insufficient" in await teller.denials()


async def move(desk: Desk, amount: str) -> None:
    """The customer moves money to their own savings."""
    desk.model.expect(call("execute_transaction", {**TRANSFER, "amount": amount, "to_account_id": "acc_2"}))
    await desk.say(f"move {amount} dollars to my savings account")
    await desk.press(approve=True)


async def test_a_maker_who_may_no_longer_propose_stops_the_effect(desk: Desk) -> None:
    teller = await confirmed(desk)
    await change_rows(desk.app.bank.database, "UPDATE users SET status = 'disabled' WHERE user_id = 'teller1'")
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    screen = await decide(supervisor, request.card.approval_id)
    assert [state for state, _ in screen.closed] == ["not_done"]
    assert await teller.denials() == ["access.tool_not_allowed"]
    assert await desk.balance() == "2500.00"


async def test_a_request_that_runs_out_is_recorded_and_told(desk: Desk) -> None:
    teller = await confirmed(desk)
    bank = desk.app.bank
    later = datetime.now(UTC) + timedelta(hours=4, seconds=1)
    due = await bank.proposals.expire_due(later)
    presses: Any = desk.app.desk
    for proposal in due:
        await presses._decisions._presses.record_expiry(proposal)
    assert (await decisions(teller))[-1] == ("approval_expired", None, "teller1")
    assert [text for _, text in teller.screen.messages if "expired" in text]
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    assert await waiting(supervisor) == []


async def test_a_maker_who_went_home_learns_it_next_time(desk: Desk) -> None:
    teller = await confirmed(desk)
    presses: Any = desk.app.desk
    presses._decisions._presses._watched.clear()
    await desk.app.desk.sign_out(teller.who.login_id, BROWSER)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    await decide(supervisor, request.card.approval_id)
    assert await desk.balance() == "2450.00"
    back = await at_desk(desk, "teller1", Role.TELLER)
    assert [notice for notice in back.notices if "Receipt" in notice]


async def test_a_customers_own_transfer_needs_no_second_person(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    await desk.say("transfer 50 dollars to City Power")
    await desk.press(approve=True)
    assert await desk.balance() == "2450.00"


POINTS = [
    ("before the approval is recorded", "2500.00", None, "was not made"),
    ("before the entry", "2500.00", "failure", "was not made"),
    ("before the outcome", "2450.00", "success", "Receipt"),
]


@pytest.mark.parametrize(("point", "balance", "resolved", "told"), POINTS)
async def test_an_app_killed_at_the_second_press_leaves_one_truth(
    settings: Settings, scripted_model: ScriptedModel, point: str, balance: str, resolved: str | None, told: str
) -> None:
    scripted_model.expect(call("execute_transaction", TRANSFER))
    text = "transfer 50 dollars to City Power for cust_1"
    arguments = [str(settings.data_path), scripted_model.base_url, point, text, "two persons"]
    command = [sys.executable, "-m", "tests.ai.crash_worker", *arguments]
    done = await asyncio.to_thread(preloaded.run, command, env=without_configuration(os.environ), seconds=PATIENCE)
    assert done.returncode == -9, done.stderr
    async with open_app(settings) as app:
        store = await app.trail.store()
        assert await store.open_intents() == []
        events = await store.events(done.stdout.strip())
        found = [event.result for event in events if event.event_type.value == "outcome_resolved"]
        assert found == ([] if resolved is None else [resolved])
        for user, role in (("teller1", Role.TELLER), ("supervisor1", Role.SUPERVISOR)):
            desk = await Desk.sign_in(app, scripted_model, staff(user, role))
            assert [notice for notice in desk.notices if told in notice]
            assert await desk.balance() == balance


async def test_the_buttons_of_requests_long_over_are_gone_after_a_start(
    settings: Settings, scripted_model: ScriptedModel
) -> None:
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with Desk.open(scripted, scripted_model) as desk:
        await confirmed(desk)
        supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
        (request,) = await waiting(supervisor)
        await decide(supervisor, request.card.approval_id, approve=False)
        database = desk.app.bank.database
        await change_rows(
            database, "UPDATE proposals SET ended_at = datetime(ended_at, '-2 hours') WHERE status = 'declined'"
        )
        async with database.read() as connection:
            assert await buttons(connection) == 1
    async with open_app(scripted) as app, app.bank.database.read() as connection:
        assert await buttons(connection) == 0


async def buttons(connection: AsyncConnection) -> int:
    return int((await connection.exec_driver_sql("SELECT count(*) FROM checker_buttons")).scalar_one())
