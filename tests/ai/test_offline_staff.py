"""Members of staff with the offline model: each desk's first question, over the whole runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk
from tests.ai.test_staff import staff
from tests.support.scripted_model import ScriptedModel
from ultracore.container import App, open_app
from ultracore.principal import Role
from ultracore.settings import Settings


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[App]:
    async with open_app(settings) as opened:
        yield opened


FIRST_QUESTIONS = [
    (Role.FINANCE, ["trial balance please"], "get_trial_balance"),
    (Role.FINANCE, ["show me the trial balance at 31 Aug 2026"], "get_trial_balance"),
    (Role.TELLER, ["I work for cust_1", "what's the balance"], "get_customer_360"),
    (
        Role.LENDER,
        ["I work for cust_1", "is the customer eligible for a $50,000 home loan"],
        "check_loan_eligibility",
    ),
    (Role.SECURITY, ["I work for cust_1", "show unusual activity"], "list_unusual_activity"),
]


@pytest.mark.parametrize(("role", "messages", "tool"), FIRST_QUESTIONS)
async def test_a_desks_first_question_ends_in_its_tool(
    app: App, role: Role, messages: list[str], tool: str
) -> None:
    desk = await Desk.sign_in(app, ScriptedModel(), staff(role))
    for message in messages:
        screen = await desk.say(message)
    assert "done" in screen.ended(tool), screen.shown
    assert screen.answers
