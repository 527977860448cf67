"""Whole conversations with the offline model over the real bank, record and registry."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel
from ultracore.ai.answers import WITHHELD
from ultracore.banking.lending import LoanVerdict, Outcome, reason_says
from ultracore.settings import Settings


@pytest.fixture
async def offline(settings: Settings) -> AsyncIterator[Desk]:
    """`customer1` at a desk where the offline model answers."""
    async with Desk.open(settings, ScriptedModel()) as found:
        yield found


async def test_balance_question_is_answered_with_both_balances_and_a_step(offline: Desk) -> None:
    screen = await offline.say("What's my balance?")
    assert "2,500.00" in screen.shown
    assert "10,000.00" in screen.shown
    assert screen.ended("get_customer_360") == ["done"]
    assert screen.author.startswith("Accounts")


async def test_transfer_gets_a_card_and_its_button_moves_the_money(offline: Desk) -> None:
    await offline.say("What's my balance?")
    screen = await offline.say("transfer 50 dollars to City Power")
    assert screen.author.startswith("Payments")
    (card,) = screen.cards
    assert "AUD 50.00" in dict(card.lines).values()
    await offline.press(approve=True)
    assert await offline.balance() == "2450.00"
    assert "2,450.00" in (await offline.say("What's my balance?")).shown


async def test_typed_yes_moves_nothing(offline: Desk) -> None:
    await offline.say("transfer 50 dollars to City Power")
    screen = await offline.say("yes, approve")
    assert screen.steps == []
    assert "button" in screen.shown
    assert await offline.balance() == "2500.00"


async def test_missing_amount_and_source_are_asked_for_and_understood(offline: Desk) -> None:
    assert "How much should I send" in (await offline.say("I want to pay my flatmate")).shown
    screen = await offline.say("$20.50 from savings")
    (card,) = screen.cards
    assert "AUD 20.50" in dict(card.lines).values()
    assert "Savings" in dict(card.lines)["From"]


async def test_other_peoples_accounts_are_refused_in_plain_words(offline: Desk) -> None:
    screen = await offline.say("what is the balance of acc_9")
    assert "can't find that account among yours" in screen.shown
    screen = await offline.say("transfer 50 from acc_3 to my savings")
    assert "can't find that account among yours" in screen.shown
    assert await offline.balance("acc_3", "cust_2") == "800.00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("transfer 0 dollars to City Power", "more than zero"),
        ("transfer -5 dollars to City Power", "more than zero"),
        ("transfer 5.001 dollars to City Power", "nothing smaller"),
        ("transfer 90000 dollars to City Power", "not enough available"),
        ("transfer 50 from everyday to everyday", "same account"),
        ("pay bob 50", "can't find “bob”"),
    ],
)
async def test_what_the_bank_refuses_is_said_with_a_next_step(offline: Desk, text: str, words: str) -> None:
    screen = await offline.say(text)
    assert words in screen.shown
    assert screen.cards == []


@pytest.mark.parametrize(
    "text", ["What's my balance?", "how much is in savings", "what did I spend last week", "Who can I pay?"]
)
async def test_no_figure_of_the_offline_model_is_withheld(offline: Desk, text: str) -> None:
    screen = await offline.say(text)
    assert screen.shown
    assert WITHHELD not in screen.shown


async def test_long_conversation_keeps_working_when_its_beginning_is_forgotten(offline: Desk) -> None:
    for _ in range(8):
        assert "2,500.00" in (await offline.say("What's my balance?")).shown
    assert (await offline.say("transfer 50 dollars to City Power")).cards


async def test_a_second_application_is_explained_on_the_step_and_in_the_answer(offline: Desk) -> None:
    await offline.say("I want to apply for a car loan of 15000 dollars over 48 months")
    await offline.press(approve=True)
    screen = await offline.say("I want to apply for a car loan of 15000 dollars over 48 months")
    assert screen.cards == []
    (step,) = [step for step in screen.steps if step.status == "refused"]
    assert "waits for a lender's decision" in step.summary
    assert "waits for a lender's decision" in screen.answers[-1]
    assert "what became of my loan application?" in screen.answers[-1]


@pytest.mark.parametrize(
    ("outcome", "reason", "letter"),
    [
        (
            "declined",
            "income_too_low",
            "We cannot lend you AUD 15,000.00 now. Up to AUD 6,000.00 would be possible.",
        ),
        ("approved", "good_conduct", "It is approved. A colleague sends **you** <b>the contract</b>."),
    ],
)
async def test_the_customer_reads_a_lenders_letter_when_they_ask(
    offline: Desk, outcome: Outcome, reason: str, letter: str
) -> None:
    await offline.say("I want to apply for a car loan of 15000 dollars over 48 months")
    await offline.press(approve=True)
    decisions = offline.app.bank.loan_decisions
    (file,) = await decisions.files("tenant_1", "open", limit=5)
    await decisions.decide(
        file, LoanVerdict(by="lender1", outcome=outcome, reasons=(reason,), letter=letter), "evt-1"
    )
    screen = await offline.say("what became of my loan application?")
    shown = screen.answers[-1]
    assert f"{file.application.reference}: AUD 15,000.00, {outcome} on " in shown
    assert reason_says(reason) in shown
    assert letter.partition(".")[0] in shown
    assert "<b>" not in shown
    assert WITHHELD not in shown
    assert letter.partition(".")[0] in screen.steps[-1].summary
