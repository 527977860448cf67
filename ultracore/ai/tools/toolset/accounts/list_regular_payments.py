"""Payments that come again, in and out, and when the next ones are expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import day_text
from ultracore.banking.outlook import Regular
from ultracore.principal import Role
from ultracore.wording import money_text

ASSUMPTION = "Expected if it goes on as before; the bank has no order for it."
Kind = Annotated[
    Literal["pay", "in", "out"] | None,
    Field(description="pay: salary and takings; in or out: all money in, or out."),
]


class RegularPayment(TypedDict):
    """One that comes again; `amount` is the last one's."""

    name: str
    category: str
    direction: str
    amount: str
    every_days: int
    last: str
    expected: str
    account_name: str


class RegularResult(TypedDict):
    """The next one first."""

    payments: list[RegularPayment]
    assumption: str
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (one["name"], money_text(one["amount"]), day_text(date.fromisoformat(one["expected"])))
        for one in result["payments"]
    ]
    return Summary(result["message"], (("What", "Last amount", "Expected"), *rows) if rows else ())


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Looked for regular payments",
    working="Looking for regular payments…",
    summary=_summary,
    subject="Regular payments",
)
async def list_regular_payments(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, kind: Kind = None
) -> RegularResult:
    """List payments that come again, in and out, with the day on which the next is expected. Use it for the next
    pay day, rent or bills; not for what is past."""
    found = await context.bank.outlook.regular(tenant_id, customer_id)
    wanted = [one for one in found if _is_wanted(one, kind)]
    return RegularResult(
        payments=[_payment(one) for one in wanted], assumption=ASSUMPTION, message=_message(wanted, kind)
    )


def _is_wanted(one: Regular, kind: str | None) -> bool:
    return kind is None or (one.is_income if kind == "pay" else one.incoming == (kind == "in"))


def _payment(one: Regular) -> RegularPayment:
    return RegularPayment(
        name=one.name,
        category=one.category,
        direction="in" if one.incoming else "out",
        amount=str(one.amount),
        every_days=one.every_days,
        last=one.last.isoformat(),
        expected=one.expected.isoformat(),
        account_name=one.account_name,
    )


def _message(wanted: list[Regular], kind: str | None) -> str:
    what = "pay" if kind == "pay" else "payments"
    if not wanted:
        return f"No regular {what} found in the accounts."
    first = wanted[0]
    return (
        f"The next is {first.name}, {money_text(first.amount.amount)} last time, expected on"
        f" {day_text(first.expected)} (every {first.every_days} days, last on {day_text(first.last)})."
        f" {ASSUMPTION}"
    )
