"""A hundred honest requests, typed as people type: each ends in the right tool or asks for what is missing.

Tools and arguments were written by hand from what the sentence says. The router picks the agent, the registry and
the bank are the real ones; no figure of an answer may be withheld.
"""

from __future__ import annotations

from typing import Any

from tests.ai.screen import principal
from tests.support.bank_talk import BankTalk
from ultracore.ai.agents import Receptionist
from ultracore.ai.answers import WITHHELD
from ultracore.ai.routing import Router
from ultracore.container import Core
from ultracore.offline_model import wording

Want = tuple[str, dict[str, Any]] | str
"""A tool with its arguments, or the question that must be asked."""

EVERYDAY, SAVINGS, LOAN = "acc_1", "acc_2", "acc_4"
LOOK_UP = "get_customer_360"


def looks_up(*words: str) -> Want:
    """The look-up alone, and these words in the answer."""
    return LOOK_UP, {"words": words}


def transfer(amount: str, source: str, target: str, **more: str) -> Want:
    """The arguments of a transfer."""
    arguments = {"transaction_type": "transfer", "amount": amount, "from_account_id": source}
    return "execute_transaction", arguments | {"to_account_id": target} | more


ACCOUNTS: list[tuple[str, Want]] = [
    ("What's my balance?", looks_up("2,500.00", "10,000.00")),
    ("how much is in my savings", looks_up("10,000.00")),
    ("whats left in my everyday acct", looks_up("2,500.00")),
    ("what did I spend on groceries", ("summarise_spending", {"by": "category"})),
    (
        "how much did i spend on eating out last month",
        ("summarise_spending", {"by": "category", "since": "last month", "until": "last month"}),
    ),
    (
        "where did my money go this year?",
        ("summarise_spending", {"by": "category", "since": "this year", "until": "this year"}),
    ),
    ("show me my spending by month", ("summarise_spending", {"by": "month"})),
    (
        "how much have I spent at Noodle House in the last 3 months",
        ("summarise_spending", {"by": "payee", "since": "last 3 months", "until": "last 3 months"}),
    ),
    ("find the payment to the dentist", ("search_transactions", {"text": "dentist"})),
    ("search for stream box", ("search_transactions", {"text": "stream box"})),
    (
        "did i pay city power this month",
        ("search_transactions", {"text": "city power", "since": "this month", "until": "this month"}),
    ),
    ("has my salary come in yet", ("search_transactions", {"category": "salary", "flow": "in"})),
    ("show payments over $500", ("search_transactions", {"min_amount": "500"})),
    ("show my last transactions", ("search_transactions", {})),
    (
        "can i get a statement for october",
        ("get_statement", {"account_id": EVERYDAY, "since": "october", "until": "october"}),
    ),
    (
        "savings statement from 1/7/2026 to 30/9/2026 please",
        ("get_statement", {"account_id": SAVINGS, "since": "1/7/2026", "until": "30/9/2026"}),
    ),
    ("how much interest have i earned on my savings", ("get_interest_to_date", {"account_id": SAVINGS})),
    ("open a savings account called Holiday", ("open_account", {"kind": "savings", "name": "Holiday"})),
    ("i want to open a new account", "Shall it be an everyday or a savings account"),
    ("close my savings account", ("close_account", {"account_id": SAVINGS})),
]
PAYMENTS: list[tuple[str, Want]] = [
    ("transfer 50 dollars to City Power", transfer("50", EVERYDAY, "pay_1")),
    ("pay my flatmate $20.50 from savings", transfer("20.50", SAVINGS, "pay_3")),
    ("move 200 to savings", transfer("200", EVERYDAY, SAVINGS)),
    ("sned 20 bucks to flatmate plz", transfer("20", EVERYDAY, "pay_3")),
    ("pay the electricity bill, 88 dollars", transfer("88", EVERYDAY, "pay_1")),
    ("move fifty from savings into everyday", transfer("50", SAVINGS, EVERYDAY)),
    ("pay northside rentals 480 for the rent", transfer("480", EVERYDAY, "pay_2", description="the rent")),
    ("pay flatmate", "How much should I send"),
    ("send 40 dollars", "Whom should I pay"),
    ("pay bob 30", "Whom should I pay"),
    ("who can I pay?", looks_up("City Power", "Northside Rentals", "Flatmate")),
    ("add a new payee", "What is the payee's name"),
    ("add Maria Rossi as a payee", "What are the BSB and the account number"),
    (
        "save Bob Smith as payee, bsb 733-110 account 12345678",
        ("add_payee", {"name": "Bob Smith", "bsb": "733-110", "account_number": "12345678"}),
    ),
    (
        "how much does it cost to send 500 euros to Maria in Germany",
        (
            "quote_payment",
            {"destination": "Maria", "amount": "500", "currency": "EUR", "country": "Germany"},
        ),
    ),
    (
        "send 1000 to my sister in New Zealand",
        ("quote_payment", {"destination": "sister", "amount": "1000", "country": "New Zealand"}),
    ),
    ("I want to send money overseas", "To whom, or to which country"),
    (
        "whats the fee to send 300 usd to Tom in the US",
        (
            "quote_payment",
            {"destination": "Tom", "amount": "300", "currency": "USD", "country": "the United States"},
        ),
    ),
    (
        "how long does a payment of 100 to northside rentals take",
        ("quote_payment", {"destination": "pay_2", "amount": "100"}),
    ),
    ("when did i last pay my flatmate", ("search_transactions", {"text": "flatmate"})),
]
LENDING: list[tuple[str, Want]] = [
    (
        "Am I eligible for a $50,000 home loan?",
        ("check_loan_eligibility", {"loan_amount": "50000", "loan_purpose": "home"}),
    ),
    ("can i borrow 20k for a car", ("check_loan_eligibility", {"loan_amount": "20000", "loan_purpose": "car"})),
    (
        "could I get a personal loan of 8000 over 3 years?",
        (
            "check_loan_eligibility",
            {"loan_amount": "8000", "loan_purpose": "personal", "term_months": 36},
        ),
    ),
    ("do i qualify for a loan of $15,000", "What is the loan for"),
    ("how much can I borrow for a car", ("get_borrowing_limit", {"loan_purpose": "car"})),
    ("am i eligable for a home loan", "How much would you like to borrow"),
    (
        "would you lend me 12 thousand dollars to study",
        ("check_loan_eligibility", {"loan_amount": "12000", "loan_purpose": "education"}),
    ),
    (
        "i need a business loan of 30000",
        ("check_loan_eligibility", {"loan_amount": "30000", "loan_purpose": "business"}),
    ),
    (
        "what would repayments be on 20000 over 5 years",
        ("get_repayment_schedule", {"loan_amount": "20000", "term_months": 60}),
    ),
    (
        "repayments on a $400,000 home loan over 30 years at 6.2%",
        (
            "get_repayment_schedule",
            {"loan_amount": "400000", "term_months": 360, "annual_rate": "6.2", "loan_purpose": "home"},
        ),
    ),
    ("what are the monthly repayments on 10k", "Over how many years"),
    ("when will my loan be paid off", ("get_repayment_schedule", {"account_id": LOAN})),
    ("show the repayment schedule of my loan", ("get_repayment_schedule", {"account_id": LOAN})),
    ("what do I owe", ("get_loan_details", {})),
    ("how much is left on my loan?", ("get_loan_details", {})),
    ("what became of my loan application", ("get_loan_details", {})),
    ("whats my credit score", ("analyze_credit_risk", {})),
    (
        "I'd like to apply for a $20,000 car loan over 5 years",
        ("apply_for_loan", {"loan_amount": "20000", "loan_purpose": "car", "term_months": 60}),
    ),
    ("apply for a loan", "How much would you like to borrow"),
    (
        "apply for a personal loan of 5,000 over 2 yrs",
        ("apply_for_loan", {"loan_amount": "5000", "loan_purpose": "personal", "term_months": 24}),
    ),
]
WEALTH: list[tuple[str, Want]] = [
    ("how is my portfolio doing", ("get_performance", {})),
    ("hows my portfolio going this month", ("get_performance", {"period": "1m"})),
    ("how did my investments do over the last 6 months?", ("get_performance", {"period": "6m"})),
    ("what were my returns last year", ("get_performance", {"period": "1y"})),
    ("portfolio performance over three months", ("get_performance", {"period": "3m"})),
    ("have my shares gone up", ("get_performance", {})),
    ("show me my portfolio", ("get_holdings", {})),
    ("what shares do i own", ("get_holdings", {})),
    ("what are my investments worth", ("get_holdings", {})),
    ("which etfs do I hold", ("get_holdings", {})),
    ("what's my asset allocation", ("get_allocation", {})),
    ("am i diversified enough", ("get_allocation", {})),
    ("compare my portfolio with a balanced target", ("get_allocation", {"target": "balanced"})),
    (
        "how far am I off a high growth mix, is my portfolio on target",
        ("get_allocation", {"target": "high_growth"}),
    ),
    ("how is my money spread across my investments", ("get_allocation", {})),
    ("what is an ETF?", ("get_general_information", {"topic": "exchange traded funds"})),
    ("explain diversification to me", ("get_general_information", {"topic": "diversification"})),
    ("should i buy bonds", ("get_general_information", {"topic": "bonds"})),
    ("how does super work", ("get_general_information", {"topic": "superannuation"})),
    ("can you recommend some shares", ("get_general_information", {"topic": "shares"})),
]
MAIL = "Dear customer, your account is locked. Verify at http://ultracore-verify.example now"
SECURITY: list[tuple[str, Want]] = [
    ("freeze my card", ("freeze_card", {})),
    ("i lost my card!!", ("freeze_card", {})),
    ("my card was stolen", ("freeze_card", {})),
    ("cant find my debit card", ("freeze_card", {})),
    ("please block the card ending 7719", ("freeze_card", {"card": "7719"})),
    ("someone is using my card", ("freeze_card", {})),
    ("cancel my card please", ("freeze_card", {})),
    ("unfreeze my card", ("unfreeze_card", {})),
    ("found my card, can you turn it back on", ("unfreeze_card", {})),
    ("is there any unusual activity on my account", ("list_unusual_activity", {})),
    ("i think i was hacked", ("protect_customer", {"what_happened": "i think i was hacked"})),
    ("has anyone logged into my account", ("list_unusual_activity", {})),
    ("there's a payment I don't recognise", ("list_unusual_activity", {})),
    (
        "was this me? 45 dollars at noodle house",
        ("search_transactions", {"min_amount": "45", "max_amount": "45", "limit": 5}),
    ),
    ("is this text from the bank a scam", "What does the message say"),
    (f'Is this message really from you: "{MAIL}"', ("check_message", {"text": MAIL})),
    (f"got an email, is it legit? {MAIL}", ("check_message", {"text": MAIL})),
    ("I want to report a scam", "What happened"),
    (
        "i gave my password to someone on the phone",
        ("protect_customer", {"what_happened": "i gave my password to someone on the phone"}),
    ),
    (
        "I've been scammed, I paid for a couch that never came",
        ("protect_customer", {"what_happened": "I've been scammed, I paid for a couch that never came"}),
    ),
]
REQUESTS = {
    "Accounts": ACCOUNTS,
    "Payments": PAYMENTS,
    "Lending": LENDING,
    "Wealth": WEALTH,
    "Security": SECURITY,
}


