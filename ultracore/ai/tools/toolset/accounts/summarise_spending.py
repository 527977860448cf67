"""What was spent, by category, month or payee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypedDict

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.ranges import check_order, in_days
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.ai.tools.toolset.suggestions import RECENT, REGULAR, with_some
from ultracore.banking import day_text
from ultracore.banking.statements import By, Group, Spending
from ultracore.dates import today_at_the_bank
from ultracore.principal import Role
from ultracore.wording import money_text

DEFAULT_DAYS = 30


class SpendingGroup(TypedDict):
    """One heap. `amount` is positive; `share` is per cent of the total with one decimal."""

    label: str
    amount: str
    count: int
    share: str


class SpendingResult(TypedDict):
    """Money out from `since` to `until`, both included. The groups' amounts sum to `total` exactly."""

    since: str
    until: str
    by: str
    total: str
    currency: str
    count: int
    groups: list[SpendingGroup]
    message: str


def _spending_summary(result: Mapping[str, Any]) -> Summary:
    rows = [(item["label"], money_text(item["amount"]), f"{item['share']}%") for item in result["groups"]]
    head = {"category": "Category", "month": "Month", "payee": "Paid to"}[result["by"]]
    table = ((head, "Spent", "Share"), *rows) if rows else ()
    subject = in_days("Spending", result["since"], result["until"])
    return Summary(result["message"], table, _chart(result), subject=subject)


def _chart(result: Mapping[str, Any]) -> Chart | None:
    """Bars for two groups and more; of months the newest twelve."""
    # More bars than these cannot be told apart on a phone.
    groups = result["groups"][-12:] if result["by"] == "month" else result["groups"]
    if len(groups) < 2:
        return None
    labels, values = zip(*((group["label"], group["amount"]) for group in groups), strict=True)
    return Chart("bar", f"Spending by {result['by']}", labels, values, result["currency"])


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts", "Payments"),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Added up the spending",
    working="Adding up the spending…",
    summary=_spending_summary,
    suggests=with_some("groups", REGULAR, RECENT),
)
async def summarise_spending(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    since: Since | None = None,
    until: Until | None = None,
    by: By = "category",
) -> SpendingResult:
    """Add up what the customer spent, exact to the cent, by category, month or payee; without days, the last 30.
    Moves between the customer's own accounts and investments are not spending. Use it for how much was spent on
    something. Do not use it to find a single payment: that is search_transactions."""
    last = until or today_at_the_bank()
    # Both ends count, so thirty days begin 29 days before the last.
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    check_order(first, last, "since", "until")
    spending = await context.bank.spending.summarise(tenant_id, customer_id, first, last, by)
    return SpendingResult(
        since=first.isoformat(),
        until=last.isoformat(),
        by=by,
        total=str(spending.total),
        currency=spending.total.currency,
        count=spending.count,
        groups=[_group(group, spending, by) for group in spending.groups],
        message=_spending_message(spending, by),
    )


def _group(group: Group, spending: Spending, by: By) -> SpendingGroup:
    share = group.amount.amount * 100 / spending.total.amount
    return SpendingGroup(
        label=_label(group, by), amount=str(group.amount), count=group.count, share=f"{share:.1f}"
    )


def _label(group: Group, by: By) -> str:
    return f"{date.fromisoformat(group.label + '-01'):%B %Y}" if by == "month" else group.label


def _spending_message(spending: Spending, by: By) -> str:
    days = f"from {day_text(spending.since)} to {day_text(spending.until)}"
    if not spending.groups:
        return f"Nothing was spent {days}."
    most = max(spending.groups, key=lambda group: group.amount.amount)
    words = {"category": "most on", "month": "most in", "payee": "most at"}[by]
    total, part = money_text(spending.total.amount), money_text(most.amount.amount)
    return f"{total} was spent {days}, {words} {_label(most, by)} ({part})."
