"""How money, times and references are written for people. One place, so that cards, steps and notices agree."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from ultracore.languages import Language, date_time, original, told
from ultracore.zone import bank_zone, day_of

TO_STAFF = "You are talking to a member of the bank's staff"
"""How a prompt says that it is not the customer who writes; the offline model reads it."""
WORKS_FOR = "They work for customer "
"""And about whom they ask."""


def money_text(amount: Decimal | str, currency: str = "AUD") -> str:
    """`AUD 2,500.00`; a minus sign stands in front of the currency."""
    value = Decimal(amount)
    sign = "-" if value < 0 else ""
    return f"{sign}{currency} {abs(value):,.2f}"


def when_text(moment: datetime, language: Language = "en") -> str:
    """`23 Nov 2026, 5:04 pm`, by the bank's clock and as the language writes it."""
    local = moment.astimezone(bank_zone())
    if language != "en":
        return date_time(local, language)
    return f"{local.day} {local:%b %Y}, {_hour_text(local)}"


def conversation_title(agent: str, began_at: datetime) -> str:
    """Says nothing of the subject: `Payments, 23 Nov, 5:04 pm`, by the bank's clock: the list is narrow."""
    return f"{agent}, {when_text(began_at).replace(f' {day_of(began_at).year}', '', 1)}"


def card_subject(title: str, lines: Iterable[Sequence[str]]) -> str:
    """What a conversation with this card was about: `50.00 to City Power`, or the card's title.

    `lines` are the card's labels and values.
    """
    words = {original(line[0]): line[1] for line in lines}
    if "Pay to" not in words or "Amount" not in words:
        return title
    # The list is narrow, and a bank has one currency as a rule: the card says which.
    # A card that replaces another says behind each value what it was, in the language of the card.
    amount, target = _FIGURE.search(words["Amount"]), _TARGET.match(words["Pay to"])
    if amount is None:
        return title
    return f"{amount[0]} to {destination_name(target[0] if target else _REPLACED.sub('', words['Pay to']))}"


def time_text(moment: datetime, now: datetime) -> str:
    """`5:04 pm` by the bank's clock, with the date unless that is the day of `now`."""
    local, today = moment.astimezone(bank_zone()), day_of(now)
    date = "" if local.date() == today else f" on {local.day} {local:%b %Y}"
    return f"{_hour_text(local)}{date}"


def _hour_text(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


_KINDS: Final = {"biller": "biller", "external": "another bank", "internal": "at this bank", "abroad": "abroad"}
# What a card that replaces another says behind a value that is not the same.
_REPLACED: Final = re.compile(r" \((?:changed, was .*|new)\)$")
_FIGURE: Final = re.compile(r"\d[\d,.]*")
_TARGET: Final = re.compile(r"“[^”]*” \([^()]*\)")
_QUOTATION_MARKS: Final = re.compile('["“”„‟«»\uff02]')
_LINKS: Final = re.compile(r"(?<=:)(?=//)|(?<=\w[.\u3002\uff0e\uff61])(?=\w*[^\W\d_])")


def destination_text(name: str, kind: str | None, last_digits: str | None) -> str:
    """A payment's target, as `“City Power” (biller ··4411)`; `kind` is a saved payee's, None for an own account.

    What stands within the marks is a person's text, what stands after them the bank's: a payee cannot be saved
    under a name that reads like another account.
    """
    ending = f" ··{last_digits}" if last_digits else ""
    # Quotation marks in a name would let it end early and go on as if in the bank's words.
    inside = _QUOTATION_MARKS.sub("'", inert_text(name))
    return f"“{inside}” ({_KINDS.get(kind or '', 'own account')}{ending})"


def destination_name(text: str) -> str:
    """The name in what `destination_text` made, or in the form `City Power ··4411 (biller)` of older cards."""
    return text[1:].rpartition("” (")[0] if text.startswith("“") else text.partition(" ··")[0]


def inert_text(text: str) -> str:
    """Somebody's text on one line, without invisible characters, and with its links broken by a blank.

    For texts that came from elsewhere or are older than the rules for new ones. Idempotent.
    """
    shown = "".join(character if character.isprintable() else " " for character in text)
    return _LINKS.sub(" ", " ".join(shown.split()))


def new_reference() -> str:
    """A reference for one turn, as `7F3A-91C2`; too short to be mistaken for a card number."""
    # Random and not counted: a reference is read out on the phone, and must not tell how many turns there were.
    digits = secrets.token_hex(4).upper()
    return f"{digits[:4]}-{digits[4:]}"


_NO_DIGIT: Final = re.compile(r"[^\d+]")


def call_link(number: str) -> str:
    """A number that a telephone calls when it is pressed."""
    return f"[{number}](tel:{_NO_DIGIT.sub('', number)})"


# Who is sent to the telephone is told what for: somebody who has read "call us" alone does not know whether their
# question is one for it.
_AGAIN: Final = (
    "If it happens again, call us on {phone}: there too you can ask about balances, payments, cards, loans and "
    "investments."
)
_NO_HELP: Final = (
    "If that does not help, call us on {phone}: there too you can ask about balances, payments, cards, loans and "
    "investments."
)


def apology(reference: str, phone: str, *, sentence: str, language: Language = "en") -> str:
    """A sentence, what to do next, and the reference that the record is found by.

    `phone` is a number, or in a conversation its link. The sentence is an English one of ours.
    """
    return f"{told(sentence, language)} {told(_AGAIN, language).format(phone=phone)} Ref {reference}"


def dead_end(sentence: str, phone: str, language: Language = "en") -> str:
    """A sentence after which nothing goes on here, with who answers instead. Once is enough for a number."""
    if phone in sentence:
        return sentence
    return f"{told(sentence, language)} {told(_NO_HELP, language).format(phone=phone)}"
