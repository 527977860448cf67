"""Payments beside transfers: quotes with fee, rate and arrival, and saving a payee."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.language import destinations_named, find_amounts, fold
from ultracore.offline_model.request import Request, message_of, spoken
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text

QUOTE = "quote_payment"
STATUS = "get_payment_status"
ADD_PAYEE = "add_payee"

_COUNTRIES = {
    "New Zealand": "new zealand|nz|auckland",
    "the United States": "united states|usa|america|the us|the states",
    "the United Kingdom": "united kingdom|uk|england|britain|scotland|london",
    "Ireland": "ireland",
    "Germany": "germany|berlin",
    "France": "france|paris",
    "Italy": "italy|rome",
    "Spain": "spain",
    "the Netherlands": "netherlands|holland",
    "Greece": "greece",
    "Japan": "japan|tokyo",
    "India": "india",
    "China": "china",
    "the Philippines": "philippines",
    "Indonesia": "indonesia|bali",
    "Vietnam": "vietnam",
    "Canada": "canada",
    "Singapore": "singapore",
    "Thailand": "thailand",
    "South Africa": "south africa",
}
_ANY_COUNTRY = "|".join(_COUNTRIES.values())
_CURRENCIES = (
    ("NZD", r"\b(?:nzd|nz dollars?|new zealand dollars?)\b|nz\$"),
    ("USD", r"\b(?:usd|us dollars?|american dollars?)\b|us\$"),
    ("EUR", r"\b(?:eur|euros?)\b|€"),
    ("GBP", r"\b(?:gbp|pounds?|quid)\b|£"),
    ("JPY", r"\b(?:jpy|yen)\b|¥"),
)
_FOREIGN = r"nzd|usd|us dollars?|euros?|eur|gbp|pounds|yen|jpy"
_RECEIVER = re.compile(r"\bto (?:my )?((?!the\b|a\b)[^\W\d_][\w'-]*(?: [^\W\d_][\w'-]*)?)", re.I)
_ABROAD_WORDS = frozenset("us uk usa nz usd eur gbp nzd jpy send transfer pay get make".split())
_BSB = re.compile(r"(?<!\d)(\d{3}[- ]?\d{3})(?!\d)")
_MARKED_BSB = re.compile(r"\bbsb\W*(?:is\W*|number\W*)?(\d{3}[- ]?\d{3})(?!\d)", re.I)
_NUMBER = re.compile(r"(?<![\d-])(\d{4,10})(?![\d-])")
_PAYEE_NAMED = re.compile(
    r"\b(?:called|named|payees?(?: called| named| is)?(?! (?:with|please|is|to|called|named)\b):?|add"
    r"|save)\s+[\"“']?"
    r"(?!a\b|my\b|new\b|the\b|payee\b|someone\b|somebody\b|another\b)([^\W\d_][\w'&. -]*?)"
    r"(?=[\"”',;:]|\s+(?:as|to|with|bsb|and|at|on|account|acc|acct|\d)|[.?!]?$)",
    re.I,
)
_NO_NAME = frozenset("payee payees biller person account please".split())


def answer_quote(request: Request) -> Reply:
    """What a payment would cost and when it would arrive. Asks for the amount and the place."""
    country = request.newest(country_in)
    place = _place(request, country)
    if isinstance(place, Reply):
        return place
    amount = request.newest(lambda text: next(iter(find_amounts(_bare(text))), None))
    if amount is None:
        return Reply(f"{Ask.QUOTE_AMOUNT}, and in which currency if not in Australian dollars?")
    arguments = {"destination": place, "amount": amount}
    currency = request.newest(_currency_in)
    arguments |= {"currency": currency} if currency else {}
    arguments |= {"country": country} if country else {}
    return request.ask(QUOTE, arguments)


def country_in(text: str) -> str | None:
    """The country that a text names."""
    plain = fold(text)
    found = (name for name, words in _COUNTRIES.items() if re.search(rf"\b(?:{words})\b(?! dollars?)", plain))
    return next(found, None)


def _place(request: Request, country: str | None) -> str | Reply:
    """Whom the quote is for: abroad a name or the country, here a saved payee or an own account."""
    # Abroad the receiver need not be saved, since the bank only quotes such a payment.
    foreign = country or request.newest(_currency_in)
    if foreign:
        return request.newest(_receiver) or ("somebody" if country else "somebody abroad")
    facts = request.facts()
    if isinstance(facts, Reply):
        return facts
    found = request.newest(lambda text: destinations_named(fold(text), facts) or None)
    if found and len(found) == 1:
        return found[0].target_id
    return Reply(f"{Ask.QUOTE_PLACE}, shall I quote a payment?")


def _receiver(text: str) -> str | None:
    for match in _RECEIVER.finditer(" ".join(text.split())):
        words = [
            word
            for word in re.split(r"\s+(?:in|at|from)\b", match[1])[0].split()
            if word.casefold() not in _ABROAD_WORDS | {"in", "from", "at", "overseas", "abroad"}
        ]
        name = " ".join(words)
        if name and not re.fullmatch(_ANY_COUNTRY, name.casefold()) and country_in(name) is None:
            return name
    return None


def _currency_in(text: str) -> str | None:
    plain = fold(text)
    return next((code for code, words in _CURRENCIES if re.search(words, plain)), None)


def _bare(text: str) -> str:
    """The text with foreign currencies taken off their numbers, so that these are read as amounts."""
    return re.sub(rf"(?:us|nz)\$|[€£¥]|\b(?:{_FOREIGN})\b", " ", fold(text))


def answer_payee(request: Request) -> Reply:
    """A card that saves a payee; asks for the name, then for BSB and number. Makes up none of them."""
    name = request.newest(_payee_name)
    # A bare name counts only as an answer: in a first message it could be anything.
    if name is None and len(request.texts) > 1:
        name = request.newest(_bare_name)
    if name is None:
        return Reply(f"{Ask.PAYEE_NAME}?")
    numbers = request.newest(_numbers)
    if numbers is None:
        return Reply(f"I can save {name} as a payee. {Ask.PAYEE_NUMBERS}?")
    return request.ask(ADD_PAYEE, {"name": name, "bsb": numbers[0], "account_number": numbers[1]})


def _payee_name(text: str) -> str | None:
    for match in _PAYEE_NAMED.finditer(" ".join(text.split())):
        name = match[1].strip(" .-")
        if name and name.casefold() not in _NO_NAME:
            return name
    return None


def _bare_name(text: str) -> str | None:
    """A message that is nothing but a name, as the answer to the question for it."""
    words = re.split(r"\b(?:bsb|acc\w*)\b|\d", text, maxsplit=1, flags=re.I)[0].strip(" ,.:;-")
    plain = spoken(words)
    fits = words and len(plain.split()) <= 4 and not re.search(r"\b(?:payee|add|save|want)\b", plain)
    return words if fits else None


def _numbers(text: str) -> tuple[str, str] | None:
    bsb = _MARKED_BSB.search(text) or _BSB.search(text)
    if bsb is None:
        return None
    # Without the BSB, whose six digits would pass for an account number.
    rest = f"{text[: bsb.start()]} {text[bsb.end() :]}"
    number = _NUMBER.search(rest)
    return (bsb[1], number[1]) if number else None


def answer_status(request: Request) -> Reply:
    """What became of the newest payment, or of the newest to the payee that is named."""
    return request.ask(STATUS, {}, lambda data: _status(data, fold(request.text)))


def _status(data: Mapping[str, Any], plain: str) -> str:
    named = [
        one
        for one in data["requests"]
        if one["to"] and any(word in plain for word in fold(str(one["to"])).split())
    ]
    return plain_text(str(named[0]["sentence"])) if named else message_of(data)


ABILITIES = (
    Ability(
        domain="Payments",
        tool=STATUS,
        applies=re.compile(
            r"\b(?:did|has|have|is|was) (?:it|that|this|(?:my|the|that) (?:\w+ )?(?:payment|transfer|money)"
            r"(?: to (?:\w+ ?){1,3}?)?)(?: \w+)? (?:go|gone|went|been|sent|through|work|done|clear(?:ed)?|paid"
            r"|made|complete[d]?"
            r"|successful|approved|happen(?:ed)?|arrived?|land(?:ed)?)\b|\b(?:show|see|give|get"
            r"|send)\b.*\b(?:receipt|confirmation)\b|"
            r"^(?:receipt|the receipt)\b|\bwhat (?:happened|became)\b.*\b(?:payment|transfer)\b"
            r"|\bstatus of (?:my|the) (?:payment|transfer)\b|"
            r"^(?:all )?(?:done|sent|paid)\?$|\bdid (?:it|that) work\b|\bgo through\b.*\?|\bgone through\b"
        ),
        unless=re.compile(
            r"\b(?:loan|application|rent|salary|pay|scam|legit\w*|me|fraud\w*|direct debit|bill|suspicious"
            r"|report|order)\b|^where did\b"
        ),
        answer=answer_status,
    ),
    Ability(
        domain="Payments",
        tool=ADD_PAYEE,
        applies=re.compile(
            r"\b(?:add|save|set up|create|new|register)\b(?: \S+){0,5} (?:payees?|billers?)\b|\bnew payee\b|"
            r"\b(?:add|save)\b.*\bbsb\b|\bpay someone new\b"
        ),
        unless=re.compile(r"\b(?:who|which|list|show)\b"),
        answer=answer_payee,
        sealed=True,
        whole=True,
    ),
    Ability(
        domain="Payments",
        tool=QUOTE,
        applies=re.compile(
            r"\b(?:fees?|cost|costs|charge|how long|when (?:will|would|does|do)|how fast|arrive|quote)\b.*"
            r"\b(?:pay|paying|payment|send|sending|transfer|transferring|transfers)\b|"
            r"\b(?:send|transfer|pay|wire|sending|quote|payment)\b.*\b(?:overseas|abroad|international\w*|"
            rf"{_ANY_COUNTRY})\b|\binternational (?:transfer|payment)\b|\bexchange rate\b|\bquote\b|"
            rf"\b(?:send|transfer|wire|convert)\b.*\b(?:{_FOREIGN})\b"
        ),
        unless=re.compile(r"\b(?:did|was i|were|spend|spent|find|search|suspicious|loan|last month|have i)\b"),
        answer=answer_quote,
        whole=True,
    ),
)
