"""Who answers: a clear subject, an unclear one, small talk, an agent that hands over, a ring of handovers."""

from __future__ import annotations

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import Step, call, say


async def test_an_unclear_message_is_asked_back_with_buttons_and_then_answered(desk: Desk) -> None:
    screen = await desk.say("help me with my account and loan")
    assert len(screen.choices) == 3
    assert "session_routed" not in await desk.types()
    desk.model.expect(say("What about your payments?"))
    screen = await desk.choose("Payments")
    assert screen.author == "Payments"
    assert screen.answers == ["What about your payments?"]
    assert desk.model.requests[0].messages[-1]["content"] == "help me with my account and loan"
    routed = [event for event in await desk.record() if event.event_type.value == "session_routed"]
    assert [(event.metadata or {})["agent"] for event in routed] == ["Payments"]


async def test_a_choice_without_a_question_says_so(desk: Desk) -> None:
    assert [kind for kind, _ in (await desk.choose("Payments")).messages] == ["notice"]
    await desk.say("help me with my account and loan")
    assert [kind for kind, _ in (await desk.choose("Treasury")).messages] == ["notice"]


@pytest.mark.parametrize("text", ["hello there", "thanks a lot mate", "you are a useless piece of shit"])
async def test_small_talk_is_answered_kindly_without_a_domain(desk: Desk, text: str) -> None:
    desk.model.expect(say("Hello! What can I do for you?"), say("You have accounts."))
    screen = await desk.say(text)
    assert screen.answers == ["Hello! What can I do for you?"]
    assert screen.author == "Anya"
    assert desk.model.requests[0].tool_names == []
    assert await desk.types() == ["session_started", "user_message", "assistant_message"]
    assert (await desk.say("What's my balance?")).author == "Accounts"


def handover(agent: str) -> Step:
    return call("hand_over", {"agent": agent, "reason": "not my subject"})


async def test_an_agent_hands_over_and_the_next_one_knows_what_was_said(desk: Desk) -> None:
    desk.model.expect(handover("Payments"), say("Whom do you want to pay?"))
    screen = await desk.say("What's my balance?")
    assert screen.author == "Payments"
    assert screen.answers == ["Whom do you want to pay?"]
    second = desk.model.requests[1]
    assert "Payments agent" in second.messages[0]["content"]
    assert [message["role"] for message in second.messages] == ["system", "user", "assistant", "tool"]
    assert "execute_transaction" in second.tool_names


async def test_a_ring_of_handovers_ends_after_three(desk: Desk) -> None:
    ring = ["Payments", "Accounts", "Payments", "Accounts"]
    desk.model.expect(*(handover(agent) for agent in ring), say("I stay."))
    screen = await desk.say("What's my balance?")
    assert await desk.denials() == ["handoff.too_many"]
    assert (await desk.types()).count("handoff_requested") == 3
    assert screen.author == "Payments"


async def test_no_agent_hands_over_to_itself(desk: Desk) -> None:
    desk.model.expect(handover("Accounts"), say("I stay."))
    screen = await desk.say("What's my balance?")
    assert await desk.denials() == ["handoff.same_agent"]
    assert "handoff_requested" not in await desk.types()
    assert screen.answers == ["I stay."]


async def test_nobody_can_be_handed_to_an_agent_that_does_not_exist(desk: Desk) -> None:
    desk.model.expect(handover("Treasury"), say("I stay."))
    await desk.say("What's my balance?")
    assert await desk.denials() == ["arguments.invalid"]


async def test_the_next_agent_may_quote_what_the_one_before_looked_up(desk: Desk) -> None:
    looked = call("get_account_balance", {"account_id": "acc_1"})
    desk.model.expect(looked, handover("Payments"), say("You can pay up to AUD 2,500.00."))
    screen = await desk.say("What's my balance?")
    assert screen.answers == ["You can pay up to AUD 2,500.00."]


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("What's my balance? I need it for the rent", "Accounts"),
        ("Hi there. I lost my card", "Security"),
        ("我的余额是多少\uff1f谢谢你", "Accounts"),
    ],
)
async def test_a_first_message_goes_by_its_first_clear_sentence(desk: Desk, text: str, agent: str) -> None:
    desk.model.expect(say("Let me look."))
    assert (await desk.say(text)).author == agent


async def test_a_later_sentence_moves_no_conversation(desk: Desk) -> None:
    desk.model.expect(say("Let me look."), say("I see."))
    await desk.say("What's my balance?")
    assert (await desk.say("that is less than I thought it was. maybe my shares")).author == "Accounts"
