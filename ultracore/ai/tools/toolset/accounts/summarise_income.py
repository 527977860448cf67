"""What came in, by category, month or payer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.ranges import check_order, in_days
from ultracore.ai.tools.toolset.accounts.summarise_spending import DEFAULT_DAYS
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.banking import day_text
from ultracore.banking.statements import Category, Spending
from ultracore.dates import today_at_the_bank
from ultracore.principal import Role
from ultracore.wording import money_text


class IncomeGroup(TypedDict):
    """What came from one payer."""

    label: str
    amount: str
    count: int


class IncomeResult(TypedDict):
    """Money in from `since` to `until`, both included. The groups' amounts sum to `total` exactly."""

    since: str
    until: str
    category: str | None
    total: str
    currency: str
    count: int
    groups: list[IncomeGroup]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [(one["label"], money_text(one["amount"]), str(one["count"])) for one in result["groups"]]
    table = (("From", "Came in", "Times"), *rows) if rows else ()
    return Summary(result["message"], table, subject=in_days("Income", result["since"], result["until"]))


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Added up what came in",
    working="Adding up what came in…",
    summary=_summary,
)
async def summarise_income(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    since: Since | None = None,
    until: Until | None = None,
    category: Category | None = None,
) -> IncomeResult:
    """Add up money that came in, by payer; without days, the last 30. Use it for how much the customer earned
    or received, not for one payment; pay is the category salary."""
    today = today_at_the_bank()
    last = min(until or today, today)
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    check_order(first, last, "since", "until")
    came = await context.bank.spending.received(tenant_id, customer_id, first, last, "payee", category)
    return IncomeResult(
        since=first.isoformat(),
        until=last.isoformat(),
        category=category,
        total=str(came.total),
        currency=came.total.currency,
        count=came.count,
        groups=[IncomeGroup(label=one.label, amount=str(one.amount), count=one.count) for one in came.groups],
        message=_message(came, category),
    )


def _message(came: Spending, category: str | None) -> str:
    days = f"from {day_text(came.since)} to {day_text(came.until)}"
    what = f" of {category}" if category else ""
    if not came.count:
        return f"Nothing{what} came in {days}."
    times = "once" if came.count == 1 else f"{came.count} times"
    return f"{money_text(came.total.amount)}{what} came in {days}, {times}."
