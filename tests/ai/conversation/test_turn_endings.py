"""The ways in which a turn, a card or a login ends, and what the record says of each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.ai.screen import BROWSER, Desk, Screen
from tests.support.deadlines import PATIENCE
from tests.support.scripted_model import (
    ScriptedModel,
    Step,
    call,
    cut_after,
    fail,
    finish_only,
    junk,
    say,
    together,
)
from ultracore.ai.conversation import MAX_MESSAGE_BYTES
from ultracore.settings import Settings

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 - another task sets no event of ours
        await asyncio.sleep(0.01)
    assert condition()


FAILURES = [
    ([fail(401)], "model.unauthorised"),
    ([fail(500)] * 4, "model.server_error"),
    ([fail(429, retry_after="0")] * 4, "model.rate_limited"),
    ([cut_after(1, say("Half an answer"))], "model.cut_short"),
    ([junk()], "model.malformed"),
    ([finish_only("length")], "model.too_long"),
    ([finish_only("content_filter")], "model.filtered"),
    ([say("")], "model.malformed"),
    ([say(" ", pieces=[" "])], "model.empty"),
]


@pytest.mark.parametrize(("steps", "reason"), FAILURES, ids=[reason for _, reason in FAILURES])
async def test_a_failing_model_gets_an_apology_and_the_next_message_works(
    desk: Desk, steps: list[Step], reason: str
) -> None:
    desk.model.expect(*steps)
    screen = await desk.say("What's my balance?")
    kind, apology = screen.messages[-1]
    assert kind == "error"
    assert "Ref " in apology
    assert "13 00 00 00" in apology
    failed = [event for event in await desk.record() if event.event_type.value == "turn_failed"]
    assert [(event.metadata or {})["reason"] for event in failed] == [reason]
    assert failed[0].request_id is not None
    assert failed[0].request_id in apology
    desk.model.expect(say("Here I am again."))
    assert (await desk.say("hello?")).answers == ["Here I am again."]


@pytest.mark.parametrize(
    ("steps", "again"),
    [
        ([junk()], True),
        ([call("detect_fraud", {}), junk()], True),
        ([call("freeze_card", {}), junk()], False),
        ([fail(401)], False),
    ],
    ids=["before any call", "after a look-up", "after a card was frozen", "a refusal, which stays one"],
)
async def test_a_failed_question_may_be_asked_again_if_nothing_was_done(
    desk: Desk, steps: list[Step], again: bool
) -> None:
    desk.model.expect(*steps)
    screen = await desk.say("Freeze my card, please")
    assert screen.messages[-1][0] == "error"
    assert screen.again is again


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_model_that_refuses_us_is_told_apart_from_an_outage(desk: Desk, status: int) -> None:
    desk.model.expect(fail(status, body={"error": {"message": "secret reason"}}))
    kind, told = (await desk.say("What's my balance?")).messages[-1]
    assert kind == "error"
    assert "not set up correctly" in told
    assert "secret reason" not in told


async def test_an_unreachable_model_gets_an_apology(desk: Desk) -> None:
    desk.model.stop()
    screen = await desk.say("What's my balance?")
    assert screen.messages[-1][0] == "error"
    assert "turn_failed" in await desk.types()


REFUSED = [
    ("a" * (MAX_MESSAGE_BYTES + 1), "message.too_long"),
    ("é" * (MAX_MESSAGE_BYTES // 2 + 1), "message.too_long"),
    ("", "message.empty"),
    (" \n\t ", "message.empty"),
    ("\x00\x07\u200b\u202e", "message.empty"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
async def test_a_message_that_cannot_be_read_is_refused_with_a_sentence(
    desk: Desk, text: str, reason: str
) -> None:
    screen = await desk.say(text)
    assert [kind for kind, _ in screen.messages] == ["notice"]
    assert await desk.types() == ["session_started", "guardrail_triggered", "assistant_message"]
    assert ((await desk.record())[1].metadata or {})["reason"] == reason


async def test_the_longest_message_is_answered(desk: Desk) -> None:
    desk.model.expect(say("That was long."))
    assert (await desk.say("a" * MAX_MESSAGE_BYTES)).answers == ["That was long."]


async def test_too_many_messages_are_refused_with_the_wait(
    settings: Settings, scripted_model: ScriptedModel
) -> None:
    limited = settings.model_copy(update={"openai_base_url": scripted_model.base_url, "messages_per_minute": 2})
    async with Desk.open(limited, scripted_model) as desk:
        scripted_model.expect(say("One."), say("Two."))
        await desk.say("hello one")
        await desk.say("hello two")
        screen = await desk.say("hello three")
        assert screen.answers == []
        assert "wait" in screen.messages[0][1]
        assert (await desk.types()).count("user_message") == 2
        assert "rate_limit_exceeded" in await desk.types()


async def test_a_message_id_that_comes_twice_is_answered_once(desk: Desk) -> None:
    desk.model.expect(say("Once."))
    assert (await desk.say("hello", message_id="m-1")).answers == ["Once."]
    assert (await desk.say("hello", message_id="m-1")).answers == []
    assert (await desk.types()).count("user_message") == 1


async def test_two_messages_at_once_are_answered_one_after_the_other(desk: Desk) -> None:
    desk.model.expect(say("First answer.", delay=0.02), say("Second answer."))
    first = asyncio.create_task(desk.say("first question"))
    await asyncio.to_thread(desk.model.wait_for_requests, 1)
    second = asyncio.create_task(desk.say("second question"))
    await asyncio.gather(first, second)
    turns = [event.event_type.value for event in await desk.record()]
    assert turns[-2:] == ["user_message", "assistant_message"]
    roles = [message["role"] for message in desk.model.requests[1].messages]
    assert roles == ["system", "user", "assistant", "user"]


async def test_stop_ends_the_talking_and_keeps_what_was_seen(desk: Desk) -> None:
    desk.model.expect(say("", delay=5.0, pieces=["one two\n\n", "three ", "four"]))
    turn = asyncio.create_task(desk.say("tell me a story"))
    await asyncio.sleep(0)
    await until(lambda: "one" in desk.screen.shown)
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    screen = await turn
    assert "three" not in screen.shown
    assert "Stopped" in screen.shown
    types = await desk.types()
    assert types[-3:] == ["assistant_message", "turn_stopped", "assistant_message"]
    desk.model.expect(say("Yes?"))
    assert (await desk.say("hello again")).answers == ["Yes?"]


async def test_stop_withdraws_an_open_card(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    screen = await desk.say("transfer 50 dollars to City Power")
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    assert [state for state, _ in screen.closed] == ["void"]
    await desk.press(approve=True)
    assert await desk.balance() == "2500.00"
    assert "approval_declined" in await desk.types()


async def test_declining_changes_nothing_and_is_recorded(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    await desk.say("transfer 50 dollars to City Power")
    screen = await desk.press(approve=False)
    assert [state for state, _ in screen.closed] == ["declined"]
    assert await desk.balance() == "2500.00"
    assert (await desk.types())[-2:] == ["approval_declined", "assistant_message"]


async def test_a_card_runs_out_and_says_so(settings: Settings, scripted_model: ScriptedModel) -> None:
    quick = settings.model_copy(update={"openai_base_url": scripted_model.base_url, "approval_seconds": 1})
    async with Desk.open(quick, scripted_model) as desk:
        scripted_model.expect(call("execute_transaction", TRANSFER))
        screen = await desk.say("transfer 50 dollars to City Power")
        await until(lambda: bool(screen.closed))
        assert [state for state, _ in screen.closed] == ["expired"]
        await desk.press(approve=True)
        assert await desk.balance() == "2500.00"
        assert "approval_expired" in await desk.types()
        assert await desk.denials() == ["approval.expired"]


async def test_sign_out_ends_the_session_the_card_and_the_conversation(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    await desk.say("transfer 50 dollars to City Power")
    await desk.app.desk.sign_out(desk.who.login_id, BROWSER)
    await desk.press(approve=True)
    assert await desk.balance() == "2500.00"
    assert (await desk.types())[-1] == "session_ended"
    screen = await desk.say("What's my balance?")
    assert screen.answers == []
    assert "sign in again" in screen.shown


async def test_a_login_that_ends_during_a_turn_has_no_authority_left(desk: Desk) -> None:
    desk.model.expect(
        together(
            say("Let me look. ", pieces=40, delay=0.02), call("get_account_balance", {"account_id": "acc_1"})
        ),
        say("I could not look."),
    )
    turn = asyncio.create_task(desk.say("What's my balance?"))
    await asyncio.to_thread(desk.model.wait_for_requests, 1)
    await desk.app.logins.revoke(desk.who.login_id)
    screen = await turn
    assert screen.ended("get_account_balance") == ["refused"]
    assert await desk.denials() == ["session.ended"]


async def test_the_subject_changes_and_the_other_agent_takes_over(desk: Desk) -> None:
    desk.model.expect(say("Your accounts are fine."), say("Whom do you want to pay?"), say("Fine still."))
    assert (await desk.say("What's my balance?")).author == "Accounts"
    screen = await desk.say("I want to transfer money to somebody")
    assert screen.author == "Payments"
    assert ("handoff", "The Accounts agent has handed you over to the Payments agent.") in screen.messages
    assert (await desk.say("what is the balance of my savings account")).author == "Accounts"
    assert (await desk.types()).count("handoff_requested") == 2


async def test_a_card_is_shown_again_with_a_new_button_and_the_old_one_is_dead(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    old = (await desk.say("transfer 50 dollars to City Power")).cards[0]
    again = Screen()
    await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, again)
    new = again.cards[0]
    assert new.approval_id != old.approval_id
    assert new.lines == old.lines
    await desk.press(approve=True, approval_id=old.approval_id)
    assert await desk.balance() == "2500.00"
    await desk.press(approve=True, approval_id=new.approval_id)
    assert await desk.balance() == "2450.00"


async def test_card_numbers_reach_neither_model_nor_record(desk: Desk) -> None:
    desk.model.expect(say("I do not need that."))
    await desk.say("What is the balance of my card 4111 1111 1111 1111 thanks")
    assert "4111" not in str(desk.model.requests[0].messages)
    # Both spellings, and not four digits, which a digest may hold.
    told = str([event.to_dict() for event in await desk.record()])
    assert "4111 1111" not in told and "41111111" not in told
