"""Days and periods in a message, passed on to the tools as the customer wrote them, or as the days they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ultracore.dates import Period, read_period, today_at_the_bank
from ultracore.errors import ToolRefused
from ultracore.offline_model.language.days import FORMS, MONTHS, edge_in, shift_in, shifted, unclear_in
from ultracore.offline_model.language.text import fold

# "May" is a verb far more often than a month: it counts only after "in", a day, "last" or "this".
_MONTH = "|".join(sorted((one for one in MONTHS if one != "may"), key=len, reverse=True))
_UNIT = r"days?|weeks?|fortnights?|months?|years?"
_DAY = (
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH}|may)(?: \d{{4}})?"
    rf"|(?:last |this )?(?:{_MONTH})(?: \d{{4}})?(?!\w)|(?<=in )may(?: \d{{4}})?|(?:last|this) may|may \d{{4}}"
)
_PERIOD = re.compile(
    rf"(?<![\w/])(?:{_DAY}|(?:last|past|previous|this|the) (?:few|couple of|\d{{1,4}}) (?:{_UNIT})"
    rf"|(?:last|past|previous|this)(?: past)? (?:week|fortnight|month|quarter|financial year|year)"
    r"|today|yesterday"
    r"|(?:last|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?<=on |ce )(?:mon|tues|wednes|thurs|fri|satur|sun)day|fy ?\d{2,4})(?![\w/])"
)
_OPEN_END = re.compile(r"\b(?:since|starting|from) (?:the |in )?$")
_OPEN_START = re.compile(r"\b(?:until|till|up to|up until) (?:the |in )?$")
_AFTER = re.compile(r"\bafter (?:the )?$")
_BEFORE = re.compile(r"\bbefore (?:the )?$")
_RANGE = re.compile(r"\bbetween\b.*\band\b|(?<=\d|\s)[-–](?=\d|\s)|\b(?:to|until|till|through)\b")  # noqa: RUF001


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

    def period(self, today: date) -> Period:
        """The days. An open end is today. Raises `ToolRefused` if no calendar has them."""
        first = read_period(self.since, today).first if self.since else date(2000, 1, 1)
        last = read_period(self.until, today).last if self.until else today
        return Period(first, max(first, last))


@dataclass(frozen=True, slots=True)
class UnclearDays:
    """Words that name a time which cannot be read."""

    words: str


@dataclass(frozen=True, slots=True)
class _Named:
    start: int
    end: int
    span: Span
    is_range: bool = False


def find_span(text: str) -> Span | None:
    """The days that a text speaks of: one period, or from the first to the second if two are named."""
    found = read_span(text)
    return found if isinstance(found, Span) else None


def read_span(text: str, today: date | None = None) -> Span | UnclearDays | None:
    """The days that a text speaks of; `UnclearDays` if it names some that cannot be read, or several periods."""
    plain, today = _folded(text), today or today_at_the_bank()
    named, rest = _named(plain, today)
    unclear = edge_in(plain) or unclear_in(rest)
    if unclear is not None:
        return UnclearDays(unclear)
    if not named:
        return None
    first, last = named[0], named[-1]
    if len(named) == 1:
        return _with_preposition(plain, first, today)
    between = plain[first.end : last.start]
    joined = Span(first.span.since, last.span.until)
    # "January and March" is no range: February was not asked for.
    if len(named) == 2 and (_RANGE.search(plain[: last.start]) or _touch(first.span, last.span, today)):
        return joined
    return UnclearDays(plain[first.start : last.end]) if between.strip() else joined


def spans_in(text: str) -> list[Span]:
    """Each period that a text names, in order, for a comparison."""
    return [one.span for one in _named(_folded(text), today_at_the_bank())[0]]


def span_of(texts: Sequence[str], today: date | None = None) -> Span | UnclearDays | None:
    """What several messages say of the days, the last one to say anything first; "the month before" counts from "
    "it."""
    found: Span | UnclearDays | None = None
    today = today or today_at_the_bank()
    for text in texts:
        shift = shift_in(fold(text))
        if shift is not None and isinstance(found, Span):
            period = shifted(found.period(today), *shift)
            found = Span(period.first.isoformat(), period.last.isoformat())
        else:
            found = read_span(text, today) or found
    return found


def without_periods(text: str) -> str:
    """The folded text without its days and periods."""
    _, rest = _named(_folded(text), today_at_the_bank())
    return " ".join(rest.split())


def is_period(text: str) -> bool:
    """True for a text that is nothing but a period: "last month?", "in October"."""
    if read_span(text) is None and shift_in(fold(text)) is None:
        return False
    left = re.sub(
        r"\b(?:and|in|for|on|the|of|then|ok|since|until|from|to|one|what about|before|that|how about)\b|\W",
        "",
        _bare(text),
    )
    return not left


def _folded(text: str) -> str:
    return fold(text).replace("tax year", "financial year")


def _bare(text: str) -> str:
    return re.sub(
        r"\b(?:one|week|month|quarter|year|previous|next|following|prior|after)\b", "", without_periods(text)
    )


def _named(plain: str, today: date) -> tuple[list[_Named], str]:
    """The periods of a folded text in order, and the text with blanks in their places."""
    named: list[_Named] = []
    for pattern, read in FORMS:
        for match in list(pattern.finditer(plain)):
            try:
                period = read(match, today)
            # "The 31st to the 45th": not a period of any calendar, and the tools could not read it either.
            except (ToolRefused, ValueError):
                continue
            span = Span(period.first.isoformat(), period.last.isoformat())
            ranged = {"first", "last"} <= match.groupdict().keys()
            named.append(_Named(match.start(), match.end(), span, is_range=ranged))
            # Of the same length, so that places stay what they are.
            plain = f"{plain[: match.start()]}{'.' * len(match.group())}{plain[match.end() :]}"
    for match in _PERIOD.finditer(plain):
        words = _readable(match.group())
        named.append(_Named(match.start(), match.end(), Span(words, words)))
        plain = f"{plain[: match.start()]}{'.' * len(match.group())}{plain[match.end() :]}"
    named.sort(key=lambda one: one.start)
    return named, re.sub(r"\.{3,}", " ", plain)


def _with_preposition(plain: str, one: _Named, today: date) -> Span:
    lead = plain[: one.start]
    # "From 1 to 15 October" has both its ends already.
    if one.is_range:
        return one.span
    if _OPEN_END.search(lead):
        return Span(one.span.since, None)
    if _OPEN_START.search(lead):
        return Span(None, one.span.until)
    if _AFTER.search(lead):
        return Span((one.span.period(today).last + timedelta(days=1)).isoformat(), None)
    if _BEFORE.search(lead):
        return Span(None, (one.span.period(today).first - timedelta(days=1)).isoformat())
    return one.span


def _touch(first: Span, last: Span, today: date) -> bool:
    try:
        return last.period(today).first - first.period(today).last == timedelta(days=1)
    except ToolRefused:
        return False


def _readable(phrase: str) -> str:
    """A phrase as the tools' reader of dates knows it."""
    phrase = phrase.replace("this past", "past").replace("the ", "last ", 1)
    phrase = re.sub(r"\bfew\b", "3", re.sub(r"\bcouple of\b", "2", phrase))
    phrase = re.sub(r"^(?:previous|this) (?=\d)", "last ", phrase)
    return "last 14 days" if re.fullmatch(r"(?:last|past|this|previous) fortnight", phrase) else phrase
