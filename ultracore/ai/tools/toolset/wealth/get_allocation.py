"""How the portfolio is spread. It suggests no trade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.suggestions import PERFORMANCE, always
from ultracore.ai.tools.toolset.wealth.figures import signed
from ultracore.banking.wealth import (
    ASSET_CLASSES,
    GENERAL_ADVICE_WARNING,
    Profile,
    Slice,
)
from ultracore.principal import Role
from ultracore.wording import money_text

Target = Annotated[
    Literal["conservative", "balanced", "growth", "high_growth"] | None,
    Field(description="A target profile to compare with; left out, the one that the customer chose."),
]


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


def _allocation_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (
            item["asset_class"],
            money_text(item["value"]),
            f"{item['percent']}%",
            f"{item['target_percent']}%",
            signed(item["difference_points"], ""),
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


@tool(
    tool_class=ToolClass.READ,
    agents=("Wealth",),
    roles=(Role.CUSTOMER,),
    title="Worked out the allocation",
    working="Working out the allocation…",
    summary=_allocation_summary,
    subject="Allocation of investments",
    suggests=always(PERFORMANCE),
)
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
