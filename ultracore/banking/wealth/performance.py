"""Time-weighted return: the period is cut at every trade, and the returns of the pieces are multiplied.

So money that was added or taken out moves the result not at all, and the rest is how the securities did.
Values are units times the closing price of the day, or of the last day before that has one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.money import Money
from ultracore.banking.store.tables import prices, trades
from ultracore.banking.values import Holding
from ultracore.banking.wealth.values import Performance
from ultracore.errors import ToolRefused

# As many as a small chart shows; daily values of a year would fill a model's context.
_POINTS: Final = 12
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Trade:
    """Units bought (positive) or sold (negative), at a price in cents."""

    symbol: str
    day: date
    units: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class History:
    """The units held now, the trades that led there, and closing prices in cents by symbol, days ascending."""

    units: Mapping[str, int]
    trades: Sequence[Trade]
    prices: Mapping[str, Sequence[tuple[date, int]]]

    def first_day(self) -> date:
        """The first day on which everything held has a price. Raises `ToolRefused` (`portfolio.no_prices`)."""
        if any(not self.prices.get(symbol) for symbol in self.units):
            raise ToolRefused("There are no prices of some of the holdings.", code="portfolio.no_prices")
        return max(self.prices[symbol][0][0] for symbol in self.units)

    def last_day(self) -> date:
        """The newest day that has any price."""
        return max(self.prices[symbol][-1][0] for symbol in self.units)

    def value(self, day: date, *, before_trades: bool = False) -> int:
        """The value in cents at the day's prices, with or without what was traded on that very day."""
        held = dict(self.units)
        for trade in self.trades:
            if trade.day > day or (before_trades and trade.day == day):
                # Backwards from what is held now, because the trades need not reach back to the first purchase.
                held[trade.symbol] -= trade.units
        return sum(count * self._price(symbol, day) for symbol, count in held.items() if count)

    def added(self, day: date) -> int:
        """The cents that the day's trades put in; negative if more was taken out."""
        return sum(trade.units * trade.price_minor for trade in self.trades if trade.day == day)

    def _price(self, symbol: str, day: date) -> int:
        known = self.prices[symbol]
        return known[bisect_right(known, day, key=lambda item: item[0]) - 1][1]


async def history_of(session: AsyncConnection, held: Sequence[Holding], today: date) -> History:
    """Read what a performance needs of these holdings."""
    symbols = {holding.symbol for holding in held}
    accounts = {holding.account_id for holding in held}
    priced = select(prices).where(prices.c.symbol.in_(symbols), prices.c.day <= today).order_by(prices.c.day)
    closing: dict[str, list[tuple[date, int]]] = {}
    for row in await session.execute(priced):
        closing.setdefault(row.symbol, []).append((row.day, row.price_minor))
    traded = select(trades).where(trades.c.account_id.in_(accounts), trades.c.day <= today)
    units: dict[str, int] = {}
    for holding in held:
        units[holding.symbol] = units.get(holding.symbol, 0) + holding.units
    found = [Trade(row.symbol, row.day, row.units, row.price_minor) for row in await session.execute(traded)]
    return History(units, [trade for trade in found if trade.symbol in units], closing)


def performance_of(history: History, days: int) -> Performance:
    """The performance of the last so many days, or of as many as there are.

    Raises `ToolRefused` (`portfolio.no_prices`) if nothing that is held had a value yet.
    """
    end = max(history.first_day(), history.last_day())
    start = max(history.first_day(), end - timedelta(days=days))
    # A return on nothing is not defined, so the period begins with the first purchase.
    if history.value(start) == 0:
        bought = sorted(trade.day for trade in history.trades if trade.day >= start)
        if not bought:
            raise ToolRefused("There is no history of the holdings yet.", code="portfolio.no_prices")
        start = bought[0]
    cuts = sorted({trade.day for trade in history.trades if start < trade.day <= end})
    added = sum(history.added(day) for day in cuts)
    start_value, end_value = history.value(start), history.value(end)
    return Performance(
        start=start,
        end=end,
        start_value=Money.from_minor(start_value),
        end_value=Money.from_minor(end_value),
        added=Money.from_minor(added),
        gain=Money.from_minor(end_value - start_value - added),
        return_percent=_percent(_growth(history, [start, *cuts], end) - 1),
        points=_points(history, start, end),
    )


def _growth(history: History, cuts: Sequence[date], end: date) -> Fraction:
    growth = Fraction(1)
    for begun, ended in zip(cuts, [*cuts[1:], end], strict=True):
        if begun == ended:
            continue
        invested = history.value(begun)
        # On the last day of a piece its own trades are not counted; they belong to the next one.
        left = history.value(ended, before_trades=ended in cuts)
        # While nothing is held nothing is earned, and a division by zero would be the answer.
        growth *= Fraction(left, invested) if invested else 1
    return growth


def _percent(share: Fraction) -> Decimal:
    # Rounded once and at the end, because the returns of many pieces are multiplied.
    value = Decimal(share.numerator) * 100 / Decimal(share.denominator)
    return value.quantize(_HUNDREDTH, ROUND_HALF_UP)


def _points(history: History, start: date, end: date) -> tuple[tuple[date, Money], ...]:
    length = (end - start).days
    days = sorted({start + timedelta(days=length * step // _POINTS) for step in range(_POINTS + 1)})
    return tuple((day, Money.from_minor(history.value(day))) for day in days)
