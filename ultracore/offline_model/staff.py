"""To a member of staff the offline model speaks of the customer, not of “your account”.

Its sentences are written for a customer. What in them is the customer's is said of the customer by name here;
what the person who writes should do (“please ask again”) stays as it is, and so do the bank's data: the lines of
a list, what stands in quotation marks, and names.
"""

from __future__ import annotations

import re

from ultracore.wording import TO_STAFF, WORKS_FOR

SOMEBODY = "the customer"

_WORKS_FOR = re.compile(re.escape(WORKS_FOR) + r"([\w.-]*\w)")
_QUOTED = re.compile(r"(“[^”]*”)")
_THINGS = (
    "accounts?|balances?|payees?|loans?|cards?|investments?|portfolio|identity|application|spending|savings|data|"
    "transactions?|payments?|money|saved|own accounts?|last"
)
_START = r"(?:^|(?<=[.!?:] ))"
_ASK_MINE, _ASK_THEIRS = "“What's my balance?”", "“What's the balance?”"
_RULES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (_START + r"Your (?!session\b)", "{Name}'s "),
        (_START + r"On your ", "On {name}'s "),
        (r"\bwas not you\b", "was not {name}"),
        (rf"\byour (?={_THINGS}\b)", "{name}'s "),
        (r"\bof yours\b", "of {name}"),
        (r"\bamong yours\b", "among {name}'s"),
        (r"\byou owe\b", "{name} owes"),
        (_START + r"You owe\b", "{Name} owes"),
        (_START + r"You spent\b", "{Name} spent"),
        (_START + r"You have (?=no |several |applied )", "{Name} has "),
        (_START + r"You can (?=pay |also move )", "{Name} can "),
    )
)


def customer_of(system: str) -> str | None:
    """How the customer is called in the talk that a system message describes; None if it is the customer's."""
    # The prompt is all that a model gets to know of who is writing.
    if TO_STAFF not in system:
        return None
    found = _WORKS_FOR.search(system)
    return SOMEBODY if found is None else found[1]


def told_to(customer: str | None, text: str) -> str:
    """A text as the person who writes should read it. `customer` is None if that is the customer."""
    if customer is None:
        return text
    # Lists hold the bank's own data, in which nothing may be reworded.
    return "\n".join(line if line.startswith("- ") else _line(customer, line) for line in text.split("\n"))


def _line(customer: str, line: str) -> str:
    parts = _QUOTED.split(line.replace(_ASK_MINE, _ASK_THEIRS))
    return "".join(part if part.startswith("“") else _said_of(customer, part) for part in parts)


def _said_of(customer: str, text: str) -> str:
    name = customer[:1].upper() + customer[1:] if customer == SOMEBODY else customer
    for pattern, words in _RULES:
        text = pattern.sub(words.format(name=customer, Name=name), text)
    return text
