"""Wealth's tools: what is held, how it is spread, how it did, and general information. None suggests a trade."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import day_text
from ultracore.banking.wealth import (
    ASSET_CLASSES,
    GENERAL_ADVICE_WARNING,
    PAST_PERFORMANCE,
    Period,
    Position,
    Profile,
    Slice,
    about,
)
from ultracore.wording import money_text

METHOD: Final = (
    "Time-weighted return on closing prices: money added or taken out does not move it. Cash, dividends, fees and "
    "tax are not in it."
)

Target = Annotated[
    Literal["conservative", "balanced", "growth", "high_growth"] | None,
    Field(description="A target profile to compare with; left out, the one that the customer chose."),
]
PeriodArgument = Annotated[
    Literal["1m", "3m", "6m", "1y"], Field(description="The last month, three, six months, or the last year.")
]
TopicArgument = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    Field(description="The subject, such as diversification, bonds, fees or superannuation."),
]


class HoldingResult(TypedDict):
    """One security. Money and percent are decimal strings; a loss is negative."""

    symbol: str
    name: str
    asset_class: str
    units: int
    price: str
    price_date: str | None
    value: str
    cost: str
    gain: str
    gain_percent: str | None


class HoldingsResult(TypedDict):
    """The portfolio. `total_value` is the securities and the cash beside them."""

    customer_id: str
    currency: str
    holdings: list[HoldingResult]
    invested_value: str
    cost: str
    gain: str
    cash: str
    total_value: str
    notice: str
    message: str


class SliceResult(TypedDict):
    """One asset class: percent of the total, the target's, and points above (+) or below it."""

    asset_class: str
    value: str
    percent: str
    target_percent: str
    difference_points: str


class AllocationResult(TypedDict):
    """How the portfolio is spread. `target_is_customers`: the customer chose this target earlier."""

    customer_id: str
    currency: str
    target: str
    target_is_customers: bool
    allocation: list[SliceResult]
    total_value: str
    notice: str
    message: str


class PointResult(TypedDict):
    """The value on a day."""

    date: str
    value: str


class PerformanceResult(TypedDict):
    """From `start_date` to `end_date`. `gain` is money: end less start less what was added."""

    customer_id: str
    currency: str
    period: str
    start_date: str
    end_date: str
    start_value: str
    end_value: str
    net_added: str
    gain: str
    return_percent: str
    method: str
    points: list[PointResult]
    notice: str
    message: str


class InformationResult(TypedDict):
    """General information with its warning, which is always shown with it."""

    topic: str
    information: str
    general_advice_warning: str
    message: str


def _signed(value: Decimal | str, suffix: str) -> str:
    number = Decimal(value)
    return f"{'+' if number > 0 else ''}{number}{suffix}"


def _holdings_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (
            f"{item['name']} ({item['symbol']})",
            str(item["units"]),
            money_text(item["price"]),
            money_text(item["value"]),
            f"{money_text(item['gain'])} ({_signed(item['gain_percent'] or '0', '%')})",
        )
        for item in result["holdings"]
    ]
    if not rows:
        return Summary(result["message"])
    rows.append(("Cash", "", "", money_text(result["cash"]), ""))
    return Summary(result["message"], (("Investment", "Units", "Price", "Value", "Gain"), *rows))


def _holding(position: Position) -> HoldingResult:
    return HoldingResult(
        symbol=position.symbol,
        name=position.name,
        asset_class=ASSET_CLASSES[position.asset_class],
        units=position.units,
        price=str(position.price),
        price_date=position.priced_on.isoformat() if position.priced_on else None,
        value=str(position.value),
        cost=str(position.cost),
        gain=str(position.gain),
        gain_percent=None if position.gain_percent is None else str(position.gain_percent),
    )


@tool(tool_class=ToolClass.READ, agents=("Wealth",), summary=_holdings_summary)
async def get_holdings(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> HoldingsResult:
    """Read what the customer's portfolio holds: units, price, value, cost and gain of each investment, and the
    cash beside them. Use it for what they own and what it is worth. Not for how it did over a time
    (get_performance) nor for how it is spread (get_allocation)."""
    found = await context.bank.wealth.portfolio(tenant_id, customer_id)
    message = "There are no investments."
    if found.positions:
        total, cash = money_text(found.total.amount), money_text(found.cash.amount)
        gain = money_text(found.gain.amount)
        message = f"The portfolio is worth {total}, of which {cash} is cash; the gain on cost is {gain}."
    return HoldingsResult(
        customer_id=customer_id,
        currency="AUD",
        holdings=[_holding(position) for position in found.positions],
        invested_value=str(found.invested),
        cost=str(found.cost),
        gain=str(found.gain),
        cash=str(found.cash),
        total_value=str(found.total),
        notice=PAST_PERFORMANCE,
        message=message,
    )


def _allocation_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (
            item["asset_class"],
            money_text(item["value"]),
            f"{item['percent']}%",
            f"{item['target_percent']}%",
            _signed(item["difference_points"], ""),
        )
        for item in result["allocation"]
    ]
    classes = tuple(item["asset_class"] for item in result["allocation"])
    values = tuple(item["value"] for item in result["allocation"])
    chart = Chart("pie", "How the portfolio is spread", classes, values, result["currency"])
    return Summary(result["message"], (("Asset class", "Value", "Share", "Target", "Points off"), *rows), chart)


