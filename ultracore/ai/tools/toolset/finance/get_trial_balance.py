"""The bank's trial balance. It shows the bank's figures and no customer's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypedDict

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ultracore.ai.tools.arguments import TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking.ledger import TrialBalance, TrialLine
from ultracore.principal import Role
from ultracore.wording import money_text

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: object) -> date | None:
    """Only `YYYY-MM-DD` of a day that exists; numbers and times are no dates."""
    if value is None:
        return None
    # Strict, because pydantic would take a number for seconds since 1970.
    if isinstance(value, str) and _ISO.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise PydanticCustomError("date.invalid", "must be a day that exists, as 2026-06-30")


AsOfDate = Annotated[
    date | None,
    BeforeValidator(_day),
    WithJsonSchema(
        {"type": "string", "description": 'A day, today or earlier, as "2026-06-30"; left out: today.'}
    ),
]


class LineResult(TypedDict):
    """One line; the column that it does not stand in is "0.00"."""

    code: str
    name: str
    type: str
    normal_side: str
    accounts: int
    debit: str
    credit: str
    currency: str


class TrialBalanceResult(TypedDict):
    """`difference` is debits less credits, "0.00" in books that balance. Totals are AUD; others stand below."""

    as_of_date: str
    total_debits: str
    total_credits: str
    difference: str
    balanced: bool
    currency: str
    other_currencies: list[dict[str, str]]
    accounts: list[LineResult]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (line["name"], line["type"], _column(line["debit"], line), _column(line["credit"], line))
        for line in result["accounts"]
    ]
    totals = ("Total", "", money_text(result["total_debits"]), money_text(result["total_credits"]))
    return Summary(result["message"], (("Account", "Type", "Debit", "Credit"), *rows, totals))


def _column(amount: str, line: Mapping[str, Any]) -> str:
    return "" if amount == "0.00" else money_text(amount, line["currency"])


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.FINANCE,),
    title="Added up the bank's books",
    working="Adding up the bank's books…",
    summary=_summary,
    subject="Trial balance",
    order=6,
)
async def get_trial_balance(
    context: ToolContext, tenant_id: TenantId, as_of_date: AsOfDate = None, include_zero_balances: bool = False
) -> TrialBalanceResult:
    """Compute the bank's trial balance from the journal at the end of a day: every account of the bank and a total
    for each kind of customer account, in debit and credit columns, balanced or with the difference. For finance
    staff only. It names no customer; do not use it for anybody's balance."""
    found = await context.bank.trial_balance.at(tenant_id, as_of_date, include_zero_balances=include_zero_balances)
    main = found.totals[0]
    return TrialBalanceResult(
        as_of_date=found.as_of.isoformat(),
        total_debits=str(main.debits),
        total_credits=str(main.credits),
        difference=str(main.difference),
        balanced=found.balanced,
        currency=main.debits.currency,
        other_currencies=[
            {
                "currency": total.debits.currency,
                "total_debits": str(total.debits),
                "total_credits": str(total.credits),
                "difference": str(total.difference),
            }
            for total in found.totals[1:]
        ],
        accounts=[_line(line) for line in found.lines],
        message=_message(found),
    )


def _line(line: TrialLine) -> LineResult:
    return LineResult(
        code=line.code,
        name=line.name,
        type=line.type,
        normal_side=line.normal_side,
        accounts=line.accounts,
        debit=str(line.debit),
        credit=str(line.credit),
        currency=line.debit.currency,
    )


def _message(found: TrialBalance) -> str:
    day = f"{found.as_of.day} {found.as_of:%b %Y}"
    sums = "; ".join(
        f"debits {money_text(total.debits.amount, total.debits.currency)}, "
        f"credits {money_text(total.credits.amount, total.credits.currency)}"
        for total in found.totals
    )
    if found.balanced:
        return f"The books balance on {day}: {sums}."
    gaps = ", ".join(
        money_text(total.difference.amount, total.debits.currency)
        for total in found.totals
        if total.difference.minor
    )
    return f"The books do NOT balance on {day}: {sums}; the difference is {gaps}."
