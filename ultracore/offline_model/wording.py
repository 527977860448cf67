"""Every sentence of the offline model. Figures come from tool results; its own sentences hold none.

The questions are also how a later message is known to be an answer: `asked` finds them in what was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import date
from enum import StrEnum
from typing import Any

from ultracore.offline_model.facts import CustomerFacts, KnownAccount, KnownPayee
from ultracore.offline_model.language import NamedDestination, fold
from ultracore.wording import destination_text, money_text

NOTICE_MARK = "offline demo model"
NOTICE = f"(I am the {NOTICE_MARK}: fixed rules over the bank's tools, not a language model.)"
CAPABILITIES = (
    "I can look up your balances and transactions, and prepare payments to your saved payees and between your own "
    "accounts. Try “What's my balance?” or “Transfer fifty dollars to City Power”."
)


class Question(StrEnum):
    """What the model may have asked for. The value is how the question begins, in every wording of it."""

    AMOUNT = "How much should I send"
    DESTINATION = "Whom should I pay"
    SOURCE = "From which account"


CALL_US = "call us"
"""Wherever it stands, the number that the prompt names is told too: `with_phone`."""
OUT_OF_SCOPE = f"I can't help with that here. {CAPABILITIES} For anything else, please {CALL_US}."
CASH = f"Deposits and withdrawals are made at a branch, not here. {CAPABILITIES}"
HELLO = f"Hello. {CAPABILITIES}"
WELCOME = "You're welcome. Is there anything else about your accounts or payments?"
IDENTITY = f"I am a program, not a person: the bank's {NOTICE_MARK}. {CAPABILITIES}"
NO_TOOLS = (
    f"I can only answer that with the bank's tools, and they are not connected here. Please {CALL_US} about it."
)
TYPED_APPROVAL = (
    "I can't take an approval in words. If a card is shown above, please press one of its buttons; "
    "nothing moves without it."
)
NO_APPROVAL_NEEDED = (
    "There is nothing that a typed yes could approve. A payment always gets a card, and only its button counts."
)
CANCELLED = (
    "All right, I have dropped that. If a card is still shown above, press Decline; nothing moves without it."
)
OTHER_AGENT = (
    "Moving money is the Payments agent's work. Please write it as one request, for example “Transfer fifty "
    "dollars to City Power”."
)
PREPARED = "I have prepared that. Please check the card and press one of its buttons; nothing moves before you do."
AFTERWARDS = "Write “next” when you have decided, and I go on with this:"
"""What a card leaves over stands after it in quotation marks: `left_over`."""
FOREIGN = "I can only send Australian dollars."
NOT_LATER = (
    "I can only prepare a payment that goes out at once, not at a later date or again and again. If you want it "
    "now, please ask again without the date."
)
SEVERAL_AMOUNTS = "I can prepare one payment at a time, with one amount."
UNREADABLE = "I could not read what the bank's system answered. Please try again, or ask in another way."

_EXAMPLES = (
    ("execute_transaction", "payments", "Transfer fifty dollars to City Power"),
    ("get_account_balance", "balances", "What's my balance?"),
    ("search_transactions", "transactions", "Find the payment to City Power"),
    ("get_interest_to_date", "interest", "How much interest have my savings earned?"),
    ("check_loan_eligibility", "loans", "Am I eligible for a car loan of twenty thousand dollars?"),
    ("get_loan_details", "what you owe", "What do I owe?"),
    ("get_performance", "investments", "How is my portfolio doing?"),
    ("get_general_information", "general information", "What is diversification?"),
    ("freeze_card", "cards", "Freeze my card"),
    ("list_unusual_activity", "unusual activity", "Is there anything unusual on my account?"),
    ("check_message", "suspicious messages", "Is this message a scam?"),
)
_EVERYTHING = (
    "I can help with accounts, payments, loans, investments and security. Try “What's my balance?” or “Transfer "
    "fifty dollars to City Power”."
)
# An angry customer gets an apology and not "I can't help with that".
_RUDE = re.compile(
    r"\b(?:fuck\w*|shit\w*|damn|bloody hell|crap|bullshit|wtf|stupid|idiot\w*|useless|hate (?:you|this)|"
    r"moron|dumb|rubbish|piss off|bugger|suck|sucks|garbage|worst)\b"
)


def capabilities(tools: Set[str]) -> str:
    """What this agent can do, with two things to try. Without tools, what the bank's agents can."""
    if {"get_account_balance", "execute_transaction"} <= tools:
        return CAPABILITIES
    found = [(subject, example) for tool, subject, example in _EXAMPLES if tool in tools]
    if len(found) < 2:
        return CAPABILITIES if tools else _EVERYTHING
    subjects = _and([subject for subject, _ in found])
    return f"I can help with {subjects} here. Try “{found[0][1]}” or “{found[1][1]}”."


