"""Members of staff with the offline model: each desk's first question, over the whole runtime."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk, principal
from tests.ai.staff.test_staff import staff
from tests.support.scripted_model import ScriptedModel
from ultracore.ai.answers import WITHHELD
from ultracore.ai.staff import told_to_model
from ultracore.container import App, open_app
from ultracore.offline_model.staff import customer_of, told_to
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


YOURS = re.compile(r"\b(?:your (?!session|own words)|yours\b|you (?:owe|spent|have))", re.I)
SAID_OF_THEM = [
    (Role.TELLER, "what's the balance", "cust_1's Everyday account ending 4821 has AUD 2,500.00."),
    (Role.TELLER, "what's the balance", "On cust_1's Personal loan ending 5502 cust_1 owes AUD 12,400.00."),
    (Role.TELLER, "what did cust_1 spend on groceries", "cust_1 spent "),
    (Role.TELLER, "who can be paid", "cust_1's balances"),
    (Role.TELLER, "transfer fifty dollars to Nobody Atall", "cust_1 can pay “City Power”"),
    (Role.LENDER, "status of the loan application", "Personal loan ending 5502"),
    (Role.SECURITY, "freeze the card ending 0000", "no such card of cust_1"),
]


@pytest.mark.parametrize(("role", "question", "said"), SAID_OF_THEM)
async def test_staff_are_told_of_the_customer_and_never_of_your_account(
    app: App, role: Role, question: str, said: str
) -> None:
    desk = await Desk.sign_in(app, ScriptedModel(), staff(role))
    await desk.say("I work for cust_1")
    screen = await desk.say(question)
    (answer,) = [text for text in screen.answers if text]
    assert said in answer
    assert WITHHELD not in answer
    assert not YOURS.search(answer), answer


async def test_a_customer_is_still_told_of_their_own_account(app: App) -> None:
    desk = await Desk.sign_in(app, ScriptedModel(), principal())
    screen = await desk.say("what's my balance")
    assert screen.answers[-1].startswith("Your Everyday account ending 4821")


def test_the_prompt_says_whom_staff_work_for() -> None:
    assert customer_of("You are Anya.") is None
    assert customer_of(told_to_model(staff(Role.TELLER), None)) == "the customer"
    assert customer_of(told_to_model(staff(Role.TELLER), "cust_1")) == "cust_1"


TO_STAFF = [
    ("Your Everyday account has AUD 1.00.", "The customer's Everyday account has AUD 1.00."),
    ("I see no investments of yours.", "I see no investments of the customer."),
    ("Your session has ended. Please sign in again.", "Your session has ended. Please sign in again."),
    ("- 20 Nov: Your account shop, -AUD 1.00", "- 20 Nov: Your account shop, -AUD 1.00"),
    (
        "I can't find “your card shop” among your accounts.",
        "I can't find “your card shop” among the customer's accounts.",
    ),
    ("You can pay Your Home Loan (ending 1234).", "The customer can pay Your Home Loan (ending 1234)."),
]


@pytest.mark.parametrize(("to_customer", "to_staff"), TO_STAFF)
def test_what_is_the_customers_is_said_of_them_and_data_stays(to_customer: str, to_staff: str) -> None:
    assert told_to("the customer", to_customer) == to_staff
    assert told_to(None, to_customer) == to_customer
