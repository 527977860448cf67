"""The spending of two periods beside each other, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypedDict

from pydantic import StringConstraints, WithJsonSchema

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.ranges import check_order
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.ai.tools.toolset.suggestions import CATEGORIES, always
from ultracore.banking import Money, day_text
from ultracore.banking.statements import By, Category, Spending
from ultracore.dates import today_at_the_bank
from ultracore.principal import Role
from ultracore.wording import money_text

# Said once, in the description: four times the same sentence would be sent with every request.
FirstDay = Annotated[Since, WithJsonSchema({"type": "string"})]
LastDay = Annotated[Until, WithJsonSchema({"type": "string"})]
Payee = Annotated[str | None, StringConstraints(strip_whitespace=True, max_length=80)]


class ComparedPeriod(TypedDict):
    """What was spent in one period, days included."""

    since: str
    until: str
    days: int
    total: str


class ComparisonResult(TypedDict):
    """`difference` is the first less the second: negative if less was spent in the first."""

    of: str
    first: ComparedPeriod
    second: ComparedPeriod
    difference: str
    currency: str
    assumptions: list[str]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (f"{_day(one['since'])} to {_day(one['until'])}", money_text(one["total"]))
        for one in (result["first"], result["second"])
    ]
    return Summary(result["message"], (("Days", "Spent"), *rows))


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Compared the spending",
    working="Comparing the spending…",
    summary=_summary,
    subject="Spending compared",
    suggests=always(CATEGORIES),
)
async def compare_spending(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    first_since: FirstDay,
    first_until: LastDay,
    second_since: FirstDay,
    second_until: LastDay,
    category: Category | None = None,
    payee: Payee = None,
) -> ComparisonResult:
    """Compare the spending of two periods, as "last month". Use it for more or less than before, not for one
    sum."""
    today = today_at_the_bank()
    found = []
    for first, last in ((first_since, first_until), (second_since, second_until)):
        until = min(last, today)
        check_order(first, until, "since", "until")
        by: By = "payee" if payee else "category"
        spending = await context.bank.spending.summarise(tenant_id, customer_id, first, until, by)
        found.append((spending, _part(spending, payee or category)))
    (one, first_total), (two, second_total) = found
    difference = first_total - second_total
    of = payee or category or "everything"
    return ComparisonResult(
        of=of,
        first=_period(one, first_total),
        second=_period(two, second_total),
        difference=str(difference),
        currency=difference.currency,
        assumptions=_assumptions(one, two, today),
        message=_message((one, first_total), (two, second_total), of),
    )


def _part(spending: Spending, label: str | None) -> Money:
    if label is None:
        return spending.total
    zero = Money.from_minor(0)
    return sum((one.amount for one in spending.groups if one.label.casefold() == label.casefold()), zero)


def _length(spending: Spending) -> int:
    return (spending.until - spending.since).days + 1


def _period(spending: Spending, total: Money) -> ComparedPeriod:
    return ComparedPeriod(
        since=spending.since.isoformat(),
        until=spending.until.isoformat(),
        days=_length(spending),
        total=str(total),
    )


def _assumptions(one: Spending, two: Spending, today: date) -> list[str]:
    said = ["Moves between own accounts and investments are not spending."]
    if _length(one) != _length(two):
        said.append(f"The periods have {_length(one)} and {_length(two)} days.")
    if today in (one.until, two.until):
        said.append("One of them includes today, which is not over.")
    return said


def _message(one: tuple[Spending, Money], two: tuple[Spending, Money], of: str) -> str:
    what = "" if of == "everything" else f" on {of}"
    parts = [
        f"{money_text(total.amount)} from {day_text(spending.since)} to {day_text(spending.until)}"
        for spending, total in (one, two)
    ]
    difference = one[1] - two[1]
    if not difference.minor:
        return f"The same was spent{what} in both: {parts[0]} and {parts[1]}."
    word = "more" if difference.minor > 0 else "less"
    return f"{money_text(abs(difference.amount))} {word} was spent{what}: {parts[0]}, against {parts[1]}."


def _day(text: str) -> str:
    return day_text(date.fromisoformat(text))
