"""What a purchase would leave until the next pay: a calculation with its assumptions, no advice."""

from __future__ import annotations

from typing import TypedDict

from ultracore.ai.tools.arguments import Amount, CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import Money, day_text
from ultracore.banking.outlook import MONTHS, Affordability
from ultracore.principal import Role
from ultracore.wording import money_text


class AffordabilityResult(TypedDict):
    """Money is decimal strings; `left` may be negative."""

    amount: str
    everyday_available: str
    savings_available: str
    next_pay: str | None
    next_pay_on: str | None
    usual_spending_until_then: str
    left: str
    left_with_savings: str
    enough: bool
    assumptions: list[str]
    message: str


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Reckoned what would be left",
    working="Reckoning what would be left…",
    summary=message_summary,
    subject="What would be left",
)
async def check_affordability(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, amount: Amount
) -> AffordabilityResult:
    """Reckon what a purchase of that amount today would leave until the next pay, with the assumptions. Use it for
    "can I afford"; tell the assumptions. Do not use it as advice, or for loans."""
    found = await context.bank.outlook.afford(tenant_id, customer_id, Money(amount))
    income = found.income
    return AffordabilityResult(
        amount=str(found.amount),
        everyday_available=str(found.everyday),
        savings_available=str(found.savings),
        next_pay=None if income is None else str(income.amount),
        next_pay_on=None if income is None else income.expected.isoformat(),
        usual_spending_until_then=str(found.usual),
        left=str(found.left),
        left_with_savings=str(found.left_with_savings),
        enough=found.left.amount >= 0,
        assumptions=_assumptions(found),
        message=_message(found),
    )


def _message(found: Affordability) -> str:
    amount, everyday = money_text(found.amount.amount), money_text(found.everyday.amount)
    usual, until = money_text(found.usual.amount), day_text(found.until)
    start = (
        f"{everyday} is available for everyday use. After {amount} and {usual} of usual spending until {until},"
    )
    if found.left.amount >= 0:
        return f"{start} {money_text(found.left.amount)} would be left."
    short = money_text(-found.left.amount)
    if found.left_with_savings.amount >= 0:
        rest = money_text(found.left_with_savings.amount)
        return f"{start} {short} would be missing. With the savings counted in, {rest} would be left."
    missing = money_text(-found.left_with_savings.amount)
    return f"{start} {short} would be missing; {missing} even with the savings counted in."


def _assumptions(found: Affordability) -> list[str]:
    average = (
        f"Usual spending is the average a day from {day_text(found.since)} to {day_text(found.before)}"
        f" ({MONTHS} whole months), all spending included."
    )
    income = found.income
    if income is None:
        pay = f"No regular pay was found, so the next 30 days are looked at, until {day_text(found.until)}."
    else:
        pay = (
            f"The next pay, {money_text(income.amount.amount)} last time, is expected on"
            f" {day_text(income.expected)} and not counted in."
        )
    return [
        average,
        pay,
        "Only everyday and savings accounts are counted, and the purchase is paid today at once.",
    ]
