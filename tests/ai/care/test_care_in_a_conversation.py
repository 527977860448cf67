"""What somebody in need gets, with every part at work and with each of them gone."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from tests.ai.conversation.test_outages import ledger_file, record_file
from tests.ai.conversation.test_outages_of_redis import frozen, redis_pid
from tests.ai.screen import BROWSER, Desk, Screen, staff
from tests.ai.sqlite_files import locked
from tests.audit.people import eventually
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.ai.care import WITHIN
from ultracore.ai.conversation.intake import MAX_MESSAGE_BYTES
from ultracore.ai.screen import Inbound
from ultracore.audit import AuditEvent
from ultracore.principal import Role
from ultracore.settings import Settings

SELF_HARM = "I want to kill myself"
ABUSE = "My husband hits me"
HARDSHIP = "I lost my job and can't pay my loan"
PRESSURE = "A man on the phone tells me to transfer the money right now"
LIFELINE = "[13 11 14](tel:131114)"
EMERGENCY = "[000](tel:000)"
TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


def care(screen: Screen) -> list[str]:
    """The texts of care that a turn has shown."""
    return [text for kind, text in screen.messages if kind == "care"]


async def shown(screen: Screen) -> bool:
    return bool(care(screen))


def rows_of(path: Path, statement: str) -> list[tuple[bytes, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


async def given(desk: Desk) -> list[AuditEvent]:
    """What is on the record of care."""
    return [event for event in await desk.record() if (event.metadata or {}).get("reason") == "care"]


@pytest.mark.parametrize("text", [SELF_HARM, ABUSE])
async def test_where_a_life_is_in_danger_no_model_is_asked(desk: Desk, text: str) -> None:
    screen = await desk.say(text)
    (told,) = care(screen)
    assert EMERGENCY in told
    assert desk.model.requests == []
    assert screen.answers == [] and screen.cards == []


async def test_the_kind_is_sealed_and_the_clear_part_says_care(desk: Desk) -> None:
    await desk.say(SELF_HARM)
    (event,) = await given(desk)
    assert event.event_type.value == "guardrail_triggered"
    assert (event.metadata or {})["care"] == "self_harm"
    bodies = [body for (body,) in rows_of(record_file(desk), "SELECT body FROM events")]
    (body,) = [one for one in bodies if event.event_id.encode() in bytes(one)]
    assert b'"reason":"care"' in bytes(body) and b"self_harm" not in bytes(body)


async def test_the_record_has_the_message_then_the_care_then_the_text(desk: Desk) -> None:
    await desk.say(SELF_HARM)
    types = await desk.types()
    assert types == ["session_started", "user_message", "guardrail_triggered", "assistant_message"]
    assert LIFELINE in str(((await desk.record())[-1].metadata or {})["text"])


async def test_hardship_gets_the_text_first_and_then_an_answer(desk: Desk) -> None:
    desk.model.expect(say("Let us look at your repayments."))
    screen = await desk.say(HARDSHIP)
    assert screen.messages[0][0] == "care" and "[1800 007 007](tel:1800007007)" in screen.messages[0][1]
    assert screen.answers == ["Let us look at your repayments."]


async def test_pressure_withdraws_the_open_card(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    first = await desk.say("transfer 50 dollars to City Power")
    desk.model.expect(say("Please hang up."))
    await desk.say(PRESSURE)
    assert [state for state, _ in first.closed] == ["void"]
    await desk.press(approve=True, approval_id=first.cards[0].approval_id)
    assert await desk.balance() == "2500.00"
    (declined,) = [event for event in await desk.record() if event.event_type.value == "approval_declined"]
    assert (declined.metadata or {})["reason"] == "care.pressure"


async def test_a_text_is_not_repeated_within_ten_messages_and_an_emergency_line_stays(desk: Desk) -> None:
    (first,) = care(await desk.say(SELF_HARM))
    for _ in range(WITHIN):
        (again,) = care(await desk.say(SELF_HARM))
        assert again != first and EMERGENCY in again
    assert care(await desk.say(SELF_HARM)) == [first]


async def test_a_repeated_hardship_is_answered_without_the_text(desk: Desk) -> None:
    desk.model.expect(say("First."), say("Second."))
    await desk.say(HARDSHIP)
    screen = await desk.say(HARDSHIP)
    assert care(screen) == [] and screen.answers == ["Second."]
    assert len(await given(desk)) == 2


async def test_staff_are_not_looked_at(desk: Desk) -> None:
    teller = await Desk.sign_in(desk.app, desk.model, staff("teller1", Role.TELLER))
    desk.model.expect(say("Which customer is it about?"))
    screen = await teller.say(SELF_HARM)
    assert care(screen) == [] and await given(teller) == []


async def test_a_message_that_is_too_long_still_gets_the_numbers(desk: Desk) -> None:
    screen = await desk.say(f"{SELF_HARM}. {'x ' * MAX_MESSAGE_BYTES}")
    assert LIFELINE in care(screen)[0]
    assert [reason for event in await desk.record() if (reason := (event.metadata or {}).get("reason"))] == [
        "message.too_long",
        "care",
    ]


async def test_a_message_above_the_limit_still_gets_the_numbers(
    settings: Settings, scripted_model: ScriptedModel
) -> None:
    few = settings.model_copy(update={"messages_per_minute": 1, "openai_base_url": scripted_model.base_url})
    async with Desk.open(few, scripted_model) as desk:
        scripted_model.expect(say("Hello."))
        await desk.say("What's my balance?")
        screen = await desk.say(SELF_HARM)
        assert LIFELINE in care(screen)[0]
        assert "rate_limit_exceeded" in await desk.types() and len(await given(desk)) == 1


async def test_without_redis_the_numbers_are_shown(desk: Desk) -> None:
    screen = Screen()
    with frozen(redis_pid(desk.app.settings)):
        inbound = Inbound(desk.who.login_id, desk.conversation_id, str(uuid4()), SELF_HARM, BROWSER)
        turn = asyncio.create_task(desk.app.desk.message(inbound, screen))
        await eventually(lambda: shown(screen), seconds=0.5)
        await turn
    assert LIFELINE in care(screen)[0]
    assert [kind for kind, _ in screen.messages] == ["care", "error"]


async def test_a_model_that_is_gone_fails_after_the_numbers(desk: Desk) -> None:
    desk.model.stop()
    screen = await desk.say(HARDSHIP)
    assert screen.messages[0][0] == "care"
    assert "error" in [kind for kind, _ in screen.messages]


async def test_without_the_record_the_numbers_are_shown(desk: Desk) -> None:
    async with locked(record_file(desk)):
        screen = await desk.say(SELF_HARM)
    assert LIFELINE in care(screen)[0]


async def test_without_the_ledger_the_numbers_are_shown(desk: Desk) -> None:
    async with locked(ledger_file(desk)):
        screen = await desk.say(SELF_HARM)
    assert EMERGENCY in care(screen)[0]


async def test_a_message_that_could_not_be_handed_over_gets_the_words_too(desk: Desk) -> None:
    assert LIFELINE in (desk.app.desk.words_in_need(SELF_HARM) or "")
    assert desk.app.desk.words_in_need("What's my balance?") is None
