"""Finds own accounts and saved payees by the names that people use for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ultracore.offline_model.facts import CustomerFacts, KnownAccount, KnownPayee
from ultracore.offline_model.language.text import fold, is_like, words_of

# How people call the kinds of accounts.
KIND_WORDS: dict[str, frozenset[str]] = {
    "everyday": frozenset("everyday checking".split()),
    "savings": frozenset("savings saving saver".split()),
    "business": frozenset("business company".split()),
}
# "My current balance" is not a kind of account, "my current account" is.
_EVERYDAY = re.compile(r"\b(?:current|main|transaction|daily|spending|normal|usual) (?:account|acc|acct)\b")

_SYNONYMS = {
    "roommate": "flatmate",
    "housemate": "flatmate",
    "electricity": "power",
    "energy": "power",
    "landlord": "rent",
}
_EMPTY = frozenset(
    "a an the between my our your me us i we it that this please plz pls some money cash funds amount payment "
    "payments transfer pay send move bill bills invoice account accounts acct acc to from for of on in into and "
    "now today tomorrow asap again then also just dollars dollar bucks aud saved payee payees someone "
    "somebody person thanks thank you hi hello hey anya can could would want like need go yes ok okay sure "
    "one with via by im id ill lets let make do tonight something there here bank transaction instead rather no "
    "sorry actually mate off up over across back use using meant mean wait oops nope not its how who whom more "
    "other another immediately quickly urgently straight away right".split()
)
_ACCOUNT_ID = re.compile(r"\bacc_\w+")


@dataclass(frozen=True, slots=True)
class NamedDestination:
    """The target of a payment, as the customer named it: an own account, a payee, or an id passed on as it is."""

    target_id: str
    name: str


def account_ids_in(text: str) -> list[str]:
    """Account ids that were typed. Whether they are the customer's is the registry's question."""
    return list(dict.fromkeys(_ACCOUNT_ID.findall(fold(text))))


def kinds_named(text: str) -> set[str]:
    """The kinds of account that the text speaks of."""
    words = _account_words(text)
    return {
        kind for kind, names in KIND_WORDS.items() if any(is_like(word, name) for word in words for name in names)
    }


def accounts_named(text: str, facts: CustomerFacts) -> list[KnownAccount]:
    """The own accounts that the text names by id, kind, name or last digits."""
    words = _account_words(text)
    return [account for account in facts.accounts if _names_account(words, account)]


def payees_named(text: str, facts: CustomerFacts) -> list[KnownPayee]:
    """The saved payees that fit best; several if they fit equally, none if nothing fits."""
    words = [_SYNONYMS.get(word, word) for word in words_of(text)]
    scores = [(_fit(words, payee), payee) for payee in facts.payees]
    best = max((score for score, _ in scores), default=0)
    # All that fit equally well, so that the customer is asked; the first would be a guess about money.
    return [payee for score, payee in scores if score == best and best > 0]


def destinations_named(text: str, facts: CustomerFacts) -> list[NamedDestination]:
    """Own accounts and payees that the text names. A typed id stands for itself; a payee's full name wins."""
    typed = account_ids_in(text)
    if typed:
        # Not checked here: whose account an id is, the bank decides, and a refusal is told.
        return [NamedDestination(one, one) for one in typed]
    payees, accounts = payees_named(text, facts), accounts_named(text, facts)
    in_full = [payee for payee in facts.payees if _is_full_name(words_of(text), payee)]
    if in_full or (payees and not accounts):
        payees = in_full if len(in_full) > 1 else payees
        return [NamedDestination(payee.payee_id, payee.name) for payee in payees]
    return [NamedDestination(account.account_id, f"your {account.title}") for account in accounts]


def name_in(text: str) -> str:
    """The words of a phrase that may be somebody's name; empty if there are none."""
    return " ".join(word for word in words_of(text) if word not in _EMPTY and not word.isdigit())


def _account_words(text: str) -> list[str]:
    return words_of(_EVERYDAY.sub("everyday account", fold(text)))


def _names_account(words: Sequence[str], account: KnownAccount) -> bool:
    names = set(words_of(account.name)) - {"account"}
    names |= KIND_WORDS.get(account.kind, frozenset()) | {account.kind}
    return any(
        word in (account.account_id, account.last_digits) or any(is_like(word, name) for name in names)
        for word in words
    )


def _fit(words: Sequence[str], payee: KnownPayee) -> int:
    if payee.payee_id in words or (payee.last_digits and payee.last_digits in words):
        return 100
    return sum(any(_means(word, name) for word in words) for name in words_of(payee.name))


def _means(word: str, name: str) -> bool:
    """The same word, or the beginning of one in the other ("rent" for "Rentals")."""
    if word in _EMPTY:
        return False
    short, long = sorted((word, name), key=len)
    # Four letters, since shorter beginnings fit nearly every name.
    return is_like(word, name) or (len(short) >= 4 and long.startswith(short))


def _is_full_name(words: Sequence[str], payee: KnownPayee) -> bool:
    return all(any(_means(word, name) for word in words) for name in words_of(payee.name))
