"""Whole turns: the conversation runtime over the real bank, record and Redis, with a scripted model over HTTP."""

from __future__ import annotations

from tests.ai.screen import Desk
from tests.support.scripted_model import call, say

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


async def test_a_balance_is_answered_from_the_tool(desk: Desk) -> None:
    desk.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("You have AUD 2,500.00."))
    screen = await desk.say("What's my balance?")
    assert screen.answers == ["You have AUD 2,500.00."]
    assert screen.author == "Accounts"
    assert screen.ended("get_account_balance") == ["done"]
    assert await desk.types() == [
        "session_started",
        "user_message",
        "session_routed",
        "assistant_message",
        "tool_requested",
        "tool_decided:allowed",
        "tool_executed",
        "assistant_message",
    ]


async def test_a_transfer_happens_when_its_button_is_pressed_and_only_once(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    screen = await desk.say("transfer 50 dollars to City Power")
    assert screen.author == "Payments"
    assert await desk.balance() == "2500.00"
    await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["done"]
    assert "Receipt" in screen.closed[0][1]
    assert await desk.balance() == "2450.00"
    await desk.press(approve=True)
    assert screen.closed == []
    assert await desk.balance() == "2450.00"
    assert (await desk.types())[3:] == [
        "assistant_message",
        "tool_requested",
        "tool_decided:needs_approval",
        "approval_requested",
        "approval_given",
        "tool_decided:allowed",
        "tool_executed",
        "assistant_message",
        "tool_decided:denied",
        "assistant_message",
    ]


async def test_an_answer_says_on_the_record_which_model_gave_it_and_what_that_took(desk: Desk) -> None:
    desk.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("You have AUD 2,500.00."))
    await desk.say("What's my balance?")
    desk.model.expect(say("You are welcome."))
    await desk.say("thanks")
    metadata = [event.metadata or {} for event in await desk.record()]
    answers = [one for one in metadata if one.get("kind") == "answer"]
    assert [one["model"] for one in answers] == ["gpt-4.1-mini", "gpt-4.1-mini"]
    assert answers[0]["prompt_version"] == answers[1]["prompt_version"]
    # The first answer took two requests, of which the second read the tool's result too.
    assert answers[0]["tokens"] > answers[1]["tokens"] > 0
    assert all(float(one["cost"]) > 0 for one in answers)


async def test_the_language_of_a_message_is_told_to_the_model_and_stands_on_the_record(desk: Desk) -> None:
    desk.model.expect(say("De nada."))
    await desk.say("¿cuánto dinero tengo en mi cuenta de ahorros?")
    desk.model.expect(say("You are welcome."))
    await desk.say("thank you very much for your help")
    metadata = [event.metadata or {} for event in await desk.record()]
    answers = [one for one in metadata if one.get("kind") == "answer"]
    assert [one["language"] for one in answers] == ["es", "en"]
    # The model was told after the prefix that is the same for every turn of an agent.
    first, second = (str(request.messages[0]["content"]) for request in desk.model.requests)
    assert first == f"{second}\nAnswer in Spanish."
