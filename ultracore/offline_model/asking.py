"""What the model may ask a customer for, beside what a transfer needs (`wording.Question`)."""

from __future__ import annotations

from enum import StrEnum


class Ask(StrEnum):
    """The value is how the question begins, in every wording of it: so a later message is known as its answer."""

    LOAN_AMOUNT = "How much would you like to borrow"
    LOAN_PURPOSE = "What is the loan for"
    LOAN_TERM = "Over how many years"
    CARD = "Which card do you mean"
    ACCOUNT_KIND = "Shall it be an everyday or a savings account"
    ACCOUNT = "Which account do you mean"
    PAYEE_NAME = "What is the payee's name"
    PAYEE_NUMBERS = "What are the BSB and the account number"
    MESSAGE_TEXT = "What does the message say"
    INCIDENT = "What happened"
    QUOTE_AMOUNT = "How much would you like to send"
    QUOTE_PLACE = "To whom, or to which country"
    PERIOD = "Which days do you mean"
    PRICE = "How much does it cost"
    TOPIC = "What would you like to know about"


FREE_TEXT = frozenset({Ask.MESSAGE_TEXT, Ask.INCIDENT})
"""The next message is the answer, word for word."""


def asked_for(text: str) -> Ask | None:
    """The question that an earlier answer ended with."""
    # The last one: an answer may repeat an earlier question before it asks another.
    place, question = max((text.rfind(question.value), question) for question in Ask)
    return question if place >= 0 else None
