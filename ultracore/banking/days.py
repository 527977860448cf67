"""Days as the bank counts them: Sydney's, and which of them are business days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

SYDNEY: Final = ZoneInfo("Australia/Sydney")
CUT_OFF: Final = time(18, 0)
"""A payment that leaves the bank after this time of a business day is sent on the next one."""


def day_of(moment: datetime) -> date:
    """The day in Sydney at that moment."""
    return moment.astimezone(SYDNEY).date()


def start_of(day: date) -> datetime:
    """The first moment of a Sydney day, in UTC. The day ends with the start of the next."""
    return datetime.combine(day, time(), SYDNEY).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The first moment after a Sydney day, in UTC."""
    return start_of(day + timedelta(days=1))


def day_text(day: date) -> str:
    """`23 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def moment_text(moment: datetime) -> str:
    """`23 Nov 2026, 5:04 pm` in Sydney."""
    local = moment.astimezone(SYDNEY)
    return f"{day_text(local.date())}, {local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def span_text(span: timedelta) -> str:
    """`23 hours and 10 minutes`, without seconds; `less than a minute` below one."""
    hours, minutes = divmod(max(int(span.total_seconds()), 0) // 60, 60)
    parts = [
        f"{count} {unit}{'s' * (count != 1)}" for count, unit in ((hours, "hour"), (minutes, "minute")) if count
    ]
    return " and ".join(parts) or "less than a minute"


def is_business_day(day: date) -> bool:
    """True on which banks in Sydney settle: no weekend, no national or New South Wales public holiday."""
    return day.weekday() < 5 and day not in holidays(day.year)


def add_business_days(day: date, count: int) -> date:
    """The `count`-th business day after `day`."""
    while count:
        day += timedelta(days=1)
        count -= is_business_day(day)
    return day


def sending_day(moment: datetime) -> date:
    """On which business day a payment leaves that is made at `moment`."""
    local = moment.astimezone(SYDNEY)
    if is_business_day(local.date()) and local.time() < CUT_OFF:
        return local.date()
    return add_business_days(local.date(), 1)


@lru_cache(maxsize=32)
def holidays(year: int) -> frozenset[date]:
    """The weekdays of the year without settlement, substitute days for weekends among them."""
    easter = _easter_sunday(year)
    christmas = date(year, 12, 25)
    # With Christmas on a Friday, Saturday or Sunday, the second substitute day runs into the next week.
    first = _weekday_from(christmas)
    return frozenset(
        {
            _weekday_from(date(year, 1, 1)),
            _weekday_from(date(year, 1, 26)),
            easter - timedelta(days=2),
            easter + timedelta(days=1),
            date(year, 4, 25),
            _second_monday_of_june(year),
            first,
            _weekday_from(max(first, christmas) + timedelta(days=1)),
        }
    )


def _weekday_from(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def _second_monday_of_june(year: int) -> date:
    first = date(year, 6, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7)


def _easter_sunday(year: int) -> date:
    """Gregorian Easter by the anonymous algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
