"""Periods that have to be reckoned: "the month before last", "from 1 to 15 October", "the first week of June".

Each form is read to its exact first and last day. What sounds like a time and is none of them is `UNCLEAR`: an
answer for other days than those that were meant would look right.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from ultracore.dates import Period, read_period
from ultracore.errors import ToolRefused

MONTHS: Final = [name.casefold() for name in (*calendar.month_name[1:], *calendar.month_abbr[1:], "sept")]
MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_COUNTS: Final = dict(
    zip("one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13), strict=True)
)
_COUNT: Final = rf"\d{{1,4}}|an?|{'|'.join(_COUNTS)}|a couple of|couple of|a few|few|several"
_IN_WORDS: Final = rf"an?|{'|'.join(_COUNTS)}|a couple of|a few|several"
_DAY: Final = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_TO: Final = r" ?(?:to|until|till|and|through|-|–) ?(?:the )?"  # noqa: RUF001 - people type this dash
_WEEKDAY: Final = "|".join(day.casefold() for day in calendar.day_name)
_UNITS: Final = {"week": 7, "fortnight": 14}


def _number(words: str) -> int:
    if words.isdigit():
        return int(words)
    return _COUNTS.get(words, {"a": 1, "an": 1}.get(words, 2 if "couple" in words else 3))


def _before_last(match: re.Match[str], today: date) -> Period:
    last = read_period(f"last {match['unit']}", today)
    return read_period(f"last {match['unit']}", last.first)


def _ago(match: re.Match[str], today: date) -> Period:
    """The calendar week, month or year so many before this one; a day is a day."""
    count, unit = _number(match["count"]), match["unit"]
    if unit == "day":
        day = today - timedelta(days=count)
        return Period(day, day)
    found = read_period(f"this {unit}", today)
    for _ in range(min(count, 600)):
        found = read_period(f"last {unit}", found.first)
    return found


def _within(match: re.Match[str], month: str = "month", year: str = "year") -> str:
    return f"{match[month]} {match[year]}" if match[year] else match[month]


def _days_of_a_month(match: re.Match[str], today: date) -> Period:
    place = _within(match)
    first, last = (read_period(f"{match[one]} {place}", today).first for one in ("first", "last"))
    return Period(first, last)


def _month_day(match: re.Match[str], today: date) -> Period:
    return read_period(f"{match['day']} {_within(match)}", today)


def _part(match: re.Match[str], today: date) -> Period:
    """A half or a week of a month; weeks begin on its 1st, and the last one has its last seven days."""
    whole = read_period(match["month"] if match["month"] in MONTHS else f"{match['month']}", today)
    which, unit = match["which"], match["unit"]
    if unit == "half":
        middle = whole.first + timedelta(days=14)
        return Period(whole.first, middle) if which == "first" else Period(middle + timedelta(days=1), whole.last)
    if which == "last":
        return Period(whole.last - timedelta(days=6), whole.last)
    begin = whole.first + timedelta(days=7 * ("first", "second", "third", "fourth").index(which))
    return Period(begin, begin + timedelta(days=6))


def _month_of_last_year(match: re.Match[str], today: date) -> Period:
    year = today.year - (1 if match["which"] == "last" else 0)
    return read_period(f"{match['month']} {year}", today)


def _last_named(match: re.Match[str], today: date) -> Period:
    """ "Last November", said in November, is a year ago: this one would be called "this month"."""
    found = read_period(match["month"], today)
    if (found.first.year, found.first.month) == (today.year, today.month):
        return read_period(f"{match['month']} {today.year - 1}", today)
    return found


def _year(match: re.Match[str], _today: date) -> Period:
    return Period(date(int(match["year"]), 1, 1), date(int(match["year"]), 12, 31))


def _weekend(match: re.Match[str], today: date) -> Period:
    back = (today.weekday() - 5) % 7
    # On a Saturday or Sunday "the weekend" is under way, and "last weekend" is the one before it.
    if match["which"] in ("last", "past", "previous") and today.weekday() >= 5:
        back += 7
    saturday = today - timedelta(days=back)
    return Period(saturday, saturday + timedelta(days=1))


def _newest(day: int, today: date) -> date:
    """That day of the newest month that has it and in which it is not in the future."""
    year, month = today.year, today.month
    for _ in range(4):
        if day <= calendar.monthrange(year, month)[1] and date(year, month, day) <= today:
            return date(year, month, day)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    raise ToolRefused("no such day", code="arguments.invalid", sentence="no such day")


def _day_of_month(match: re.Match[str], today: date) -> Period:
    day = _newest(int(match["day"]), today)
    return Period(day, day)


def _days_of_this_month(match: re.Match[str], today: date) -> Period:
    last = _newest(int(match["last"]), today)
    return Period(_newest(int(match["first"]), last), last)


def _rolling(match: re.Match[str], today: date) -> Period:
    return read_period(f"last {_number(match['count'] or '1')} {match['unit']}s", today)


def _unit(words: str) -> Callable[[re.Match[str], date], Period]:
    return lambda _match, today: read_period(words, today)


def _before_yesterday(_match: re.Match[str], today: date) -> Period:
    day = today - timedelta(days=2)
    return Period(day, day)


_YEAR: Final = r"(?: (?P<year>\d{4}))?"
FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period]], ...]] = tuple(
    (re.compile(rf"(?<![\w/]){pattern}(?![\w/])"), read)
    for pattern, read in (
        (r"(?:the )?day before yesterday", _before_yesterday),
        (r"(?:the )?(?P<unit>week|month|quarter|financial year|year) before last", _before_last),
        (rf"(?P<count>{_COUNT}) (?P<unit>day|week|month|year)s? ago", _ago),
        (
            rf"{_DAY.format('first')}{_TO}{_DAY.format('last')}(?: of)? (?P<month>{MONTH}){_YEAR}",
            _days_of_a_month,
        ),
        (rf"(?P<month>{MONTH}) {_DAY.format('first')}{_TO}{_DAY.format('last')}{_YEAR}", _days_of_a_month),
        (
            r"(?:the )?(?P<which>first|second|third|fourth|last) (?P<unit>week|half) (?:of|in) "
            rf"(?P<month>(?:last |this )?(?:{MONTH}|month)(?: \d{{4}})?)",
            _part,
        ),
        (rf"(?P<month>{MONTH}) (?:of )?(?P<which>last|this) year", _month_of_last_year),
        (rf"(?P<which>last|this) year (?:in )?(?P<month>{MONTH})", _month_of_last_year),
        (rf"last (?P<month>{MONTH})(?! \d)", _last_named),
        (rf"(?P<month>{MONTH}) (?:the )?{_DAY.format('day')}{_YEAR}", _month_day),
        (r"(?:(?:over|on|at) )?(?:(?P<which>last|past|previous|this|the) )weekend", _weekend),
        (r"(?:this )?year(?: |-)to(?: |-)date|ytd|this year so far|so far this year", _unit("this year")),
        (r"month(?: |-)to(?: |-)date|mtd|this month so far|so far this month", _unit("this month")),
        (r"this week so far|so far this week", _unit("this week")),
        (
            r"(?<=in the |er the )(?:last|past) (?P<count>)(?P<unit>week|month|year)"
            r"|(?<=ng the )(?:last|past) (?P<c2>)(?P<u2>week|month|year)",
            lambda match, today: read_period(f"last 1 {match['unit'] or match['u2']}s", today),
        ),
        (
            rf"(?:the )?(?:last|past|previous) (?P<count>{_IN_WORDS}) (?P<unit>day|week|fortnight|month"
            rf"|year)s?",
            _rolling,
        ),
        (r"(?<=in |of |or |ng )(?:(?:the )?year )?(?P<year>20\d\d)", _year),
        (rf"the {_DAY.format('first')}{_TO}{_DAY.format('last')}(?! (?:of )?(?:{MONTH}))", _days_of_this_month),
        (
            r"the (?P<day>\d{1,2})(?:st|nd|rd|th)"
            r"(?=\W*$|[,?!.]| (?:and|to|until|till|i|did|was|were|on|from|at)\b)",
            _day_of_month,
        ),
        (r"this (?:morning|afternoon|evening|arvo)|tonight", _unit("today")),
        (rf"(?<!\w )(?P<day>{_WEEKDAY})(?= ?\W*$)", lambda match, today: read_period(match["day"], today)),
        (
            r"(?:ever|of all time|all time|altogether since i joined)",
            lambda _m, today: Period(date(2000, 1, 1), today),
        ),
    )
)

UNCLEAR: Final = re.compile(
    r"\b(?:christmas|xmas|easter|new year(?:s)?(?: eve| day)?|boxing day|black friday|ramadan|diwali"
    r"|lunar new year|"
    r"(?:last |this |over |in )?(?:summer|winter|autumn|spring)|(?:my|her|his) birthday|school holidays|"
    r"(?:first|second|third|fourth) quarter|q[1-4]|pay ?day|i (?:last )?got paid|lockdown|"
    r"before then|back then|"
    r"(?:next|coming|following|upcoming) (?:week|month|year|quarter|fortnight|\w+day)|tomorrow|"
    r"\d{1,2} (?:to|-|until|and) \d{1,2}(?= ?$))\b"
)
"""Times that only the person who writes knows, or that are still to come."""

_EDGE: Final = re.compile(
    rf"\b(?:beginning|start|end|middle) of (?:the |last |this )?(?:week|month|year|{MONTH})\b"
    rf"|\b(?:early|late|mid)[ -](?:{MONTH}|week|month|year|{_WEEKDAY})\b"
)


def unclear_in(plain: str) -> str | None:
    """The words of a folded text that name a time which cannot be read."""
    match = UNCLEAR.search(plain)
    return match.group() if match else None


def edge_in(plain: str) -> str | None:
    """ "The end of October", "early June": which days these are is not said."""
    match = _EDGE.search(plain)
    return match.group() if match else None


_SHIFT: Final = re.compile(
    r"\b(?:(?P<back>(?:the )?(?:one|(?P<unit>week|fortnight|month|quarter|year)) (?:before|prior|earlier)(?! last)"
    r"|before that|previous one|the (?:previous|prior) (?P<unit2>week|month|quarter|year))"
    r"|(?P<on>(?:the )?(?:one|(?P<unit3>week|month|quarter|year)) after|after that"
    r"|the (?:next|following) (?P<unit4>week|month|quarter|year)))\b"
)


def shift_in(plain: str) -> tuple[int, str | None] | None:
    """ "The month before": back one (-1) or on one (1) from the days spoken of, and the unit if one is named."""
    match = _SHIFT.search(plain)
    if match is None:
        return None
    unit = match["unit"] or match["unit2"] or match["unit3"] or match["unit4"]
    return (-1 if match["back"] else 1), unit


def shifted(period: Period, step: int, unit: str | None) -> Period:
    """The period before or after: of the same calendar kind if it is one, else of the same length."""
    unit = unit or _unit_of(period)
    if unit in ("month", "quarter", "year", "week"):
        if step < 0:
            return read_period(f"last {unit}", period.first)
        this = read_period(f"this {unit}", period.last)
        return read_period(f"this {unit}", this.last + timedelta(days=1))
    days = (period.last - period.first).days + 1 if unit is None else _UNITS[unit]
    first = period.first - timedelta(days=days) if step < 0 else period.last + timedelta(days=1)
    return Period(first, first + timedelta(days=days - 1))


def _unit_of(period: Period) -> str | None:
    return next(
        (
            unit
            for unit in ("week", "month", "quarter", "year")
            if read_period(f"this {unit}", period.first) == period
        ),
        None,
    )
