"""An open question takes its answer, and leaves what is clearly another subject to whoever answers that."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import pytest

from ultracore.offline_model.abilities import ABILITIES
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.dialogue import answer
from ultracore.offline_model.facts import BALANCE, CUSTOMER, TRANSFER
from ultracore.offline_model.wire import read_conversation
from ultracore.offline_model.wording import NOTICE, Question

TOOLS = sorted({one.tool for one in ABILITIES} | {BALANCE, CUSTOMER, TRANSFER})
OPEN: dict[StrEnum, tuple[str, str, tuple[str, ...]]] = {
    Question.AMOUNT: (
        "pay City Power",
        "How much should I send to “City Power”?",
        ("50", "fifty dollars", "make it 30", "how about 40?"),
    ),
    Question.DESTINATION: (
        "transfer 50 dollars",
        "You can pay “City Power” (biller ··1234). Whom should I pay?",
        ("City Power", "to my savings", "can you send it to City Power?"),
    ),
    Question.SOURCE: (
        "pay City Power 50 dollars",
        "From which account should I pay “City Power”: Everyday ending 4821 or Savings ending 9917?",
        ("savings", "the everyday one", "can it come from savings?"),
    ),
    Ask.LOAN_AMOUNT: (
        "am I eligible for a car loan?",
        "How much would you like to borrow?",
        ("9000", "twenty thousand", "what do you mean?"),
    ),
    Ask.LOAN_PURPOSE: (
        "am I eligible for a loan of 9000 dollars?",
        "What is the loan for: a home, a car, a business, study, or something personal?",
        ("a car", "can it be for a wedding?", "what about a home"),
    ),
    Ask.LOAN_TERM: (
        "what would the repayments be on a 9000 dollar car loan?",
        "Over how many years?",
        ("5", "five years", "is ten years ok?"),
    ),
    Ask.CARD: (
        "freeze my card",
        "You have several cards (··1111 or ··2222). Which card do you mean?",
        ("the one ending 1111", "the debit card"),
    ),
    Ask.ACCOUNT_KIND: (
        "open a new account",
        "Shall it be an everyday or a savings account?",
        ("savings", "an everyday one please"),
    ),
    Ask.ACCOUNT: (
        "close my account",
        "These are your accounts: Everyday ending 4821 and Savings ending 9917. Which account do you mean?",
        ("the savings", "the one ending 9917"),
    ),
    Ask.PAYEE_NAME: (
        "add a payee",
        "What is the payee's name?",
        ("Jane Doe", "Who Gives A Crap", "Freeze Frame Pty", "Cricket Victoria"),
    ),
    Ask.PAYEE_NUMBERS: (
        "add a payee called Jane Doe",
        "I can save Jane Doe as a payee. What are the BSB and the account number?",
        ("062-000 12345678",),
    ),
    Ask.PERIOD: (
        "how much did I spend at christmas?",
        "I can't tell which days “christmas” are. Which days do you mean?",
        ("last month", "in October", "from 1/10 to 15/10"),
    ),
    Ask.PRICE: (
        "can I afford a holiday?",
        "How much does it cost?",
        ("1500", "about two thousand dollars", "is 300 ok?"),
    ),
    Ask.MESSAGE_TEXT: (
        "is this message a scam?",
        "What does the message say? Please paste it here, without opening any link in it.",
        ("Hi mum, this is my new number", "please send me 500 urgently", "You won the football lottery"),
    ),
    Ask.INCIDENT: (
        "I want to report fraud",
        "What happened? Please write it in your own words, without passwords or codes.",
        ("someone used my card in Brazil", "help me they took everything", "a man at the cricket took my wallet"),
    ),
    Ask.QUOTE_AMOUNT: (
        "what does it cost to send money to the US?",
        "How much would you like to send, and in which currency if not in Australian dollars?",
        ("500", "200 US dollars"),
    ),
    Ask.QUOTE_PLACE: (
        "what would a 500 dollar international payment cost?",
        "To whom, or to which country, shall I quote a payment?",
        ("the US", "to my brother in India", "how about Japan?"),
    ),
    Ask.TOPIC: (
        "give me general information",
        "What would you like to know about, for example diversification, bonds or fees?",
        ("bonds", "how do bonds work?"),
    ),
}
OTHER_SUBJECTS = (
    "what's my balance?",
    "show my last five transactions",
    "freeze my card",
    "what do I owe?",
    "how is my portfolio doing?",
    "who can I pay?",
    "is there anything unusual on my account?",
    "what can you do?",
    "are you a human?",
    "what is diversification?",
    "am I eligible for a car loan of 20000 dollars?",
    "what's the weather in Perth?",
    "tell me a joke",
    "who won the cricket yesterday?",
    "what time does the branch open?",
    "can you speak Spanish?",
    "thanks, bye",
    "never mind",
)


def reply(text: str, *before: str) -> tuple[str, list[tuple[str, str]]]:
    """What the model says and calls, without the notice that it is a demo."""
    roles = ("user", "assistant")
    talk: list[dict[str, Any]] = [
        {"role": role, "content": told} for role, told in zip(roles, before, strict=False)
    ]
    body = {
        "messages": [*talk, {"role": "user", "content": text}],
        "tools": [{"type": "function", "function": {"name": tool}} for tool in TOOLS],
    }
    found = answer(read_conversation(body))
    calls = [(call.tool, json.dumps(dict(call.arguments), sort_keys=True)) for call in found.calls]
    return found.text.replace(NOTICE, "").strip(), calls


def test_every_question_of_the_model_is_tried() -> None:
    assert set(OPEN) == {*Question, *Ask}


@pytest.mark.parametrize("question", OPEN, ids=lambda one: one.name)
def test_another_subject_is_answered_as_if_no_question_were_open(question: StrEnum) -> None:
    request, asked, _ = OPEN[question]
    kept = [text for text in OTHER_SUBJECTS if reply(text, request, asked) != reply(text)]
    assert kept == []


@pytest.mark.parametrize("question", OPEN, ids=lambda one: one.name)
def test_an_answer_is_taken_for_one(question: StrEnum) -> None:
    request, asked, answers = OPEN[question]
    lost = [text for text in answers if "can't help with that" in reply(text, request, asked)[0]]
    assert lost == []
