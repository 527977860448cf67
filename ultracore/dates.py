"""Days and periods as Australians write them: 31/12/2026, 31 Dec, last month, last 30 days, FY26.

A day without a year is the latest one that is not in the future, since people ask about what has happened. A
financial year starts on 1 July. What no calendar has is refused with a sentence that says what to write.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ultracore.errors import ToolRefused
from ultracore.zone import day_of

EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2199
# The patterns are tried one after the other; no date is longer.
LONGEST_TEXT: Final = 60
# A hundred years: beyond them a typing error is likelier than a question, and `date` ends at the year 1.
MOST_DAYS_BACK: Final = 36_600

_MONTHS: Final = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].casefold(), calendar.month_abbr[number].casefold())
} | {"sept": 9}
_WEEKDAYS: Final = {
    name: number
    for number in range(7)
    for name in (calendar.day_name[number].casefold(), calendar.day_abbr[number].casefold())
} | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY: Final = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_ORDINAL: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>\d{4}|'?\d{2})"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included. One day is a period too."""

    first: date
    last: date


def today_at_the_bank() -> date:
    """The day that customers mean by today."""
    return day_of(datetime.now(UTC))


def read_period(text: str, today: date) -> Period:
    """The days that the words name, seen from `today`.

    Raises `ToolRefused` (`arguments.invalid`), whose message and sentence say what to write instead.
    """
    plain = _plain(text)
    for pattern, read in _FORMS:
        match = pattern.fullmatch(plain)
        if match is not None:
            return read(match, today)
    raise _refused("I can't read that as a date; write it as 31/12/2026, 31 Dec or last month.")


def _refused(message: str) -> ToolRefused:
    return ToolRefused(message, code="arguments.invalid", sentence=message)


def _plain(text: str) -> str:
    # Arabic digits match `\d` and `int` reads them; Australians do not write them, and a model's typing error is
    # not guessed at.
    if len(text) > LONGEST_TEXT or not text.isascii():
        raise _refused("I can't read that as a date; write it as 31/12/2026, 31 Dec or last month.")
    words = text.casefold().replace(",", " ").split()
    return " ".join(word.rstrip(".") for word in words if word not in ("of", "the", "on", "in"))


def _year(text: str) -> int:
    number = int(text.lstrip("'"))
    year = number if len(text.lstrip("'")) == 4 else 2000 + number
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise _refused(f"The year {year} cannot be right; write a day such as 31/12/2026.")
    return year


def _month_name(month: int) -> str:
    return calendar.month_name[month]


def _checked(day: int, month: int, year: int) -> date:
    if not 1 <= month <= 12:
        raise _refused(f"There is no month {month}; write the day first, as in 31/12/2026.")
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise _refused(
            f"{_month_name(month)} {year} has no day {day}, it ends on the {last}{_suffix(last)};"
            f" write for example {last}/{month}/{year}."
        )
    return date(year, month, day)


def _suffix(day: int) -> str:
    return {1: "st", 21: "st", 31: "st", 2: "nd", 22: "nd", 3: "rd", 23: "rd"}.get(day, "th")


def _latest(day: int, month: int, today: date) -> date:
    """That day of the newest year in which it is not in the future. 29 February: of the newest leap year."""
    if (day, month) == (29, 2):
        year = next(year for year in range(today.year, EARLIEST_YEAR, -1) if calendar.isleap(year))
        found = date(year, 2, 29)
        return found if found <= today else _leap_before(year)
    found = _checked(day, month, today.year)
    return found if found <= today else _checked(day, month, today.year - 1)


def _leap_before(year: int) -> date:
    return date(next(earlier for earlier in range(year - 1, 0, -1) if calendar.isleap(earlier)), 2, 29)


def _one(day: date) -> Period:
    return Period(day, day)


