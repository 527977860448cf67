"""What the offline model makes of whole conversations in all domains, over the real registry and bank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ai.screen import principal
from tests.support.bank_talk import BankTalk
from ultracore.ai.agents import Receptionist
from ultracore.ai.routing import Router
from ultracore.container import Core
from ultracore.offline_model.language import find_span
from ultracore.offline_model.parts import parts_of
from ultracore.principal import Principal


@pytest.fixture(scope="module")
def receptionist() -> Receptionist:
    return Receptionist(Router.load())


@pytest.fixture
def talk(opened: Core, receptionist: Receptionist) -> Iterator[BankTalk]:
    """A conversation of `customer1`. No figure may have been withheld in its last turn."""
    found = BankTalk(opened, principal(), receptionist)
    yield found
    assert found.withheld == []


async def test_two_questions_of_one_agent_are_answered_in_order(talk: BankTalk) -> None:
    answer = await talk.say("how much is in my savings and how much interest have I earned")
    assert [tool for tool, _ in talk.calls][-1] == "get_interest_to_date"
    assert answer.index("10,000.00") < answer.index("of interest since")


async def test_question_of_another_agent_is_handed_over_and_both_are_answered(talk: BankTalk) -> None:
    answer = await talk.say("What's my balance and am I eligible for a 9k car loan?")
    handed = [call.text for call, _ in talk.outcomes if call.name == "hand_over"]
    assert len(handed) == 1
    assert talk.calls[-1] == ("check_loan_eligibility", {"loan_amount": "9000", "loan_purpose": "car"})
    assert "2,500.00" in answer
    assert "car loan of AUD 9,000.00" in answer


async def test_question_is_answered_before_the_card_ends_the_turn(talk: BankTalk) -> None:
    answer = await talk.say("transfer 50 to City Power and what's my balance?")
    assert "2,500.00" in answer
    assert talk.outcomes[-1][1].card is not None


async def test_what_a_card_leaves_unanswered_is_said(talk: BankTalk) -> None:
    answer = await talk.say("pay my flatmate 20 and freeze my card", "Payments")
    if talk.outcomes[-1][1].card is not None and "freeze_card" not in [tool for tool, _ in talk.calls]:
        assert "“freeze my card”" in answer


CONVERSATIONS: list[tuple[str, list[tuple[str, str, dict[str, Any]]]]] = [
    (
        "Lending",
        [
            ("Am I eligible for a home loan?", "", {}),
            ("50k", "check_loan_eligibility", {"loan_amount": "50000", "loan_purpose": "home"}),
            ("no, 60k", "check_loan_eligibility", {"loan_amount": "60000", "loan_purpose": "home"}),
            (
                "and over 25 years?",
                "check_loan_eligibility",
                {"loan_amount": "60000", "loan_purpose": "home", "term_months": 300},
            ),
        ],
    ),
    (
        "Lending",
        [
            ("repayments on 20k", "", {}),
            ("5", "get_repayment_schedule", {"loan_amount": "20000", "term_months": 60}),
        ],
    ),
    (
        "Accounts",
        [
            ("what did I spend on groceries", "summarise_spending", {"by": "category"}),
            (
                "and last month?",
                "summarise_spending",
                {"by": "category", "since": "last month", "until": "last month"},
            ),
        ],
    ),
    (
        "Accounts",
        [
            ("how much interest have I earned", "get_interest_to_date", {"account_id": "acc_2"}),
            ("no, on my everyday account", "get_interest_to_date", {"account_id": "acc_1"}),
        ],
    ),
    (
        "Payments",
        [
            ("add a new payee", "", {}),
            ("Maria Rossi", "", {}),
            (
                "733-110 98765432",
                "add_payee",
                {"name": "Maria Rossi", "bsb": "733-110", "account_number": "98765432"},
            ),
        ],
    ),
    (
        "Security",
        [
            ("is this text from the bank a scam", "", {}),
            (
                "Your card is locked, click http://x.example",
                "check_message",
                {"text": "Your card is locked, click http://x.example"},
            ),
        ],
    ),
    (
        "Security",
        [("I want to report a scam", "", {}), ("a fake shop", "report_incident", {"description": "a fake shop"})],
    ),
]


@pytest.mark.parametrize(("domain", "turns"), CONVERSATIONS)
async def test_answers_and_corrections_complete_the_request(
    talk: BankTalk, domain: str, turns: list[tuple[str, str, dict[str, Any]]]
) -> None:
    for text, tool, arguments in turns:
        answer = await talk.say(text, domain)
        assert talk.calls == ([(tool, arguments)] if tool else []), text
        assert tool or answer.split("\n\n(")[0].rstrip().endswith("?") or "?" in answer


async def test_several_cards_are_asked_about_and_the_digits_understood(
    opened: Core, receptionist: Receptionist
) -> None:
    who: Principal = principal("customer3", "cust_3")
    talk = BankTalk(opened, who, receptionist)
    answer = await talk.say("freeze my card", "Security")
    assert "··8830 or ··8848" in answer
    assert "Which card do you mean?" in answer
    await talk.say("the 8848 one", "Security")
    assert talk.calls == [("freeze_card", {"card": "8848"})]
    assert "ending 8848 is frozen now" in talk.answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("statement for 31 february", "has no day 31"),
        ("should i buy bitcoin", "The topics are"),
        ("close my everyday account", "cannot be closed yet"),
        ("send 500 euros to Raj in India", "don't send money to that country"),
        ("unfreeze my card", "not frozen"),
    ],
)
async def test_refusals_say_what_to_do_instead(talk: BankTalk, text: str, words: str) -> None:
    assert words in await talk.say(text)
    assert talk.refusals


@pytest.mark.parametrize("text", ["hi", "thanks!", "you are useless"])
async def test_small_talk_is_answered_kindly_without_tools(talk: BankTalk, text: str) -> None:
    answer = await talk.say(text)
    assert talk.outcomes == []
    assert answer


@pytest.mark.parametrize("domain", ["Accounts", "Payments", "Lending", "Wealth", "Security"])
async def test_what_it_cannot_do_it_says_with_two_things_that_it_can(talk: BankTalk, domain: str) -> None:
    talk.agent = domain
    answer = await talk.say("please sing me a song about rain", domain)
    assert answer.startswith("I can't help with that here.")
    assert answer.count("“") == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("what did I spend on groceries and eating out", 1),
        ("transfer 50 to city power and 20 to flatmate", 1),
        ("what's my balance? freeze my card", 2),
        ("i was scammed, i paid and they never sent it and now my card is gone", 1),
        ("show my portfolio, what do i owe and what's my balance", 3),
    ],
)
def test_a_message_is_cut_only_where_a_new_question_begins(text: str, parts: int) -> None:
    assert len(parts_of(text)) == parts


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("spending last month", "last month", "last month"),
        ("from 1/7/2026 to 30/9/2026", "1/7/2026", "30/9/2026"),
        ("since october", "october", None),
        ("the last 10 days", "last 10 days", "last 10 days"),
        ("last fortnight", "last 14 days", "last 14 days"),
        ("over the past few months", "past 3 months", "past 3 months"),
    ],
)
def test_periods_are_passed_on_as_the_tools_read_them(text: str, since: str, until: str | None) -> None:
    span = find_span(text)
    assert span is not None
    assert (span.since, span.until) == (since, until)