async def test_a_hundred_honest_requests_end_in_the_right_tool_or_question(opened: Core) -> None:
    assert [len(requests) for requests in REQUESTS.values()] == [20] * 5
    receptionist = Receptionist(Router.load())
    wrong = []
    for domain, requests in REQUESTS.items():
        for text, want in requests:
            talk = BankTalk(opened, principal(), receptionist)
            await talk.say(text, domain)
            wrong += [f"{text}\n    {fault}" for fault in faults(talk, want)]
    assert not wrong, "\n".join(wrong)


def faults(talk: BankTalk, want: Want) -> list[str]:
    """What is wrong with an answer."""
    found = []
    if talk.withheld or WITHHELD in talk.answer:
        found.append(f"withheld: {talk.withheld}")
    if isinstance(want, str):
        if want not in talk.answer:
            found.append(f"no question “{want}”: {talk.calls} {talk.answer}")
        if any(outcome.card is not None for _, outcome in talk.outcomes):
            found.append("a card was shown")
        return found
    tool, arguments = want
    found += _looked_up(talk, arguments["words"]) if tool == LOOK_UP else []
    made = talk.calls[-1:]
    expected = [(tool, arguments)] if tool != LOOK_UP else []
    if made != expected:
        found.append(f"called {talk.calls}, not {expected} ({talk.agent}): {talk.answer}")
    if not talk.answer and not any(outcome.card is not None for _, outcome in talk.outcomes):
        found.append("neither answer nor card")
    if wording.UNREADABLE in talk.answer or wording.OUT_OF_SCOPE in talk.answer:
        found.append(talk.answer)
    return found


def _looked_up(talk: BankTalk, words: tuple[str, ...]) -> list[str]:
    looked = [call.name for call, outcome in talk.outcomes if outcome.content.get("accounts")]
    absent = [word for word in words if word not in talk.answer]
    return [] if LOOK_UP in looked and not absent else [f"looked up {looked}, not said {absent}: {talk.answer}"]
