"""Days and periods in a message, passed on to the tools as the customer wrote them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

from ultracore.offline_model.language.text import fold

_MONTHS = [name.casefold() for name in (*calendar.month_name[1:], *calendar.month_abbr[1:], "sept")]
# "May" is a verb far more often than a month: it counts only after "in", a day, "last" or "this".
_MONTH = "|".join(sorted((one for one in _MONTHS if one != "may"), key=len, reverse=True))
_UNIT = r"days?|weeks?|fortnights?|months?|years?"
_DAY = (
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH}|may)(?: \d{{4}})?"
    rf"|(?:last |this )?(?:{_MONTH})(?: \d{{4}})?(?!\w)|(?<=in )may(?: \d{{4}})?|(?:last|this) may"
)
_PERIOD = re.compile(
    rf"(?<![\w/])(?:{_DAY}|(?:last|past|previous|this|the) (?:few|couple of|\d{{1,4}}) (?:{_UNIT})"
    rf"|(?:last|past|previous|this)(?: past)? (?:week|fortnight|month|quarter|financial year|year)"
    r"|today|yesterday|\d{1,3} (?:days|weeks) ago"
    r"|(?:last|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?<=on )(?:mon|tues|wednes|thurs|fri|satur|sun)day|fy ?\d{2,4})(?![\w/])"
)
_OPEN_END = re.compile(r"\bsince (?:the )?$")


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day, in words that the tools read; None if that end is open."""

    since: str | None
    until: str | None

    @property
    def arguments(self) -> dict[str, str]:
        """As arguments of a tool."""
        found = {"since": self.since, "until": self.until}
        return {name: value for name, value in found.items() if value is not None}


def find_span(text: str) -> Span | None:
    """The days that a text speaks of: one period, or from the first to the second if two are named."""
    plain = fold(text)
    found = list(_PERIOD.finditer(plain))
    if not found:
        return None
    first, last = _readable(found[0].group()), _readable(found[-1].group())
    if _OPEN_END.search(plain[: found[0].start()]):
        return Span(first, None)
    return Span(first, last)


def without_periods(text: str) -> str:
    """The folded text without its days and periods."""
    return " ".join(_PERIOD.sub(" ", fold(text)).split())


def _readable(phrase: str) -> str:
    """A phrase as the tools' reader of dates knows it."""
    phrase = phrase.replace("this past", "past").replace("the ", "last ", 1)
    phrase = re.sub(r"\b(?:few|couple of)\b", "3", phrase)
    phrase = re.sub(r"^(?:previous|this) (?=\d)", "last ", phrase)
    return "last 14 days" if re.fullmatch(r"(?:last|past|this|previous) fortnight", phrase) else phrase
