"""Wealth's tools through the registry: what a model gets, and what a person reads in the step."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.ai.screen import principal
from ultracore.ai.tools.toolset.wealth.get_allocation import get_allocation
from ultracore.ai.tools.toolset.wealth.get_holdings import get_holdings
from ultracore.ai.tools.toolset.wealth.get_performance import get_performance
from ultracore.banking.wealth import GENERAL_ADVICE_WARNING, PAST_PERFORMANCE
from ultracore.container import Core
from ultracore.published.executor import MCPToolExecutor


async def run(opened: Core, tool: str, customer: str = "cust_1", **arguments: Any) -> dict[str, Any]:
    number = customer.removeprefix("cust_")
    who = principal(f"customer{number}", customer, "tenant_2" if customer == "cust_9" else "tenant_1")
    return await MCPToolExecutor(principal=who, backend=opened).execute_tool(tool, arguments)


async def test_holdings_have_price_value_and_gain_and_a_table(opened: Core) -> None:
    result = await run(opened, "get_holdings", tenant_id="tenant_1", customer_id="cust_1")
    shares = next(item for item in result["holdings"] if item["symbol"] == "GLEQ")
    assert (shares["units"], shares["price"], shares["value"], shares["gain"]) == (
        38,
        "118.90",
        "4518.20",
        "582.80",
    )
    assert (result["total_value"], result["cash"]) == ("13147.79", "412.35")
    summary = get_holdings.summary(result)
    assert summary.table[0] == ("Investment", "Units", "Price", "Value", "Gain")
    assert len(summary.table) == 5
    assert "AUD 13,147.79" in summary.sentence


async def test_the_allocation_states_points_and_no_trades(opened: Core) -> None:
    result = await run(opened, "get_allocation")
    assert (result["target"], result["target_is_customers"]) == ("balanced", True)
    assert sum(Decimal(item["percent"]) for item in result["allocation"]) == 100
    assert ("Fixed interest", "AUD 2,130.24", "16.2%", "35.0%", "-18.8") in get_allocation.summary(result).table
    chart = get_allocation.summary(result).chart
    assert chart is not None
    assert (chart.kind, sum(map(Decimal, chart.values))) == ("pie", Decimal(result["total_value"]))
    assert result["notice"] == GENERAL_ADVICE_WARNING
    assert not any(word in str(result["message"]).lower() for word in ("buy", "sell", "should"))
    other = await run(opened, "get_allocation", target="growth")
    assert (other["target"], other["target_is_customers"]) == ("growth", False)


async def test_the_performance_states_its_period_its_method_and_its_warning(opened: Core) -> None:
    result = await run(opened, "get_performance", period="3m")
    length = date.fromisoformat(result["end_date"]) - date.fromisoformat(result["start_date"])
    assert length == timedelta(days=91)
    assert "Time-weighted" in result["method"]
    assert PAST_PERFORMANCE in result["message"]
    assert Decimal(result["gain"]) == sum(
        sign * Decimal(result[name]) for sign, name in ((1, "end_value"), (-1, "start_value"), (-1, "net_added"))
    )
    summary = get_performance.summary(result)
    assert len(summary.table) == 14
    assert summary.chart is not None
    assert (summary.chart.kind, summary.chart.values[-1]) == ("line", result["end_value"])


@pytest.mark.parametrize("topic", ["etfs", "diversification", "which shares should I buy"])
async def test_general_information_always_carries_the_warning(opened: Core, topic: str) -> None:
    result = await run(opened, "get_general_information", topic=topic)
    assert result["general_advice_warning"] == GENERAL_ADVICE_WARNING
    assert GENERAL_ADVICE_WARNING in result["message"]


async def test_refusals_have_codes_and_change_nothing(opened: Core) -> None:
    for tool, arguments, code in (
        ("get_allocation", {"target": "reckless"}, "arguments.invalid"),
        ("get_performance", {"period": "7y"}, "arguments.invalid"),
        ("get_holdings", {"customer_id": "cust_2"}, "customer.mismatch"),
        ("get_holdings", {"tenant_id": "tenant_2"}, "tenant.mismatch"),
        ("get_general_information", {"topic": "horse racing"}, "topic.unknown"),
    ):
        assert (await run(opened, tool, **arguments))["code"] == code, tool
    for tool in ("get_allocation", "get_performance"):
        assert (await run(opened, tool, "cust_9"))["code"] == "portfolio.none"
    assert (await run(opened, "get_holdings", "cust_9"))["message"] == "There are no investments."
