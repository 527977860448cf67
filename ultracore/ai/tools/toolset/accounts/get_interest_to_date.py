"""Interest since it was last paid or charged."""

from __future__ import annotations

from typing import TypedDict

from ultracore.ai.tools.arguments import AccountId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import day_text
from ultracore.banking.account_life import DAY_COUNT, Accrual
from ultracore.principal import Role
from ultracore.wording import money_text


class InterestResult(TypedDict):
    """Interest since it was last paid or charged. `accrued` is negative if the customer owes it.

    `annual_rate` is in per cent; `unrounded` is the sum before rounding to the cent.
    """

    account_id: str
    name: str
    number_last_digits: str
    currency: str
    since: str
    days: int
    annual_rate: str
    day_count: str
    accrued: str
    unrounded: str
    message: str


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Added up the interest",
    working="Adding up the interest…",
    summary=message_summary,
)
async def get_interest_to_date(context: ToolContext, tenant_id: TenantId, account_id: AccountId) -> InterestResult:
    """Read how much interest has built up on one account since it was last paid or charged, and its rate. Use it
    for interest earned or owed so far. Interest that was paid already is a transaction: use search_transactions
    with the category interest. It is no forecast."""
    accrual = await context.bank.interest.to_date(tenant_id, customer_of(context), account_id)
    account = accrual.account
    return InterestResult(
        account_id=account.account_id,
        name=account.name,
        number_last_digits=account.last_digits,
        currency=account.currency,
        since=accrual.since.isoformat(),
        days=accrual.days,
        annual_rate=_per_cent(accrual),
        day_count=DAY_COUNT,
        accrued=str(accrual.accrued),
        unrounded=str(accrual.unrounded),
        message=_interest_message(accrual),
    )


def _per_cent(accrual: Accrual) -> str:
    return f"{accrual.annual_rate * 100:.2f}"


def _interest_message(accrual: Accrual) -> str:
    account = accrual.account
    name = f"{account.name} ending {account.last_digits}"
    if not accrual.annual_rate and not accrual.accrued.amount:
        return f"{name} earns no interest."
    verb = "owes" if accrual.accrued.amount < 0 else "has earned"
    amount = money_text(abs(accrual.accrued.amount), account.currency)
    return (
        f"{name} {verb} {amount} of interest since {day_text(accrual.since)}: {accrual.days} days at"
        f" {_per_cent(accrual)}% a year ({DAY_COUNT}), today not yet counted."
    )
