"""Days and months as a text names them, and how long something was, as the dates of the results tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from ultracore.ai.answers.numerals import with_plain_digits

_MONTHS: Final = (
    "January Jan enero जनवरी يناير",
    "February Feb febrero फरवरी فبراير",
    "March Mar marzo मार्च مارس",
    "April Apr abril अप्रैल أبريل",
    "May mayo मई مايو",
    "June Jun junio जून يونيو",
    "July Jul julio जुलाई يوليو",
    "August Aug agosto अगस्त أغسطس",
    "September Sept Sep septiembre सितंबर سبتمبر",
    "October Oct octubre अक्टूबर أكتوبر",
    "November Nov noviembre नवंबर نوفمبر",
    "December Dec diciembre दिसंबर ديسمبر",
)
_MONTH_OF: Final = {name: at for at, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAME: Final = "(?P<name>" + "|".join(sorted(_MONTH_OF, key=len, reverse=True)) + r")(?!\w)"
# Written with capitals as they are: "may" is a verb, "mar" the sea.
_NAMED: Final = re.compile(
    rf"(?:(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+|de\s+)?)?(?<!\w){_NAME}(?:\s+(?P<after>\d{{1,2}})(?!\d))?"
)
_NUMBERED: Final = re.compile(
    r"(?<!\d)(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号])?|"
    r"(?:(?P<first>\d{1,2})\s+)?(?<!\w)tháng\s+(?P<second>\d{1,2})(?!\d)"
)
_ISO: Final = re.compile(r"\b\d{4}-(?P<month>\d{2})-(?P<day>\d{2})\b")

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_IN_A_NAME: Final = re.compile(r"_(\d{1,3})_months?$")
_PERIOD: Final = re.compile(r"(\d{1,2})([my])")
_ENTRIES: Final = frozenset(("date", "due_on", "time", "at", "posted_at"))
_MOST_DATES: Final = 16


@dataclass(frozen=True, slots=True)
class NamedDate:
    """A day, or a month as a whole, and its place in the text."""

    start: int
    end: int
    month: int
    day: int | None

    def is_on(self, day: date) -> bool:
        """True if that day is meant, or one of the month."""
        return self.month == day.month and self.day in (None, day.day)


def dates_in(text: str) -> Iterator[NamedDate]:
    """The days and months of a text."""
    plain = with_plain_digits(text)
    for match in _NAMED.finditer(plain):
        day = match["day"] or match["after"]
        yield NamedDate(*match.span(), _MONTH_OF[match["name"]], int(day) if day else None)
    for match in _NUMBERED.finditer(plain):
        day = match["day"] or match["first"]
        yield NamedDate(*match.span(), int(match["month"] or match["second"]), int(day) if day else None)
    for match in _ISO.finditer(plain):
        yield NamedDate(*match.span(), int(match["month"]), int(match["day"]))


def utc_today() -> date:
    """The day on which `so far` and `ago` end."""
    return datetime.now(UTC).date()


@dataclass(slots=True)
class Durations:
    """`months` are lengths that results name; `dates` span others, to this day or to each other."""

    dates: set[date] = field(default_factory=set)
    months: set[Decimal] = field(default_factory=set)
    today: date = field(default_factory=utc_today)

    def read(self, content: Mapping[str, Any]) -> None:
        """Take the dates of a result. Those of single entries are too many to be meant by a length of time."""
        for name, value in _named(content):
            if named := _IN_A_NAME.search(name):
                self.months.add(Decimal(named[1]))
            if not isinstance(value, str):
                continue
            if (period := _PERIOD.fullmatch(value)) and name == "period":
                self.months.add(Decimal(period[1]) * (12 if period[2] == "y" else 1))
            elif name not in _ENTRIES and _DATE.match(value) and len(self.dates) < _MOST_DATES:
                self._date(value[:10])

    def has(self, months: Decimal) -> bool:
        """True if something lasted so many whole months, begun ones counted or not; whole years for years."""
        return months in self.months or any(months in _spans(first, last) for first, last in self._pairs())

    def _date(self, text: str) -> None:
        try:
            self.dates.add(date.fromisoformat(text))
        except ValueError:
            return

    def _pairs(self) -> Iterator[tuple[date, date]]:
        ordered = sorted(self.dates | {self.today})
        for at, first in enumerate(ordered):
            for last in ordered[at + 1 :]:
                yield first, last


def _spans(first: date, last: date) -> set[Decimal]:
    """Whole months from one day to the other, with those begun, and the whole years of them."""
    begun = (last.year - first.year) * 12 + last.month - first.month
    whole = begun - (last.day < first.day)
    months = {whole, begun, begun + 1} if begun < 24 else {whole, begun}
    return {Decimal(one) for one in months | {whole // 12 * 12} if one > 0}


def _named(content: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in content.items():
        yield str(name), value
        for item in (value,) if isinstance(value, Mapping) else value if _is_list(value) else ():
            if isinstance(item, Mapping):
                yield from ((str(inner), one) for inner, one in item.items() if not isinstance(one, Mapping))


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
