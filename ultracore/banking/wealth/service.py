"""Portfolios: what is held, how it is spread, how it did. Facts only; nothing here suggests a trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, cast

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.customers import CustomersService
from ultracore.banking.identifiers import Clock
from ultracore.banking.ledger import AccountsService
from ultracore.banking.money import Money
from ultracore.banking.store import Database
from ultracore.banking.store.tables import investment_profiles, prices, securities
from ultracore.banking.values import AccountKind, Holding
from ultracore.banking.wealth.performance import History, history_of, performance_of
from ultracore.banking.wealth.values import (
    ASSET_CLASSES,
    PERIOD_DAYS,
    TARGETS,
    Allocation,
    Performance,
    Period,
    Portfolio,
    Position,
    Profile,
    Slice,
)
from ultracore.errors import ToolRefused

DEFAULT_PROFILE: Final[Profile] = "balanced"
_TENTH: Final = Decimal("0.1")
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Market:
    """The newest price of each symbol with its day, and the asset class of each."""

    prices: dict[str, tuple[date, int]]
    classes: dict[str, str]


class WealthService:
    """Reads only. Every method raises `LedgerUnavailable`."""

    def __init__(
        self, database: Database, customers: CustomersService, accounts: AccountsService, clock: Clock
    ) -> None:
        self._database = database
        self._customers = customers
        self._accounts = accounts
        self._clock = clock

    async def portfolio(self, tenant_id: str, customer_id: str) -> Portfolio:
        """The customer's holdings at the newest prices; empty for a customer without any.

        Raises `ToolRefused` (`customer.not_found`).
        """
        await self._customers.get(tenant_id, customer_id)
        held = await self._customers.holdings(tenant_id, customer_id)
        balances = await self._accounts.of_customer(tenant_id, customer_id)
        cash = [item.balance for item in balances if item.account.kind is AccountKind.PORTFOLIO_SETTLEMENT]
        async with self._database.read() as session:
            market = await _market(session, self._clock().date())
        positions = tuple(_position(holding, market) for holding in held)
        invested = _sum(position.value for position in positions)
        cost = _sum(position.cost for position in positions)
        idle = _sum(cash)
        return Portfolio(
            positions=positions,
            cash=idle,
            invested=invested,
            cost=cost,
            gain=invested - cost,
            total=invested + idle,
        )

    async def allocation(self, tenant_id: str, customer_id: str, target: Profile | None = None) -> Allocation:
        """How the portfolio is spread, against a target: the named one, else the customer's, else balanced.

        Raises `ToolRefused` (`customer.not_found`, `portfolio.none`).
        """
        portfolio = await self.portfolio(tenant_id, customer_id)
        if portfolio.total.amount <= 0:
            raise no_portfolio()
        chosen = await self._chosen(customer_id)
        # The named one first: a customer may compare with a mix that they have not chosen.
        profile = target or chosen or DEFAULT_PROFILE
        values = {name: Money.from_minor(0) for name in ASSET_CLASSES}
        values["cash"] = portfolio.cash
        for position in portfolio.positions:
            values[position.asset_class] = values[position.asset_class] + position.value
        slices = _slices(values, TARGETS[profile], portfolio.total)
        return Allocation(profile=profile, chosen=profile == chosen, slices=slices, total=portfolio.total)

    async def performance(self, tenant_id: str, customer_id: str, period: Period = "1y") -> Performance:
        """The securities' return over a period that ends with the newest price.

        Shorter if prices are not kept for so long, or nothing was held at the beginning. Raises `ToolRefused`
        (`customer.not_found`, `portfolio.none`, `portfolio.no_prices`).
        """
        await self._customers.get(tenant_id, customer_id)
        held = await self._customers.holdings(tenant_id, customer_id)
        if not held:
            raise no_portfolio()
        async with self._database.read() as session:
            history: History = await history_of(session, held, self._clock().date())
        return performance_of(history, PERIOD_DAYS[period])

    async def _chosen(self, customer_id: str) -> Profile | None:
        query = select(investment_profiles.c.profile).where(investment_profiles.c.customer_id == customer_id)
        async with self._database.read() as session:
            found = (await session.execute(query)).scalar_one_or_none()
        # A mix that the bank has given up since must not be compared with.
        return cast(Profile, found) if found in TARGETS else None


def no_portfolio() -> ToolRefused:
    """The customer holds no investments."""
    return ToolRefused("The customer holds no investments with the bank.", code="portfolio.none")


async def _market(session: AsyncConnection, today: date) -> _Market:
    newest = (
        select(prices.c.symbol, func.max(prices.c.day).label("day"))
        .where(prices.c.day <= today)
        .group_by(prices.c.symbol)
        .subquery()
    )
    rows = await session.execute(
        select(prices).join(newest, (newest.c.symbol == prices.c.symbol) & (newest.c.day == prices.c.day))
    )
    known = await session.execute(select(securities))
    return _Market(
        {row.symbol: (row.day, row.price_minor) for row in rows},
        {row.symbol: row.asset_class for row in known},
    )


def _position(holding: Holding, market: _Market) -> Position:
    day, minor = market.prices.get(holding.symbol, (None, holding.last_price.minor))
    value = Money.from_minor(minor * holding.units, holding.cost.currency)
    gain = value - holding.cost
    cost = holding.cost.amount
    return Position(
        symbol=holding.symbol,
        name=holding.name,
        asset_class=market.classes.get(holding.symbol, "australian_shares"),
        units=holding.units,
        price=Money.from_minor(minor, holding.cost.currency),
        priced_on=day,
        value=value,
        cost=holding.cost,
        gain=gain,
        gain_percent=(gain.amount * 100 / cost).quantize(_HUNDREDTH, ROUND_HALF_UP) if cost else None,
    )


def _slices(values: dict[str, Money], target: Mapping[str, int], total: Money) -> tuple[Slice, ...]:
    shares = _percentages({name: value.amount for name, value in values.items()}, total.amount)
    return tuple(
        Slice(
            asset_class=name,
            value=values[name],
            percent=shares[name],
            target_percent=Decimal(target[name]).quantize(_TENTH),
            difference=shares[name] - target[name],
        )
        for name in ASSET_CLASSES
    )


def _percentages(parts: Mapping[str, Decimal], total: Decimal) -> dict[str, Decimal]:
    """Shares to one decimal that add up to 100.0: what rounding down left goes to the largest remainders."""
    exact = {name: part * 1000 / total for name, part in parts.items()}
    # Cut and not rounded, so that what is missing to 100 is never negative.
    tenths = {name: int(share) for name, share in exact.items()}
    missing = 1000 - sum(tenths.values())
    for name in sorted(exact, key=lambda name: tenths[name] - exact[name])[:missing]:
        tenths[name] += 1
    return {name: Decimal(count) / 10 for name, count in tenths.items()}


def _sum(amounts: Iterable[Money]) -> Money:
    return sum(amounts, Money.from_minor(0))
