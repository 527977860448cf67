"""The values of the portfolio's answers. Money is `Money`, shares and returns are percentages as `Decimal`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from ultracore.banking.money import Money

Profile = Literal["conservative", "balanced", "growth", "high_growth"]
Period = Literal["1m", "3m", "6m", "1y"]

ASSET_CLASSES: Final[Mapping[str, str]] = {
    "australian_shares": "Australian shares",
    "global_shares": "Global shares",
    "fixed_interest": "Fixed interest",
    "cash": "Cash",
}

TARGETS: Final[Mapping[Profile, Mapping[str, int]]] = {
    "conservative": {"australian_shares": 15, "global_shares": 10, "fixed_interest": 50, "cash": 25},
    "balanced": {"australian_shares": 30, "global_shares": 25, "fixed_interest": 35, "cash": 10},
    "growth": {"australian_shares": 45, "global_shares": 35, "fixed_interest": 15, "cash": 5},
    "high_growth": {"australian_shares": 50, "global_shares": 45, "fixed_interest": 3, "cash": 2},
}
"""The bank's model mixes in percent, to compare with; an adviser says which of them suits a person."""

# Days and not calendar months, so that a period has the same length on every day of the year.
PERIOD_DAYS: Final[Mapping[Period, int]] = {"1m": 30, "3m": 91, "6m": 182, "1y": 365}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One security in the portfolio. `gain` is value less cost; `gain_percent` None if nothing was paid."""

    symbol: str
    name: str
    asset_class: str
    units: int
    price: Money
    priced_on: date | None
    value: Money
    cost: Money
    gain: Money
    gain_percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """The investments, and the cash of the settlement accounts. `total` is both."""

    positions: tuple[Position, ...]
    cash: Money
    invested: Money
    cost: Money
    gain: Money
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One asset class: percent of the total to one decimal, and points above (+) or below the target."""

    asset_class: str
    value: Money
    percent: Decimal
    target_percent: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The whole portfolio by class. `chosen`: the customer's own target; otherwise the question named it."""

    profile: Profile
    chosen: bool
    slices: tuple[Slice, ...]
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How the securities did from one day to another, cash and dividends aside.

    `return_percent` is time-weighted: purchases and sales do not move it. `gain` is in money: end less start less
    what was added. `points` are values on some days of the period, oldest first.
    """

    start: date
    end: date
    start_value: Money
    end_value: Money
    added: Money
    gain: Money
    return_percent: Decimal
    points: tuple[tuple[date, Money], ...]
