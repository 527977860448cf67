"""What a visitor is told: which subject a message has, and the bank's own figures on it.

By rule and not by a model: a visitor costs nothing, and nothing that they write can make Anya say anything else.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Final

from ultracore.ai.care import CareBook, find_wish
from ultracore.banking import AccountKind, Bank
from ultracore.banking.lending import PRODUCTS, Purpose, base_rate, percent_text
from ultracore.banking.payments import RouteTable


class VisitorTopic(StrEnum):
    """What a message is about."""

    PERSON = "person"
    LOST_CARD = "lost card"
    OWN = "own"
    JOINING = "joining"
    LOANS = "loans"
    SAVINGS = "savings"
    PAYMENTS = "payments"
    HOURS = "hours"
    UNKNOWN = "unknown"


INVITATION: Final = (
    "I don't know who you are here, so I can't look at accounts, cards or loans of yours, and I can't move money. "
    "Please sign in, and ask me again."
)
HERE: Final = "Without signing in I can tell you our opening hours, and about savings, loans, payments and fees."

# In this order: what is urgent first, what is somebody's own before what is everybody's.
_PATTERNS: Final = tuple(
    (subject, re.compile(pattern, re.IGNORECASE))
    for subject, pattern in (
        (VisitorTopic.LOST_CARD, r"\b(lost|stolen|stole|missing|scam\w*|fraud\w*|hacked)\b"),
        (
            VisitorTopic.OWN,
            r"\b(?:my|mine|our)\b.*\b(?:balance|accounts?|statements?|transactions?|cards?|loans?|mortgage|payees?|"
            r"money|salary|data|details)\b|^\W*(?:please\s+)?(?:pay|transfer|send|move|freeze|unfreeze|show|list)\b|"
            r"\b(?:customer|account|cust|acc)[ _]?\d|\bhow much (?:have|do) i (?:have|owe)\b",
        ),
        (
            VisitorTopic.JOINING,
            r"\b(?:open|get|start|want)\b.*\baccount\b|\bbecome a customer\b|\bjoin\b|\bnew customer\b",
        ),
        (VisitorTopic.LOANS, r"\b(?:loans?|borrow\w*|mortgages?|lend\w*)\b"),
        (VisitorTopic.SAVINGS, r"\b(?:savings?|save|interest|rates?)\b"),
        (VisitorTopic.PAYMENTS, r"\b(?:fees?|costs?|charges?|transfers?|payments?|overseas|abroad|send money)\b"),
        (VisitorTopic.HOURS, r"\b(?:hours?|open|opening|close|closed|weekend|phone|call|contact|when|reach)\b"),
    )
)
_NAMES: Final = {
    Purpose.HOME: "home",
    Purpose.CAR: "car",
    Purpose.PERSONAL: "personal",
    Purpose.BUSINESS: "business",
    Purpose.EDUCATION: "education",
}


def subject_of(text: str) -> VisitorTopic:
    """The subject of a message, the most urgent one if it has several."""
    if find_wish(text) is not None:
        return VisitorTopic.PERSON
    return next((subject for subject, pattern in _PATTERNS if pattern.search(text)), VisitorTopic.UNKNOWN)


class Information:
    """The bank's answers to everybody. `answer` raises `LedgerUnavailable`."""

    def __init__(self, bank: Bank, care: CareBook) -> None:
        self._interest = bank.interest
        self._people = care.people
        self._table = RouteTable.load()

    async def answer(self, subject: VisitorTopic, tenant_id: str, today: date) -> str:
        """A whole answer, as Markdown with nothing but links to telephones in it."""
        match subject:
            case VisitorTopic.PERSON:
                return f"To talk to a person, {self._people}."
            case VisitorTopic.LOST_CARD:
                return (
                    f"So that nobody else uses it, {self._people}. Or sign in and write to me “freeze my card”: "
                    "that works at once, at any time."
                )
            case VisitorTopic.OWN:
                return INVITATION
            case VisitorTopic.JOINING:
                return f"I can't open a first account here. To become a customer, {self._people}."
            case VisitorTopic.LOANS:
                return _loans(today)
            case VisitorTopic.SAVINGS:
                return await self._savings(tenant_id)
            case VisitorTopic.PAYMENTS:
                return self._payments()
            case VisitorTopic.HOURS:
                return f"To reach a person, {self._people}. I answer at any time. I don't know hours of branches."
            case VisitorTopic.UNKNOWN:
                return f"I did not find an answer to that. {HERE}"

    async def _savings(self, tenant_id: str) -> str:
        rate = await self._interest.annual_rate(tenant_id, AccountKind.SAVINGS)
        if not rate:
            return f"I have no rate for savings today. To ask for it, {self._people}."
        return f"A savings account earns {percent_text(rate)} % a year today, worked out on each day's balance."

    def _payments(self) -> str:
        routes = self._table.routes
        lines = [f"- {one.label}: {_fee(one.fee.amount)}, {_days(one.days)}" for one in routes.values()]
        return "\n".join(["What a payment costs, and how long it takes:", *lines])


def _fee(amount: object) -> str:
    return f"AUD\u00a0{amount}" if str(amount).strip("0.") else "no fee"


def _days(days: int) -> str:
    if not days:
        return "at once"
    return f"{days} business day{'' if days == 1 else 's'}"


def _loans(today: date) -> str:
    lines = [_loan(purpose, name, today) for purpose, name in _NAMES.items()]
    told = "Your rate depends on your credit history. Signed in, you can ask me what you could borrow."
    return "\n".join(["Our loans, and the lowest rate of each today:", *lines, "", told])


def _loan(purpose: Purpose, name: str, today: date) -> str:
    product, rate = PRODUCTS[purpose], percent_text(base_rate(purpose, today))
    return f"- {name}: from {rate} % a year, AUD\u00a0{product.least:,} to {product.most:,}"
