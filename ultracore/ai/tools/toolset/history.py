"""Tools that find transactions and add up spending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import Amount, CustomerId, Resource, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.banking import day_text
from ultracore.banking.statements import By, Category, Group, Line, Spending, Wanted, Window
from ultracore.dates import today_in_sydney
from ultracore.errors import ToolRefused
from ultracore.wording import money_text

DEFAULT_DAYS = 30

Text = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, max_length=80),
    Field(description="Words of the description or the payee, such as a shop's name."),
]
OneAccount = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, max_length=64),
    Resource("account"),
    Field(description="Only this account of the customer; leave it out for all of them."),
]
Limit = Annotated[int, Field(ge=1, le=50, description="How many to show, 1 to 50.")]


class FoundTransaction(TypedDict):
    """One line of an account, of a Sydney day; money out is negative."""

    date: str
    description: str
    amount: str
    account_id: str
    account_name: str
    kind: str
    category: str


class SearchResult(TypedDict):
    """The newest matches; `count` is how many there are in all, `complete` False where years were left out."""

    transactions: list[FoundTransaction]
    count: int
    complete: bool
    message: str


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


def _search_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (day_text(date.fromisoformat(item["date"])), item["description"], money_text(item["amount"]))
        for item in result["transactions"]
    ]
    return Summary(result["message"], (("Date", "Description", "Amount"), *rows) if rows else ())


def _spending_summary(result: Mapping[str, Any]) -> Summary:
    rows = [(item["label"], money_text(item["amount"]), f"{item['share']}%") for item in result["groups"]]
    head = {"category": "Category", "month": "Month", "payee": "Paid to"}[result["by"]]
    return Summary(result["message"], ((head, "Spent", "Share"), *rows) if rows else (), _chart(result))


def _chart(result: Mapping[str, Any]) -> Chart | None:
    """Bars for two groups and more; of months the newest twelve."""
    groups = result["groups"][-12:] if result["by"] == "month" else result["groups"]
    if len(groups) < 2:
        return None
    labels, values = zip(*((group["label"], group["amount"]) for group in groups), strict=True)
    return Chart("bar", f"Spending by {result['by']}", labels, values, result["currency"])


@tool(tool_class=ToolClass.READ, agents=("Accounts", "Payments"), summary=_search_summary)
async def search_transactions(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    text: Text = None,
    category: Category | None = None,
    account_id: OneAccount = None,
    since: Since | None = None,
    until: Until | None = None,
    min_amount: Amount | None = None,
    max_amount: Amount | None = None,
    limit: Limit = 20,
) -> SearchResult:
    """Find single transactions of the customer by words, category, account, days or amounts, newest first; amounts
    are compared without their sign. Use it to find one payment or to list payments of a kind. Do not add its lines
    up yourself: for totals use summarise_spending, for a whole period with balances get_statement."""
    _check_order(since, until, "since", "until")
    _check_order(min_amount, max_amount, "min_amount", "max_amount")
    wanted = Wanted(
        window=Window(account_id=account_id, since=since, until=until),
        text=text,
        category=category,
        least=min_amount,
        most=max_amount,
    )
    found = await context.bank.search.find(tenant_id, customer_id, wanted, limit)
    return SearchResult(
        transactions=[_transaction(line) for line in found.lines],
        count=found.count,
        complete=found.complete,
        message=_search_message(found.count, len(found.lines)),
    )


@tool(tool_class=ToolClass.READ, agents=("Accounts", "Payments"), summary=_spending_summary)
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
    last = until or today_in_sydney()
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    _check_order(first, last, "since", "until")
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


def _check_order(low: Any, high: Any, low_name: str, high_name: str) -> None:
    if low is not None and high is not None and low > high:
        message = f"{low_name} is more than {high_name}; swap them."
        if isinstance(low, date):
            message = f"{low_name} ({day_text(low)}) is after {high_name} ({day_text(high)}); swap them."
        raise ToolRefused(message, code="arguments.invalid", sentence=message)


def _transaction(line: Line) -> FoundTransaction:
    return FoundTransaction(
        date=line.day.isoformat(),
        description=line.description,
        amount=str(line.amount),
        account_id=line.account_id,
        account_name=line.account_name,
        kind=line.kind,
        category=line.category,
    )


def _search_message(count: int, shown: int) -> str:
    if count == 0:
        return "No transaction matches."
    noun = "transaction matches" if count == 1 else "transactions match"
    newest = "" if shown == count else f" Here are the newest {shown}."
    return f"{count} {noun}.{newest}"


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
