"""Interest since it was last paid or charged, and that of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from ultracore.ai.tools.arguments import AccountId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.accounts.ranges import check_order
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import Money, day_text
from ultracore.banking.account_life import DAY_COUNT, Accrual
from ultracore.dates import today_at_the_bank
from ultracore.principal import Role
from ultracore.wording import money_text


class InterestResult(TypedDict):
    """Interest since it was last paid or charged. `accrued` is negative if the customer owes it.

    `annual_rate` is in per cent; `unrounded` is the sum before rounding to the cent. `paid` is what was entered on
    the days from `paid_since` to `paid_until`, if days were asked for; `in_all` adds what has built up since.
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
    paid: str | None
    paid_since: str | None
    paid_until: str | None
    in_all: str | None
    message: str


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Added up the interest",
    working="Adding up the interest…",
    summary=message_summary,
    subject="Interest",
)
async def get_interest_to_date(
    context: ToolContext,
    tenant_id: TenantId,
    account_id: AccountId,
    since: Since | None = None,
    until: Until | None = None,
) -> InterestResult:
    """Read one account's interest rate and how much interest has built up since it was last paid or charged; with
    since and until also what was paid or charged then. Use it for rates and interest, not as a forecast."""
    accrual = await context.bank.interest.to_date(tenant_id, customer_of(context), account_id)
    account = accrual.account
    entered = await _entered(context, tenant_id, accrual, since, until)
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
        paid=None if entered is None else str(entered.paid),
        paid_since=None if entered is None else entered.since.isoformat(),
        paid_until=None if entered is None else entered.until.isoformat(),
        in_all=None if entered is None or entered.in_all is None else str(entered.in_all),
        message=_interest_message(accrual) if entered is None else _period_message(accrual, entered),
    )


@dataclass(frozen=True, slots=True)
class _Entered:
    """Interest entries of a period; `in_all` with what has built up since if the period reaches today."""

    since: date
    until: date
    paid: Money
    times: int
    in_all: Money | None


async def _entered(
    context: ToolContext, tenant_id: str, accrual: Accrual, since: date | None, until: date | None
) -> _Entered | None:
    if since is None and until is None:
        return None
    today = today_at_the_bank()
    first, last = since or date(2000, 1, 1), min(until or today, today)
    check_order(first, last, "since", "until")
    account = accrual.account
    paid, times = await context.bank.interest.paid(
        tenant_id, customer_of(context), account.account_id, first, last
    )
    # Only if the whole time since the last entry lies in the period: part of it would be another sum.
    whole = last == today and first <= accrual.since
    return _Entered(first, last, paid, times, paid + accrual.accrued if whole else None)


def _period_message(accrual: Accrual, entered: _Entered) -> str:
    account = accrual.account
    name = f"{account.name} ending {account.last_digits}"
    days = f"from {day_text(entered.since)} to {day_text(entered.until)}"
    owes = (entered.paid.amount or accrual.accrued.amount) < 0
    paid = money_text(abs(entered.paid.amount), account.currency)
    entries = "one entry" if entered.times == 1 else f"{entered.times} entries"
    text = f"Interest {'owed on' if owes else 'earned by'} {name} {days}: {paid}, in {entries}."
    if entered.in_all is None:
        return text
    more, total = (money_text(abs(one.amount), account.currency) for one in (accrual.accrued, entered.in_all))
    return (
        f"{text} With {more} that has built up since {day_text(accrual.since)} it is {total} in all, at"
        f" {_per_cent(accrual)}% a year."
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
