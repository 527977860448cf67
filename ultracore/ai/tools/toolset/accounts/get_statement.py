"""The statement of one account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import AccountId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.ranges import in_days
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.ai.tools.toolset.suggestions import CATEGORIES, with_some
from ultracore.banking import day_text
from ultracore.banking.statements import Statement, StatementLine
from ultracore.principal import Role
from ultracore.wording import money_text


class StatementRow(TypedDict):
    """One line with the balance after it; money out is negative."""

    date: str
    description: str
    amount: str
    balance: str


class StatementResult(TypedDict):
    """A statement. `opening_balance + money_in - money_out = closing_balance`; lines oldest first, all of them."""

    account_id: str
    name: str
    number_last_digits: str
    currency: str
    since: str
    until: str
    opening_balance: str
    closing_balance: str
    money_in: str
    money_out: str
    lines: list[StatementRow]
    message: str


def _statement_summary(result: Mapping[str, Any]) -> Summary:
    def money(key: str) -> str:
        return money_text(result[key], result["currency"])

    head = ("Date", "Description", "Amount", "Balance")
    rows = [
        (_day(item["date"]), item["description"], money_text(item["amount"]), money_text(item["balance"]))
        for item in result["lines"]
    ]
    first = (_day(result["since"]), "Opening balance", "", money("opening_balance"))
    last = (_day(result["until"]), "Closing balance", "", money("closing_balance"))
    subject = in_days("Statement", result["since"], result["until"])
    return Summary(result["message"], (head, first, *rows, last), _chart(result), subject=subject)


def _chart(result: Mapping[str, Any]) -> Chart | None:
    """The balance at the end of each day that had a line; None if there are fewer than two such days."""
    # The last line of a day wins, because lines come oldest first.
    ends = {_day(item["date"]): item["balance"] for item in result["lines"]}
    if len(ends) < 2:
        return None
    return Chart("line", f"Balance of {result['name']}", tuple(ends), tuple(ends.values()), result["currency"])


def _day(text: str) -> str:
    return day_text(date.fromisoformat(text))


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Prepared the statement",
    working="Preparing the statement…",
    summary=_statement_summary,
    suggests=with_some("lines", CATEGORIES),
)
async def get_statement(
    context: ToolContext, tenant_id: TenantId, account_id: AccountId, since: Since, until: Until
) -> StatementResult:
    """Read the statement of one account for a period of at most 366 days: opening balance, every line, totals,
    closing balance. Use it when a statement or the balance on a past day is asked for. Do not use it to find a
    single payment: that is search_transactions."""
    statement = await context.bank.statements.statement(tenant_id, customer_of(context), account_id, since, until)
    account = statement.account
    return StatementResult(
        account_id=account.account_id,
        name=account.name,
        number_last_digits=account.last_digits,
        currency=account.currency,
        since=statement.since.isoformat(),
        until=statement.until.isoformat(),
        opening_balance=str(statement.opening),
        closing_balance=str(statement.closing),
        money_in=str(statement.money_in),
        money_out=str(statement.money_out),
        lines=[_row(item) for item in statement.lines],
        message=_statement_message(statement),
    )


def _row(item: StatementLine) -> StatementRow:
    line = item.line
    return StatementRow(
        date=line.day.isoformat(),
        description=line.description,
        amount=str(line.amount),
        balance=str(item.balance),
    )


def _statement_message(statement: Statement) -> str:
    account, count = statement.account, len(statement.lines)
    lines = "1 line" if count == 1 else f"{count} lines"
    return (
        f"{account.name} ending {account.last_digits} from {day_text(statement.since)} to"
        f" {day_text(statement.until)}: opening balance {money_text(statement.opening.amount, account.currency)},"
        f" {lines}, closing balance {money_text(statement.closing.amount, account.currency)}."
    )
