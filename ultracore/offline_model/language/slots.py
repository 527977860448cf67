"""What one message says about a transfer: amounts, source, destination, purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ultracore.offline_model.facts import CustomerFacts
from ultracore.offline_model.language.amounts import find_amounts, is_foreign, without_amounts
from ultracore.offline_model.language.intents import TRANSFER_VERBS
from ultracore.offline_model.language.names import (
    NamedDestination,
    account_ids_in,
    accounts_named,
    destinations_named,
    name_in,
)
from ultracore.offline_model.language.text import corrected, fold, words_of

_STOP = (
    r"(?=\s+(?:from|frm|out of|using|for|please|plz|pls|with|to|into|onto|in|and|thanks|today|pay|send|"
    r"now|asap)\b|[,;!?]|\.\s|\.?$)"
)
_FROM = re.compile(rf"\b(?:from|frm|form|out of|using|off|with|use)\s+(.*?){_STOP}")
_TO = re.compile(rf"\b(?:to|into|onto|in|towards)\s+(?=(.*?){_STOP})")
_FOR = re.compile(
    r"\bfor\s+(.*?)(?=\s+(?:from|frm|out of|using|to|into|please|plz|pls|thanks)\b|[,;!?]|\.\s|\.?$)", re.I
)
_NOT = re.compile(r"\bnot\s+(?:(?:from|to|my|the)\s+)*\S+(?:\s+(?:account|dollars|bucks))?")
_CORRECTION = re.compile(
    r"^(?:no|nope|nah|sorry|actually|wait|oops|i mean|i meant|make (?:it|that)|change (?:it|that)|rather|use|not|"
    r"from|to)\b|\b(?:instead|rather)\W*$"
)
_LATER = re.compile(
    r"\b(?:tomorrow|tonight|later|schedul\w*|recurring|standing order|weekly|monthly|fortnightly|yearly|"
    r"(?:every|each) (?:day|week|fortnight|month|year|\w+day)|(?:next|on) (?:week|month|year|\w+day)|"
    r"in \w+ (?:days|weeks|months)|on (?:the )?\d{1,2}(?:st|nd|rd|th|/\d{1,2}|(?: of)? (?:jan|feb|mar|apr|may|jun|"
    r"jul|aug|sep|oct|nov|dec)[a-z]*))\b"
)
_ONTO_A_LOAN = re.compile(
    r"\b(?:off|on|onto|of|against|towards?|into|down)(?: of)? (?=(?:my|the|our) (?:\w+ )?(?:loan|mortgage)\b)"
)
_VERBS = TRANSFER_VERBS | {"give", "put", "payment"}
_NOT_A_PLACE = frozenset("be make do have see know want need get check transfer pay send move".split())
_NO_PURPOSE = frozenset("me it that now today tomorrow free sure".split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that was named: what it may be, and the words if it is nothing that we know."""

    candidates: tuple[NamedDestination, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Slots:
    """What a message says. None and empty mean that it says nothing of it."""

    amounts: tuple[str, ...] = ()
    foreign: bool = False
    source: Mention | None = None
    destination: Mention | None = None
    purpose: str = ""
    later: bool = False


def is_correction(text: str) -> bool:
    """True if a message changes what was said before: "no, from savings", "make it 60"."""
    return bool(_CORRECTION.search(fold(text)))


def names_a_destination(text: str) -> bool:
    """True if a message says to whom, whether or not we know them."""
    return bool(_segments(_TO, _plain(text)) or _object(_plain(text)))


def read_slots(text: str, facts: CustomerFacts) -> Slots:
    """Read a message on its own."""
    plain = _plain(text)
    source, rest = _source(plain, facts)
    return Slots(
        # "Not 50, 60" has one amount, the one that is not taken back.
        amounts=tuple(find_amounts(_NOT.sub(" ", fold(text)))),
        foreign=is_foreign(text),
        source=source,
        destination=_destination(rest, facts),
        purpose=_purpose(text),
        later=bool(_LATER.search(fold(text))),
    )


def read_source(text: str, facts: CustomerFacts) -> Mention | None:
    """A whole message as the answer to "from which account?"."""
    return _own_account(_plain(text), facts, strict=False)


def read_destination(text: str, facts: CustomerFacts) -> Mention | None:
    """A whole message as the answer to "whom should I pay?"."""
    rest = _source(_plain(text), facts)[1]
    return _destination(rest, facts) or _place(rest, facts)


def _plain(text: str) -> str:
    """The folded text without what it takes back ("not 50") and without amounts."""
    # "Off my loan" and "on my loan" lead to the loan: money is paid into it, never out of it.
    return _ONTO_A_LOAN.sub("to ", without_amounts(_NOT.sub(" ", fold(text))))


def _source(plain: str, facts: CustomerFacts) -> tuple[Mention | None, str]:
    """The account that the money comes from, and the text without that phrase."""
    for match in _FROM.finditer(plain):
        # "Off" and "with" lead to an account only if one is really named after them.
        strict = match.group().split()[0] not in ("from", "frm", "out")
        mention = _own_account(match[1], facts, strict=strict)
        if mention is not None:
            return mention, f"{plain[: match.start()]} {plain[match.end() :]}"
    return None, plain


def _own_account(phrase: str, facts: CustomerFacts, *, strict: bool) -> Mention | None:
    typed = account_ids_in(phrase)
    if typed:
        return Mention(tuple(NamedDestination(one, one) for one in typed), phrase)
    found = accounts_named(phrase, facts)
    if found:
        return Mention(tuple(NamedDestination(one.account_id, f"your {one.title}") for one in found), phrase)
    words = name_in(phrase)
    return None if strict or not words else Mention((), words)


def _destination(rest: str, facts: CustomerFacts) -> Mention | None:
    """The phrase after "to", else what is paid, else a payee or an account that is named in the rest."""
    phrases = _segments(_TO, rest)
    for phrase in phrases:
        mention = _place(phrase, facts)
        if mention is not None:
            return mention
    paid = _object(rest)
    if paid and (mention := _place(paid, facts)) is not None and (mention.candidates or not _FOR.search(rest)):
        return mention
    found = destinations_named(rest, facts)
    return Mention(tuple(found), rest) if found else None


def _place(phrase: str, facts: CustomerFacts) -> Mention | None:
    found = destinations_named(phrase, facts)
    words = name_in(phrase)
    if not found and not words:
        return None
    return Mention(tuple(found), words)


def _segments(pattern: re.Pattern[str], plain: str) -> list[str]:
    """What follows each "to" that leads somewhere ("to pay" leads nowhere)."""
    found = []
    for match in pattern.finditer(plain):
        words = words_of(match[1])
        leads = words and words[0] not in _NOT_A_PLACE and name_in(match[1])
        if leads and not (match.group().startswith("in ") and words[0].isdigit()):
            found.append(match[1])
    return found


def _object(plain: str) -> str:
    """Whom or what the verb pays: the words between it and the next preposition."""
    words = words_of(plain)
    verbs = corrected(words, frozenset(_VERBS))
    start = max((place for place, word in enumerate(verbs) if word in _VERBS), default=None)
    if start is None:
        return ""
    taken = []
    for word in words[start + 1 :]:
        if word in ("from", "frm", "to", "into", "onto", "for", "in", "using", "with", "out"):
            break
        taken.append(word)
    phrase = " ".join(taken)
    return phrase if name_in(phrase) else ""


def _purpose(text: str) -> str:
    """What a payment is for, in the customer's words, if that is neither an amount nor a time."""
    match = _FOR.search(" ".join(text.split()))
    if match is None or find_amounts(match[1]) or not name_in(match[1]) or match[1].casefold() in _NO_PURPOSE:
        return ""
    return match[1][:60]