def not_here(domain: str, tools: Set[str]) -> str:
    """That is another agent's work, and cannot be handed over from here."""
    return f"That is the {domain} agent's work, which I can't do here. {capabilities(tools)} Or {CALL_US}."


def with_phone(text: str, phone: str | None) -> str:
    """A text in which everybody who is told to call reads the number, if the bank has given us one."""
    return text if phone is None else _CALL_US.sub(f"{CALL_US} on {phone}", text)


_CALL_US = re.compile(rf"\b{CALL_US}\b(?! on )")


def is_rude(text: str) -> bool:
    """True for somebody who swears at us."""
    return bool(_RUDE.search(fold(text)))


def sorry(tools: Set[str]) -> str:
    """A kind answer to an angry message."""
    return f"I'm sorry that this has been annoying. I would like to help. {capabilities(tools)}"


_REFUSALS = {
    "amount.not_positive": f"The amount must be more than zero. {Question.AMOUNT}?",
    "amount.not_finite": f"That is not an amount that I can send. {Question.AMOUNT}?",
    "amount.too_precise": f"An amount can have cents, but nothing smaller. {Question.AMOUNT}?",
    "amount.not_a_number": f"That is not an amount that I can send. {Question.AMOUNT}?",
    "funds.insufficient": (
        "There is not enough available in that account. You can send a smaller amount, or name another account, "
        "for example “no, from savings”."
    ),
    "payee.not_saved": (
        "I can only pay your own accounts and the payees that you have saved. Ask “who can I pay?” to see them."
    ),
    "payee.not_active": "That payee cannot be paid at the moment. Ask “who can I pay?” to see the others.",
    "account.not_found": "I can't find that account among yours. Ask “what are my balances?” to see them.",
    "account.not_active": "That account is not active. Please name another one, for example “from savings”.",
    "transfer.same_account": f"That is the same account on both sides. {Question.SOURCE} should I take it?",
    "currency.mismatch": (
        "These accounts have different currencies, and I cannot exchange money. Please name another account, or "
        f"{CALL_US}."
    ),
    "transfer.outcome_unknown": (
        "We are still checking an earlier payment of this amount to the same payee. Please don't repeat it; you "
        "will be told here how it ended."
    ),
    "approval.already_open": (
        "There is a card above that waits for you. Please press one of its buttons first, then ask again."
    ),
    "fraud.blocked": "The bank's fraud check stopped this payment. Please call us if you meant to make it.",
    "audit.unavailable": (
        "The bank's record cannot be written right now, so no money can move. Please try again in a few minutes."
    ),
    "ledger.unavailable": "The bank's ledger does not answer right now. Please try again in a few minutes.",
    "ledger.outcome_unknown": (
        "We are checking whether that went through. Please don't repeat it; you will be told here how it ended."
    ),
    "session.ended": "Your session has ended. Please sign in again.",
}
_REFUSED = "The bank refused that, and nothing was changed. You can ask in another way, or call us."


def asked(text: str) -> Question | None:
    """The question that an earlier answer ended with; None if it asked for nothing."""
    # The wire has no memory but the texts: which question is open is read from the sentence itself.
    places = [(text.rfind(question.value), question) for question in Question]
    place, question = max(places)
    return question if place >= 0 else None


def left_over(text: str) -> list[str]:
    """The requests that an earlier answer has put off."""
    return _LEFT_OVER.findall(text)


_LEFT_OVER = re.compile(re.escape(AFTERWARDS) + r" “([^”]+)”")


