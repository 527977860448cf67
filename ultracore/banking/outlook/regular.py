"""Payments that come again: the same words on the same account, at gaps that are alike.

An expectation and no promise: it says when the next one is due if it goes on as before.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from ultracore.banking.money import Money
from ultracore.banking.statements import AccountLine, Category

LOOKED_BACK: Final = timedelta(days=400)
INCOME: Final[frozenset[Category]] = frozenset({"salary", "takings"})
# Interest comes with the bank's own calendar, and moves between own accounts are neither income nor a cost.
_NO_PAYMENT: Final = frozenset({"own transfers", "investments", "opening balance", "interest"})
_NOT_EVERYDAY: Final = frozenset({"loan", "portfolio_settlement"})
_LEAST: Final = 3
_SHORTEST_DAYS: Final = 5
_GAPS: Final = 6
_GONE_AFTER: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular:
    """One payment that comes again. `amount` is that of the last one and positive; `expected` is the next day."""

    name: str
    category: Category
    account_id: str
    account_name: str
    incoming: bool
    amount: Money
    every_days: int
    last: date
    expected: date

    @property
    def is_income(self) -> bool:
        """True for pay and takings; other money in, as a flatmate's share, is none."""
        return self.incoming and self.category in INCOME


def regular_of(lines: Iterable[AccountLine], today: date) -> list[Regular]:
    """What comes again among these lines (newest first), the next one first. What has stopped is left out."""
    heaps: dict[tuple[str, bool, str], list[AccountLine]] = {}
    for line in lines:
        if line.category in _NO_PAYMENT or line.account_kind in _NOT_EVERYDAY:
            continue
        name = (line.payee or line.description).casefold()
        heaps.setdefault((line.account_id, line.amount.amount > 0, name), []).append(line)
    found = [one for heap in heaps.values() if (one := _regular(heap, today)) is not None]
    return sorted(found, key=lambda one: (one.expected, one.name))


def _regular(heap: list[AccountLine], today: date) -> Regular | None:
    days = sorted({line.day for line in heap})
    if len(days) < _LEAST:
        return None
    gaps = [(later - earlier).days for earlier, later in pairwise(days)][-_GAPS:]
    middle = round(median(gaps))
    near = max(3, middle // 6)
    # Groceries at one shop come often and at any gap: these are habits and no dates to count on.
    if middle < _SHORTEST_DAYS or any(abs(gap - middle) > near for gap in gaps):
        return None
    newest = heap[0]
    if (today - newest.day).days > middle * _GONE_AFTER:
        return None
    return Regular(
        name=newest.payee or newest.description,
        category=newest.category,
        account_id=newest.account_id,
        account_name=newest.account_name,
        incoming=newest.amount.amount > 0,
        amount=newest.amount if newest.amount.amount > 0 else -newest.amount,
        every_days=middle,
        last=newest.day,
        expected=_next(days, middle),
    )


def _next(days: list[date], middle: int) -> date:
    """The same day of the next month if it has always been that day; else after the usual gap."""
    newest = days[-1]
    if 28 <= middle <= 31 and len({day.day for day in days[-_LEAST:]}) == 1:
        year, month = (newest.year, newest.month + 1) if newest.month < 12 else (newest.year + 1, 1)
        return date(year, month, min(newest.day, calendar.monthrange(year, month)[1]))
    return newest + timedelta(days=middle)
