"""Days as the bank counts them, and which of them are business days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from ultracore.zone import bank_zone, day_of, start_of

__all__ = [
    "CUT_OFF",
    "add_business_days",
    "day_of",
    "day_text",
    "end_of",
    "holidays",
    "is_business_day",
    "moment_text",
    "sending_day",
    "span_text",
    "start_of",
]

_HOLIDAYS: Final = Path(__file__).with_name("bank_holidays.json")
CUT_OFF: Final = time(18, 0)
"""A payment that leaves the bank after this time of a business day is sent on the next one."""


def end_of(day: date) -> datetime:
    """The first moment after a day of the bank, in UTC."""
    return start_of(day + timedelta(days=1))


def day_text(day: date) -> str:
    """`23 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def moment_text(moment: datetime) -> str:
    """`23 Nov 2026, 5:04 pm` on the bank's clock."""
    local = moment.astimezone(bank_zone())
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
    local = moment.astimezone(bank_zone())
    if is_business_day(local.date()) and local.time() < CUT_OFF:
        return local.date()
    return add_business_days(local.date(), 1)


@cache
def holidays(year: int) -> frozenset[date]:
    """The weekdays of the year that are public holidays in New South Wales, substitute days among them.

    From `bank_holidays.json`, which `scripts/bank_holidays.py` makes. Raises `LookupError` for a year that the
    table does not have.
    """
    days = _table().get(str(year))
    if days is None:
        # An error and not "no holidays": a payment would be promised for a day on which no bank settles.
        raise LookupError(f"the table of bank holidays has no year {year}; make it anew with a longer range")
    return frozenset(date.fromisoformat(f"{year}-{day}") for day in days)


@cache
def _table() -> Mapping[str, list[str]]:
    table: Mapping[str, list[str]] = json.loads(_HOLIDAYS.read_text(encoding="utf-8"))
    return table