def refusal(code: str) -> str:
    """One sentence, and the next step, for a stable code."""
    return _REFUSALS.get(code, _REFUSED)


def balance_sentence(account: Mapping[str, Any]) -> str:
    """`Your Everyday account ending 4821 has AUD 2,500.00.`, with what is available if that differs."""
    currency = str(account.get("currency") or "AUD")
    name = str(account.get("name") or "")
    title = name if "account" in name.casefold() else f"{name} account".strip()
    digits = account.get("number_last_digits")
    ending = f" ending {digits}" if digits else ""
    status = str(account.get("status") or "active")
    note = "" if status == "active" else f" The account is {status}."
    balance = str(account["balance"])
    if account.get("kind") == "loan":
        owed = money_text(balance.removeprefix("-"), currency)
        return f"On your {name}{ending} you owe {owed}.{note}"
    available = str(account.get("available_balance") or balance)
    rest = "" if available == balance else f", of which {money_text(available, currency)} is available"
    return f"Your {title}{ending} has {money_text(balance, currency)}{rest}.{note}"


def transaction_line(transaction: Mapping[str, Any], facts: CustomerFacts) -> str:
    """`- 20 Nov: Woolworths, -AUD 42.10 (Everyday)`."""
    account = facts.account(str(transaction.get("account_id")))
    day = date.fromisoformat(str(transaction["date"])[:10])
    currency = "AUD"
    amount = money_text(str(transaction["amount"]), currency)
    description = plain_text(str(transaction.get("description") or ""))
    return f"- {day.day} {day:%b}: {description}, {amount}" + (f" ({account.name})" if account else "")


def payee_line(payee: KnownPayee) -> str:
    """`“City Power” (biller ··1234)`."""
    return destination_text(payee.name, payee.kind, payee.last_digits)


def payees_sentence(facts: CustomerFacts) -> str:
    """Everybody that the customer may pay."""
    own = "You can also move money between your own accounts." if len(facts.accounts) > 1 else ""
    if not facts.payees:
        return f"You have no saved payees. {own}".strip()
    return f"You can pay {_and([payee_line(one) for one in facts.payees])}. {own}".strip()


def ask_destination(facts: CustomerFacts, unknown: str = "") -> str:
    """Ask whom to pay, saying who there is."""
    lead = f"I can't find “{unknown}” among your saved payees and accounts. " if unknown else ""
    return f"{lead}{payees_sentence(facts)} {Question.DESTINATION}?"


def ask_which_destination(candidates: Sequence[NamedDestination]) -> str:
    """Ask which of several was meant."""
    return f"That could be {_or([one.name for one in candidates])}. {Question.DESTINATION}?"


def ask_amount(destination: str, reason: str = "") -> str:
    return f"{reason} {Question.AMOUNT} to {destination}?".strip()


def ask_source(accounts: Sequence[KnownAccount], destination: str, unknown: str = "") -> str:
    """Ask which account the money should leave."""
    lead = f"I can't find “{unknown}” among your accounts. " if unknown else ""
    names = _or([f"{one.title} ending {one.last_digits}" for one in accounts])
    return f"{lead}{Question.SOURCE} should I pay {destination}: {names}?"


def payee_waits(name: str) -> str:
    """A payee cannot be paid before its own card is decided."""
    return (
        f"{plain_text(name)} is not saved yet. If their card is still open, press its button first; then ask me "
        "to pay again."
    )


def no_such_account(kinds: Sequence[str]) -> str:
    """The customer named a kind of account that they do not have."""
    return f"I can't find a {_or(sorted(kinds))} account among yours. These are your accounts:"


def plain_text(text: str) -> str:
    """Words of somebody else, without anything that a screen could take for markup."""
    return " ".join(text.translate(_MARKUP).split())


# Names and descriptions are somebody else's words, and the page reads Markdown.
_MARKUP = str.maketrans(dict.fromkeys("<>[]*_`#|\\", " "))


def _and(names: Sequence[str]) -> str:
    return _joined(names, "and")


def _or(names: Sequence[str]) -> str:
    return _joined(names, "or")


def _joined(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
