"""What people ask of a bank, in their own words: each is answered from the ledger, by the tool and days it means.

Everything is asked in one world and nothing is approved, so that the answers do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.ai.screen import principal
from tests.support.bank_talk import BankTalk
from ultracore.ai.agents import Receptionist
from ultracore.ai.routing import Router
from ultracore.container import Core
from ultracore.zone import USUAL


@pytest.fixture(scope="module")
def receptionist() -> Receptionist:
    return Receptionist(Router.load())


@dataclass(frozen=True)
class Asked:
    """A message, the last tool that it leads to, some of its arguments, and words of the answer."""

    text: str
    tool: str = ""
    arguments: Mapping[str, Any] | None = None
    words: str = ""


TODAY = datetime.now(ZoneInfo(USUAL)).date()
LAST_MONTHS_END = TODAY.replace(day=1) - timedelta(days=1)
BEFORE_ENDS = LAST_MONTHS_END.replace(day=1) - timedelta(days=1)
# The month before the last one, as the tools are asked for it.
BEFORE = {"since": BEFORE_ENDS.replace(day=1).isoformat(), "until": BEFORE_ENDS.isoformat()}
OCTOBER = {"since": "october", "until": "october"}
THREE = {"limit": 3, "flow": "out"}
LIVES: dict[str, Sequence[Sequence[Asked]]] = {
    "balances": [
        [Asked("wats left in my acc", words="2,500.00")],
        [Asked("hows my account looking", words="2,500.00")],
        [Asked("how much dosh have i got", words="2,500.00")],
        [Asked("am i broke", words="2,500.00")],
        [Asked("whats my bal", words="2,500.00")],
        [Asked("how am i doing for money", words="2,500.00")],
        [
            Asked("whats my balance", words="2,500.00"),
            Asked("and savings?", words="10,000.00"),
            Asked("and the other one?", words="2,500.00"),
        ],
    ],
    "payments": [
        [Asked("did my rent go out", "search_transactions", {"category": "rent"}, "Yes. The newest is this")],
        [Asked("has my salary come in", "search_transactions", {"category": "salary"}, "Salary Meridian Design")],
        [Asked("gimme my last 3 payments", "search_transactions", THREE)],
        [Asked("show me my last three purchases", "search_transactions", {**THREE, "text": "card purchase"})],
        [
            Asked(
                "biggest purchase last month",
                "search_transactions",
                {"order": "largest", "limit": 1},
                "Here is the largest",
            ),
            Asked("and the month before?", "search_transactions", {**BEFORE, "order": "largest"}),
        ],
        [Asked("whats the largest payment i made in october", "search_transactions", {"order": "largest"})],
    ],
    "pay": [
        [Asked("when do I get paid next", "list_regular_payments", {"kind": "pay"}, "Salary Meridian Design")],
        [Asked("how long until payday", "list_regular_payments", {"kind": "pay"})],
        [Asked("whens my next pay", "list_regular_payments", {"kind": "pay"})],
        [Asked("when is my rent due", "list_regular_payments", {"kind": "out"}, "Northside Rentals")],
        [Asked("what bills are coming up", "list_regular_payments", {"kind": "out"}, "Mobile plan")],
        [Asked("how much did I get paid in october", "summarise_income", {**OCTOBER, "category": "salary"})],
        [
            Asked("how much did i earn last month", "summarise_income", {"since": "last month"}),
            Asked("and the month before?", "summarise_income", BEFORE),
        ],
        [Asked("how much money came in this month", "summarise_income", {"since": "this month"})],
    ],
    "interest": [
        [Asked("whats my interest rate", "get_interest_to_date", {}, "4.35% a year")],
        [Asked("what rate am i getting on my savings", "get_interest_to_date", {"account_id": "acc_2"}, "4.35")],
        [
            Asked(
                "how much interest this year", "get_interest_to_date", {"since": "this year"}, "Interest earned by"
            ),
            Asked("and last year?", "get_interest_to_date", {"since": "last year", "until": "last year"}),
        ],
    ],
    "reckoned": [
        [Asked("can I afford a 1500 holiday", "check_affordability", {"amount": "1500"}, "It assumes:")],
        [Asked("can i afford a holiday"), Asked("1500", "check_affordability", {"amount": "1500"})],
        [Asked("do i have enough for a 300 dollar jacket", "check_affordability", {"amount": "300"})],
        [
            Asked("how much did I spend this month", "summarise_spending", {"since": "this month"}),
            Asked("how much more than october", "compare_spending", {"second_since": "october"}, "was spent"),
        ],
        [
            Asked("how much did I spend on groceries last month", "summarise_spending"),
            Asked("how much more than september?", "compare_spending", {"category": "groceries"}, "was spent"),
        ],
        [Asked("compare my spending in october with september", "compare_spending", {"first_since": "october"})],
    ],
    "loans": [
        [
            Asked("how much can I borrow for a car", "get_borrowing_limit", {"loan_purpose": "car"}, "Up to AUD"),
            Asked("and over 7 years?", "get_borrowing_limit", {"loan_purpose": "car", "term_months": 84}),
            Asked("yes apply", words="How much would you like to borrow"),
            Asked("9000", "apply_for_loan", {"loan_amount": "9000", "loan_purpose": "car"}),
        ],
        [
            Asked("am I eligible for a car loan of 12000?", "check_loan_eligibility"),
            Asked("why?", words="Met: "),
            Asked("yes apply", "apply_for_loan", {"loan_amount": "12000", "loan_purpose": "car"}),
        ],
        [Asked("when is my next repayment", "get_repayment_schedule", {"account_id": "acc_4"}, "414.50, due on")],
        [Asked("pay 1000 off my loan", "execute_transaction", {"to_account_id": "acc_4", "amount": "1000"})],
        [Asked("repay 500 on my loan", "execute_transaction", {"to_account_id": "acc_4", "amount": "500"})],
    ],
    "security": [
        [Asked("my card is stolen", "freeze_card", {}, "These were the last payments by card")],
        [Asked("lost my wallet", "freeze_card", {}, "call us on 13 00 00 00")],
        [
            Asked(
                "I don't recognise a charge of 47.56", "search_transactions", {"min_amount": "47.56"}, "Taco Stand"
            )
        ],
        [Asked("I don't recognise a charge of 54.21", "search_transactions", {}, "I see no payment of exactly")],
    ],
    "details": [
        [
            Asked(
                "whats my bsb and account number",
                "get_account_numbers",
                {},
                "BSB 062-001, account number 10344821",
            )
        ],
        [Asked("what time do you close", words="13 00 00 00")],
        [Asked("what's your phone number", words="13 00 00 00")],
        [Asked("sell my shares", words="can't buy or sell investments")],
        [Asked("set up a weekly payment", words="can't set up payments that repeat")],
        [Asked("change my address", words="can't change your name, address")],
        [Asked("order a new card", words="can't order, replace")],
        [Asked("cancel my direct debit", words="can't stop a direct debit")],
    ],
    "cards": [
        [
            Asked("add a payee Sam Lee bsb 062-000 account 12345678", "add_payee", {"name": "Sam Lee"}),
            Asked("pay sam lee 20", words="press its button first"),
        ],
        [
            Asked(
                "pay city power 120 and move 200 to savings", "execute_transaction", {"amount": "120"}, "“next”"
            ),
            Asked("next", "execute_transaction", {"amount": "200", "to_account_id": "acc_2"}),
        ],
        [Asked("did it go through", "get_payment_status", {}, "is waiting for its button")],
    ],
    "unclear days": [
        [
            Asked("how much did I spend at christmas", words="I can't tell which days “christmas” are"),
            Asked("last month", "summarise_spending", {"since": "last month"}),
        ],
        [Asked("how much did I spend at the end of october", words="I can't tell which days")],
        [Asked("what did I spend in january and march", words="I can't tell which days")],
    ],
}
DOMAINS = {"loans": "Lending", "security": "Security", "cards": "Payments"}


@pytest.mark.parametrize("life", LIVES)
async def test_everyday_questions_are_answered_by_the_tool_and_the_days_they_mean(
    opened: Core, receptionist: Receptionist, life: str
) -> None:
    wrong = []
    for conversation in LIVES[life]:
        talk = BankTalk(opened, principal(), receptionist)
        for asked in conversation:
            answer = await talk.say(asked.text, DOMAINS.get(life, "Accounts"))
            wrong += [f"{asked.text}: {problem}" for problem in _problems(talk, asked, answer)]
    assert wrong == []


def _problems(talk: BankTalk, asked: Asked, answer: str) -> Iterator[str]:
    tool, arguments = talk.calls[-1] if talk.calls else ("", {})
    if asked.tool and tool != asked.tool:
        yield f"led to {tool or 'no tool'} {arguments}: {answer[:120]}"
    elif not (asked.arguments or {}).items() <= arguments.items():
        yield f"asked {tool} for {arguments}"
    if asked.words not in answer:
        yield f"said {answer[:160]!r}"
    if "can't help with that here" in answer:
        yield "was declined"
    if talk.withheld:
        yield f"had figures withheld: {talk.withheld}"
