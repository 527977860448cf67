"""Ranges whose two ends are arguments."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any

from ultracore.banking import day_text
from ultracore.dates import today_at_the_bank
from ultracore.errors import ToolRefused


def check_order(low: Any, high: Any, low_name: str, high_name: str) -> None:
    """Raise `ToolRefused` (`arguments.invalid`) if `low` is beyond `high`. A missing end is an open one."""
    if low is not None and high is not None and low > high:
        message = f"{low_name} is more than {high_name}; swap them."
        if isinstance(low, date):
            message = f"{low_name} ({day_text(low)}) is after {high_name} ({day_text(high)}); swap them."
        raise ToolRefused(message, code="arguments.invalid", sentence=message)


def in_days(what: str, since: str, until: str) -> str:
    """`Spending in October`, or `Spending, 3 Oct to 9 Nov`: `what`, with the days from `since` to `until` (ISO).

    The year is named if it is not the present one: the list of conversations is narrow.
    """
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    year = "" if first.year == last.year == today_at_the_bank().year else f" {last.year}"
    if first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1]):
        return f"{what} in {first:%B}{year}"
    return f"{what}, {first.day} {first:%b} to {last.day} {last:%b}{year}"
