from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.banking.ledgers import Ledger, raw
from ultracore.banking import Bank, Money
from ultracore.banking.wealth import ASSET_CLASSES, Period, about
from ultracore.banking.wealth.information import TOPICS
from ultracore.banking.wealth.performance import History, Trade, performance_of
from ultracore.banking.wealth.values import TARGETS
from ultracore.errors import ToolRefused

DAY = date(2026, 1, 1)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def history(prices: dict[int, int], units: int, *trades: tuple[int, int, int]) -> History:
    """One security: closing prices and trades (day, units, cents) by day, and the units held at the end."""
    return History(
        {"X": units},
        [Trade("X", day(at), count, cents) for at, count, cents in trades],
        {"X": [(day(at), cents) for at, cents in sorted(prices.items())]},
    )


async def test_the_portfolio_adds_up(bank: Bank) -> None:
    found = await bank.wealth.portfolio("tenant_1", "cust_1")
    shares = next(item for item in found.positions if item.symbol == "AUEQ")
    assert (shares.units, str(shares.price), str(shares.value)) == (60, "101.45", "6087.00")
    assert shares.gain == shares.value - shares.cost
    assert shares.gain_percent == Decimal("13.81")
    assert found.invested == sum((item.value for item in found.positions), Money.from_minor(0))
    assert (str(found.cash), found.total) == ("412.35", found.invested + found.cash)
    assert found.gain == found.invested - found.cost


async def test_who_holds_nothing_has_an_empty_portfolio_and_no_performance(bank: Bank) -> None:
    found = await bank.wealth.portfolio("tenant_1", "cust_2")
    assert (found.positions, str(found.total)) == ((), "0.00")
    for question in (bank.wealth.allocation, bank.wealth.performance):
        with pytest.raises(ToolRefused) as refused:
            await question("tenant_1", "cust_2")
        assert refused.value.code == "portfolio.none"


async def test_another_tenants_portfolio_looks_like_none(bank: Bank) -> None:
    for question in (bank.wealth.portfolio, bank.wealth.allocation, bank.wealth.performance):
        with pytest.raises(ToolRefused) as refused:
            await question("tenant_2", "cust_1")
        assert refused.value.code == "customer.not_found"


async def test_the_allocation_compares_with_the_customers_own_target_in_points(bank: Bank) -> None:
    found = await bank.wealth.allocation("tenant_1", "cust_1")
    assert (found.profile, found.chosen) == ("balanced", True)
    assert sum(item.percent for item in found.slices) == Decimal("100.0")
    assert sum(item.difference for item in found.slices) == 0
    bonds = next(item for item in found.slices if item.asset_class == "fixed_interest")
    assert (bonds.percent, bonds.target_percent, bonds.difference) == tuple(map(Decimal, ("16.2", "35", "-18.8")))


async def test_another_target_can_be_named(bank: Bank) -> None:
    found = await bank.wealth.allocation("tenant_1", "cust_1", "high_growth")
    assert (found.profile, found.chosen) == ("high_growth", False)
    assert {item.asset_class: item.target_percent for item in found.slices} == TARGETS["high_growth"]


def test_every_target_is_whole() -> None:
    assert all(
        sum(target.values()) == 100 and target.keys() == ASSET_CLASSES.keys() for target in TARGETS.values()
    )


@pytest.mark.parametrize(("period", "days"), [("1m", 30), ("3m", 91), ("6m", 182), ("1y", 365)])
async def test_a_performance_covers_its_period_and_its_money_adds_up(
    bank: Bank, period: Period, days: int
) -> None:
    found = await bank.wealth.performance("tenant_1", "cust_1", period)
    assert (found.end, (found.end - found.start).days) == (date(2026, 11, 23), days)
    assert found.gain == found.end_value - found.start_value - found.added
    assert found.points[0] == (found.start, found.start_value)
    assert found.points[-1] == (found.end, found.end_value)
    assert len(found.points) == 13


