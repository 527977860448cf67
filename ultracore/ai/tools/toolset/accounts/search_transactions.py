"""Single transactions, by what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import Amount, CustomerId, Resource, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.ranges import check_order, in_days
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.ai.tools.toolset.suggestions import CATEGORIES, STATEMENT, with_some
from ultracore.banking import day_text
from ultracore.banking.statements import AccountLine, Category, Wanted, Window
from ultracore.principal import Role
from ultracore.wording import money_text

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

Flow = Annotated[
    Literal["in", "out"] | None,
    Field(description="Only money in, or out; moves between own accounts are neither."),
]
Order = Literal["newest", "largest"]
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


class TransactionsFound(TypedDict):
    """The newest matches; `count` is how many there are in all, `complete` False if years were left out."""

    transactions: list[FoundTransaction]
    count: int
    complete: bool
    message: str


def _search_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (day_text(date.fromisoformat(item["date"])), item["description"], money_text(item["amount"]))
        for item in result["transactions"]
    ]
    table = (("Date", "Description", "Amount"), *rows) if rows else ()
    return Summary(result["message"], table, subject=_subject(result["transactions"]))


def _subject(found: Sequence[Mapping[str, Any]]) -> str:
    """What the lines have in common; what was searched for may be the person's own words, which name nothing."""
    categories, days = {one["category"] for one in found}, sorted(one["date"] for one in found)
    what = categories.pop().capitalize() if len(categories) == 1 else "Transactions"
    return in_days(what, days[0], days[-1]) if days else ""


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts", "Payments", "Security"),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Searched the transactions",
    working="Searching the transactions…",
    summary=_search_summary,
    subject="Transactions",
    suggests=with_some("transactions", CATEGORIES, STATEMENT),
)
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
    flow: Flow = None,
    order: Order = "newest",
) -> TransactionsFound:
    """Find single transactions by words, category, account, days or amounts (without sign), newest or largest
    first. Use it to find one payment or to list payments of a kind. Do not add its lines up yourself: for totals
    use summarise_spending, for a whole period with balances get_statement."""
    check_order(since, until, "since", "until")
    check_order(min_amount, max_amount, "min_amount", "max_amount")
    wanted = Wanted(
        window=Window(account_id=account_id, since=since, until=until),
        text=text,
        category=category,
        least=min_amount,
        most=max_amount,
        incoming=None if flow is None else flow == "in",
        largest_first=order == "largest",
    )
    found = await context.bank.search.find(tenant_id, customer_id, wanted, limit)
    return TransactionsFound(
        transactions=[_transaction(line) for line in found.lines],
        count=found.count,
        complete=found.complete,
        message=_search_message(found.count, len(found.lines), order),
    )


def _transaction(line: AccountLine) -> FoundTransaction:
    return FoundTransaction(
        date=line.day.isoformat(),
        description=line.description,
        amount=str(line.amount),
        account_id=line.account_id,
        account_name=line.account_name,
        kind=line.kind,
        category=line.category,
    )


def _search_message(count: int, shown: int, order: Order) -> str:
    if count == 0:
        return "No transaction matches."
    noun = "transaction matches" if count == 1 else "transactions match"
    newest = "" if shown == count else f" Here are the {order} {shown}." if shown > 1 else f" Here is the {order}."
    return f"{count} {noun}.{newest}"
