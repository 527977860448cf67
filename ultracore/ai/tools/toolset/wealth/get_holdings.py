"""What the portfolio holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.suggestions import ALLOCATION, PERFORMANCE, with_some
from ultracore.ai.tools.toolset.wealth.figures import signed
from ultracore.banking.wealth import (
    ASSET_CLASSES,
    PAST_PERFORMANCE,
    Position,
)
from ultracore.principal import Role
from ultracore.wording import money_text


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


def _holdings_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (
            f"{item['name']} ({item['symbol']})",
            str(item["units"]),
            money_text(item["price"]),
            money_text(item["value"]),
            f"{money_text(item['gain'])} ({signed(item['gain_percent'] or '0', '%')})",
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


@tool(
    tool_class=ToolClass.READ,
    agents=("Wealth",),
    roles=(Role.CUSTOMER,),
    title="Looked up the investments",
    working="Looking up the investments…",
    summary=_holdings_summary,
    subject="Investments",
    suggests=with_some("holdings", ALLOCATION, PERFORMANCE),
)
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