def _slice(item: Slice) -> SliceResult:
    return SliceResult(
        asset_class=ASSET_CLASSES[item.asset_class],
        value=str(item.value),
        percent=str(item.percent),
        target_percent=str(item.target_percent),
        difference_points=str(item.difference),
    )


@tool(tool_class=ToolClass.READ, agents=("Wealth",), summary=_allocation_summary)
async def get_allocation(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, target: Target = None
) -> AllocationResult:
    """Read how the portfolio is spread over asset classes, beside a target profile, with the difference in
    percentage points. Use it for the mix and how far it is from a target. It suggests no trades, and you must not:
    say that an adviser can."""
    wanted: Profile | None = target
    found = await context.bank.wealth.allocation(tenant_id, customer_id, wanted)
    profile = found.profile.replace("_", " ")
    farthest = max(found.slices, key=lambda item: abs(item.difference))
    whose = "the target that was chosen" if found.chosen else "a target to compare with"
    message = (
        f"Against the {profile} profile ({whose}), {ASSET_CLASSES[farthest.asset_class].lower()} is farthest off: "
        f"{farthest.percent}% where the target has {farthest.target_percent}%."
    )
    return AllocationResult(
        customer_id=customer_id,
        currency="AUD",
        target=found.profile,
        target_is_customers=found.chosen,
        allocation=[_slice(item) for item in found.slices],
        total_value=str(found.total),
        notice=GENERAL_ADVICE_WARNING,
        message=message,
    )


def _performance_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (day_text(date.fromisoformat(point["date"])), money_text(point["value"])) for point in result["points"]
    ]
    chart = Chart(
        "line",
        "Value of the investments",
        tuple(label for label, _ in rows),
        tuple(point["value"] for point in result["points"]),
        result["currency"],
    )
    return Summary(result["message"], (("Date", "Value of the investments"), *rows), chart)


@tool(tool_class=ToolClass.READ, agents=("Wealth",), summary=_performance_summary)
async def get_performance(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, period: PeriodArgument = "1y"
) -> PerformanceResult:
    """Read how the customer's investments did over a period: the time-weighted return, the gain in money, and
    values on the way. Use it for "how is my portfolio doing". It says nothing about the future, and neither may
    you."""
    span: Period = period
    found = await context.bank.wealth.performance(tenant_id, customer_id, span)
    message = (
        f"From {day_text(found.start)} to {day_text(found.end)} the investments returned "
        f"{_signed(found.return_percent, '%')} (time-weighted), a gain of {money_text(found.gain.amount)}. "
        f"{PAST_PERFORMANCE}"
    )
    return PerformanceResult(
        customer_id=customer_id,
        currency="AUD",
        period=period,
        start_date=found.start.isoformat(),
        end_date=found.end.isoformat(),
        start_value=str(found.start_value),
        end_value=str(found.end_value),
        net_added=str(found.added),
        gain=str(found.gain),
        return_percent=str(found.return_percent),
        method=METHOD,
        points=[PointResult(date=day.isoformat(), value=str(value)) for day, value in found.points],
        notice=PAST_PERFORMANCE,
        message=message,
    )


def _information_summary(result: Mapping[str, Any]) -> Summary:
    return Summary(f"General information on {result['topic']}. {result['general_advice_warning']}")


@tool(tool_class=ToolClass.READ, agents=("Wealth",), summary=_information_summary)
async def get_general_information(context: ToolContext, topic: TopicArgument) -> InformationResult:
    """Read the bank's general information on a subject of investing. Use it for what something is or how it works
    in general, and for any wish for a recommendation. Repeat the warning in your answer. Do not use it for the
    customer's own figures, and never turn it into advice about them."""
    found = about(topic)
    return InformationResult(
        topic=found.name,
        information=found.text,
        general_advice_warning=GENERAL_ADVICE_WARNING,
        message=f"{found.text} {GENERAL_ADVICE_WARNING}",
    )
