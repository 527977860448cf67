"""How the investments did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, TypedDict

from pydantic import Field

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.suggestions import ALLOCATION, always
from ultracore.ai.tools.toolset.wealth.figures import signed
from ultracore.banking import day_text
from ultracore.banking.wealth import (
    PAST_PERFORMANCE,
    Period,
)
from ultracore.principal import Role
from ultracore.wording import money_text

METHOD: Final = (
    "Time-weighted return on closing prices: money added or taken out does not move it. Cash, dividends, fees and "
    "tax are not in it."
)

PeriodArgument = Annotated[
    Literal["1m", "3m", "6m", "1y"], Field(description="The last month, three, six months, or the last year.")
]


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


@tool(
    tool_class=ToolClass.READ,
    agents=("Wealth",),
    roles=(Role.CUSTOMER,),
    title="Worked out the performance",
    working="Working out the performance…",
    summary=_performance_summary,
    subject="Performance of investments",
    suggests=always(ALLOCATION),
)
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
        f"{signed(found.return_percent, '%')} (time-weighted), a gain of {money_text(found.gain.amount)}. "
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
