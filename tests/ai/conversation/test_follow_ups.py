"""What a customer is offered after an answer: theirs to ask, and answered when it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk, principal
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.container import open_app
from ultracore.settings import Settings

FIRST = ("What's my balance?", "Freeze my card", "What do I hold in my portfolio?")


@pytest.fixture
async def demo(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[Desk]:
    """`customer1` in front of the offline model."""
    async with open_app(settings) as app:
        yield await Desk.sign_in(app, scripted_model, principal())


async def test_every_suggestion_is_answered_by_its_tool_and_leads_to_the_next(demo: Desk) -> None:
    asked: dict[str, set[str]] = {}
    waiting = list(FIRST)
    while waiting:
        text = waiting.pop(0)
        screen = await demo.say(text)
        ended = {step.tool: step.status for step in screen.steps if step.status != "running"}
        assert set(ended.values()) <= {"done", "waiting"}, (text, screen.shown)
        assert ended, text
        asked[text] = set(ended)
        waiting += [one for one in screen.offered if one not in asked and one not in waiting]
    assert "search_transactions" in asked["Show my recent transactions"]
    assert "summarise_spending" in asked["Show my spending by category last month"]
    assert "get_statement" in asked["Get my account statement for last month"]
    assert "get_allocation" in asked["How are my investments allocated?"]
    assert "unfreeze_card" in asked["Unfreeze my card"]
    # The customer's own payee: the other customer has none of this name.
    assert "Transfer money to City Power" in asked


async def test_what_somebody_does_not_have_is_not_suggested(demo: Desk) -> None:
    other = await Desk.sign_in(demo.app, demo.model, principal("customer2", "cust_2"))
    assert "City Power" not in " ".join((await other.say("What's my balance?")).offered)
    assert (await other.say("What do I hold in my portfolio?")).offered == []


async def test_nothing_is_suggested_beside_a_question_a_refusal_or_a_card(desk: Desk) -> None:
    found = call("get_customer_360", {})
    desk.model.expect(found, say("Which account do you mean?"))
    assert (await desk.say("What's my balance?")).offered == []
    desk.model.expect(call("get_account_balance", {"account_id": "acc_9"}), say("I cannot see it."))
    assert (await desk.say("And the other one")).offered == []
    desk.model.expect(found, say("Here they are."))
    assert (await desk.say("What's my balance?")).offered