def _month_of(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def _months_from(today: date, shift: int) -> tuple[int, int]:
    """Year and month, `shift` months from today's."""
    years, month = divmod(today.year * 12 + today.month - 1 + shift, 12)
    return years, month + 1


def _numeric(match: re.Match[str], today: date) -> Period:
    day, month, year = int(match["day"]), int(match["month"]), match["year"]
    return _one(_checked(day, month, _year(year)) if year else _latest(day, month, today))


def _iso(match: re.Match[str], _today: date) -> Period:
    return _one(_checked(int(match["day"]), int(match["month"]), _year(match["year"])))


def _named(match: re.Match[str], today: date) -> Period:
    day, month, year = int(match["day"]), _MONTHS[match["month"]], match["year"]
    return _one(_checked(day, month, _year(year)) if year else _latest(day, month, today))


def _whole_month(match: re.Match[str], today: date) -> Period:
    month, year = _MONTHS[match["month"]], match["year"]
    if year:
        return _month_of(_year(year), month)
    # "last November" and a bare "November" are both the newest one that has begun.
    return _month_of(today.year if month <= today.month else today.year - 1, month)


def _relative_day(match: re.Match[str], today: date) -> Period:
    return _one(today - timedelta(days={"today": 0, "now": 0, "yesterday": 1}[match[0]]))


def _weekday(match: re.Match[str], today: date) -> Period:
    back = (today.weekday() - _WEEKDAYS[match["weekday"]]) % 7
    # On a Monday "last Monday" is a week ago, while a bare "Monday" is today.
    if match["which"] == "last" and back == 0:
        back = 7
    return _one(today - timedelta(days=back))


def _ago(match: re.Match[str], today: date) -> Period:
    days = int(match["count"]) * {"day": 1, "week": 7}[match["unit"]]
    return _one(today - timedelta(days=_bounded(days)))


def _back(match: re.Match[str], today: date) -> Period:
    """The last so many days until today, today included."""
    count, unit = int(match["count"] or 1), match["unit"]
    if unit in ("day", "week", "fortnight"):
        days = _bounded(count * {"day": 1, "week": 7, "fortnight": 14}[unit])
        return Period(today - timedelta(days=max(days, 1) - 1), today)
    _bounded(count * 366)
    year, month = _months_from(today, -count * (12 if unit == "year" else 1))
    # A month before 31 March is the end of February.
    same = date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
    return Period(same + timedelta(days=1), today)


def _bounded(days: int) -> int:
    if days > MOST_DAYS_BACK:
        raise _refused("That is too long ago; write a day such as 31/12/2020.")
    return days


def _calendar_unit(match: re.Match[str], today: date) -> Period:
    back = 0 if match["which"] == "this" else 1
    return _UNITS[match["unit"]](today, back)


def _week(today: date, back: int) -> Period:
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return Period(monday, monday + timedelta(days=6))


def _quarter(today: date, back: int) -> Period:
    first = (today.month - 1) // 3 * 3 + 1
    year, month = _months_from(date(today.year, first, 1), -3 * back)
    return Period(date(year, month, 1), _month_of(year, month + 2).last)


def _financial_year(ends_in: int) -> Period:
    return Period(date(ends_in - 1, 7, 1), date(ends_in, 6, 30))


_UNITS: Final[dict[str, Callable[[date, int], Period]]] = {
    "week": _week,
    "month": lambda today, back: _month_of(*_months_from(today, -back)),
    "quarter": _quarter,
    "year": lambda today, back: Period(date(today.year - back, 1, 1), date(today.year - back, 12, 31)),
    "financial year": lambda today, back: _financial_year(today.year + (today.month > 6) - back),
}


def _plain_year(match: re.Match[str], _today: date) -> Period:
    year = _year(match["year"])
    return Period(date(year, 1, 1), date(year, 12, 31))


def _named_financial_year(match: re.Match[str], _today: date) -> Period:
    return _financial_year(_year(match["year"]))


_Reader = Callable[[re.Match[str], date], Period]
_FORMS: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", _iso),
        (r"(?P<day>\d{1,2})([/.-])(?P<month>\d{1,2})(?:\2(?P<year>\d{4}|\d{2}))?", _numeric),
        (rf"(?:(?:{_WEEKDAY}) )?{_ORDINAL}[ -]?(?P<month>{_MONTH})(?:[ -]{_YEAR})?", _named),
        (rf"(?P<month>{_MONTH}) {_ORDINAL}(?: (?P<year>\d{{4}}))?", _named),
        (rf"(?:last |this )?(?P<month>{_MONTH})(?: {_YEAR})?", _whole_month),
        (r"today|now|yesterday", _relative_day),
        (rf"(?:(?P<which>last|this) )?(?P<weekday>{_WEEKDAY})", _weekday),
        (r"(?P<count>\d{1,5}) (?P<unit>day|week)s? ago", _ago),
        (r"(?:last|past) (?P<count>\d{1,5}) (?P<unit>day|week|fortnight|month|year)s?", _back),
        (r"(?:past (?P<count>)(?P<unit>day|week|fortnight|month|year))", _back),
        (r"(?P<which>this|last|previous) (?P<unit>week|month|quarter|financial year|year)", _calendar_unit),
        (r"(?:fy|financial year) ?(?:\d{4}[-/])?(?P<year>\d{4}|\d{2})", _named_financial_year),
        (r"(?P<year>\d{4})", _plain_year),
    )
)
