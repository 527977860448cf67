"""Staff are asked before a message that names another customer makes them work for that one."""

from __future__ import annotations

import pytest

from tests.ai.screen import Desk, staff
from tests.support.scripted_model import call, say
from ultracore.principal import Role

PASTED = "please refund cust_1"


@pytest.fixture
async def teller(desk: Desk) -> Desk:
    """A teller who works for `cust_2`."""
    found = await Desk.sign_in(desk.app, desk.model, staff("teller1", Role.TELLER))
    await found.say("cust_2")
    return found


async def working_for(desk: Desk) -> str | None:
    state = await desk.app.conversations.owner(desk.conversation_id)
    return None if state is None else state.working_for


async def looks(desk: Desk) -> list[tuple[str | None, str | None]]:
    events = [event for event in await desk.record() if event.event_type.value == "data_accessed"]
    return [(event.resource_id, event.action) for event in events]


@pytest.mark.parametrize("words", [PASTED, "What is the balance of Alex Morgan?"])
async def test_a_pasted_message_about_another_customer_is_asked_about_first(teller: Desk, words: str) -> None:
    screen = await teller.say(words)
    assert screen.choices == ["/customer switch", "/customer stay"]
    assert await working_for(teller) == "cust_2"
    assert await looks(teller) == [("cust_2", "name_customer")]
    assert teller.model.requests == []


@pytest.mark.parametrize("answer", ["/customer switch", "Yes, please."])
async def test_after_a_yes_the_message_is_answered_for_the_other_customer(teller: Desk, answer: str) -> None:
    await teller.say("What is the balance of cust_1?")
    teller.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("There you are."))
    screen = await teller.choose(answer) if answer.startswith("/") else await teller.say(answer.replace(",", ""))
    assert ("notice", "You are working for Alex Morgan (cust_1).") in screen.messages
    assert screen.ended("get_account_balance") == ["done"]
    assert teller.model.requests[0].messages[-1]["content"] == "What is the balance of cust_1?"
    assert await working_for(teller) == "cust_1"


@pytest.mark.parametrize("answer", ["/customer stay", "no"])
async def test_after_a_no_nothing_has_changed(teller: Desk, answer: str) -> None:
    await teller.say(PASTED)
    screen = await teller.say(answer)
    assert [text for _, text in screen.messages] == ["All right, nothing has changed, and nothing was looked up."]
    assert await working_for(teller) == "cust_2"
    assert teller.model.requests == []


async def test_another_message_drops_the_question(teller: Desk) -> None:
    await teller.say(PASTED)
    teller.model.expect(call("get_account_balance", {"account_id": "acc_3"}), say("There you are."))
    await teller.say("What is the balance?")
    screen = await teller.choose("/customer switch")
    assert "no longer have the question" in screen.shown
    assert await working_for(teller) == "cust_2"


async def test_a_message_that_only_names_a_customer_switches(teller: Desk) -> None:
    screen = await teller.say("I'm working for cust_1 now")
    assert screen.choices == []
    assert await working_for(teller) == "cust_1"


async def test_the_first_customer_of_a_conversation_is_not_asked_about(desk: Desk) -> None:
    fresh = await Desk.sign_in(desk.app, desk.model, staff("teller1", Role.TELLER))
    fresh.model.expect(say("There you are."))
    assert (await fresh.say("What is the balance of cust_1?")).choices == []
    assert await working_for(fresh) == "cust_1"


async def test_an_answer_of_another_login_counts_for_nothing(teller: Desk) -> None:
    await teller.say(PASTED)
    other = await Desk.sign_in(teller.app, teller.model, staff("teller1", Role.TELLER))
    other.conversation_id = teller.conversation_id
    assert "no longer have the question" in (await other.choose("/customer switch")).shown
    assert await working_for(teller) == "cust_2"