async def test_the_year_of_the_demo_portfolio_is_the_same_every_time(bank: Bank) -> None:
    found = await bank.wealth.performance("tenant_1", "cust_1")
    assert (str(found.start_value), str(found.end_value), found.return_percent) == (
        "8419.80",
        "12735.44",
        Decimal("7.93"),
    )


def test_without_trades_the_return_is_the_change_of_the_price() -> None:
    found = performance_of(history({0: 100, 10: 125}, 4), 10)
    assert (found.return_percent, str(found.gain), str(found.added)) == (Decimal("25.00"), "1.00", "0.00")


def test_money_that_is_added_moves_the_gain_and_not_the_return() -> None:
    # 10 units at 100 rise to 110; 90 more are bought at 110 and fall back to 99.
    found = performance_of(history({0: 100, 5: 110, 10: 99}, 100, (5, 90, 110)), 10)
    assert found.return_percent == Decimal("-1.00")
    assert (str(found.added), str(found.gain)) == ("99.00", "-10.00")


def test_a_sale_moves_the_gain_and_not_the_return() -> None:
    found = performance_of(history({0: 100, 5: 200, 10: 100}, 1, (5, -9, 200)), 10)
    assert (found.return_percent, str(found.added), str(found.gain)) == (Decimal("0.00"), "-18.00", "9.00")


def test_two_trades_a_day_and_one_on_the_last_day_count_once() -> None:
    found = performance_of(history({0: 100, 5: 110, 10: 121}, 10, (5, 2, 110), (5, 3, 110), (10, 4, 121)), 10)
    assert found.return_percent == Decimal("21.00")
    assert str(found.added) == "10.34"


def test_a_day_without_a_price_takes_the_one_before() -> None:
    found = performance_of(history({0: 100, 9: 110, 12: 130}, 1), 2)
    assert (found.start, str(found.start_value), str(found.end_value)) == (day(10), "1.10", "1.30")


def test_the_period_begins_with_the_first_price_or_the_first_purchase() -> None:
    assert performance_of(history({3: 100, 10: 110}, 1), 365).start == day(3)
    bought_later = performance_of(history({0: 100, 4: 120, 10: 150}, 5, (4, 5, 120)), 10)
    assert (bought_later.start, bought_later.return_percent) == (day(4), Decimal("25.00"))


async def test_without_prices_there_is_no_performance_but_the_last_known_value(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("DELETE FROM prices")
    found = await bank.wealth.portfolio("tenant_1", "cust_1")
    assert (str(found.total), found.positions[0].priced_on) == ("13147.79", None)
    with pytest.raises(ToolRefused) as refused:
        await bank.wealth.performance("tenant_1", "cust_1")
    assert refused.value.code == "portfolio.no_prices"


def test_the_demo_prices_meet_the_purchases(ledger: Ledger) -> None:
    with raw(ledger) as connection:
        off = connection.execute(
            "SELECT count(*) FROM trades JOIN prices USING (symbol, day)"
            " WHERE trades.price_minor <> prices.price_minor"
        ).fetchone()
        days = connection.execute("SELECT count(*), min(price_minor) FROM prices GROUP BY symbol").fetchall()
    assert off == (0,)
    assert all(count > 250 and cheapest > 0 for count, cheapest in days)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("what are ETFs?", "exchange traded funds"),
        ("Diversification", "diversification"),
        ("risk_and_return", "risk and return"),
        ("how does super work", "superannuation"),
        ("do I pay capital gains tax", "tax"),
        ("should I buy bonds", "bonds"),
    ],
)
def test_a_question_finds_its_topic(question: str, topic: str) -> None:
    assert about(question).name == topic


def test_a_topic_that_there_is_nothing_on_is_refused_with_the_list() -> None:
    with pytest.raises(ToolRefused) as refused:
        about("horse racing")
    assert refused.value.code == "topic.unknown"
    assert all(topic.name in refused.value.message for topic in TOPICS)
