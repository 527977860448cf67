"""Categories of lines, from their kind, their two sides and their words.

The table is in `docs/payments.md` too. A rule looks at facts of the ledger first (the kind of entry, whether the
other side is the customer's own account) and at words last, since a stranger may have written them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Category = Literal[
    "groceries",
    "eating out",
    "transport",
    "shopping",
    "utilities",
    "phone and internet",
    "insurance",
    "entertainment",
    "rent",
    "tax",
    "fees",
    "interest",
    "wages",
    "suppliers",
    "loan repayments",
    "investments",
    "own transfers",
    "transfers",
    "salary",
    "takings",
    "opening balance",
    "other",
]
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)

NOT_SPENT: Final = frozenset({"own transfers", "investments", "opening balance"})
"""Money that the customer still has, in another form."""

KINDS: Final[dict[str, Category]] = {
    "salary": "salary",
    "rent": "rent",
    "interest": "interest",
    "fee": "fees",
    "wages": "wages",
    "takings": "takings",
    "supplier_payment": "suppliers",
    "securities_purchase": "investments",
    "opening_balance": "opening balance",
}
"""Kinds of entry that say by themselves what they are for."""

WORDS: Final[tuple[tuple[Category, str], ...]] = (
    ("groceries", "market supermarket grocer grocers grocery basket fresh barrel woolworths coles aldi iga"),
    ("eating out", "cafe restaurant noodle pizza pizzeria bakery taco coffee bar bistro sushi burger lunch"),
    ("transport", "transit train bus ferry fuel petrol parking taxi ride rideshare toll uber opal myki"),
    ("insurance", "insurance insurer"),
    ("phone and internet", "internet mobile phone broadband nbn telstra optus vodafone fibre"),
    ("utilities", "power energy electricity gas water council"),
    ("entertainment", "stream streaming cinema netflix spotify theatre concert gym"),
    ("tax", "ato tax activity"),
    ("rent", "rent rentals rental"),
    ("shopping", "depot chemist pharmacy outfitters homeware paper store shop"),
)
"""The first row with one of the description's words decides."""

_WORD: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The ledger's facts about one line.

    `own_other` is the kind of the customer's own account on the other side, None if that side is another
    person's. `payee_kind` is the saved payee's that was paid, if there was one.
    """

    kind: str
    account_kind: str
    own_other: str | None
    outgoing: bool
    payee_kind: str | None
    words: str


def category_of(line: Traits) -> Category:
    """The one category of a line. Every line has one; `other` is for what no rule knows."""
    # The ledger's facts come first: the words are a stranger's and could name any category.
    decided = KINDS.get(line.kind)
    if decided is not None:
        return decided
    if line.own_other is not None:
        return "loan repayments" if "loan" in (line.own_other, line.account_kind) else "own transfers"
    if line.kind == "transfer" and (not line.outgoing or line.payee_kind == "internal"):
        return "transfers"
    return _by_words(line.words) or ("transfers" if line.kind == "transfer" else "other")


def _by_words(text: str) -> Category | None:
    words = set(_WORD.findall(text.casefold()))
    # The order of the table decides, because a description may hold words of several rows.
    for category, known in WORDS:
        if words & set(known.split()):
            return category
    return None
