"""Every instalment of a loan, exact to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypedDict

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import Amount, CustomerId, Resource, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.lending.arguments import INDICATIVE, LoanPurpose, amount_text
from ultracore.banking import Money
from ultracore.banking.lending import (
    HIGHEST_RATE,
    LONGEST_TERM,
    DatedSchedule,
    Instalment,
    Schedule,
    ScheduleWish,
    percent_text,
    purpose_of,
    schedule_of,
)
from ultracore.principal import Role
from ultracore.wording import money_text

OptionalTerm = Annotated[
    int | None,
    Field(ge=1, le=LONGEST_TERM, description="Months, 1 to 480; left out for an own loan's rest."),
]

LoanAccountId = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    Resource("account"),
    Field(description="The account id of a loan of the customer, for the rest of that loan."),
]


class ScheduleLine(TypedDict):
    """One instalment."""

    number: int
    due_on: str
    payment: str
    interest: str
    principal: str
    balance_after: str


class ScheduleResult(TypedDict):
    """Totals with the first and last lines; `lines_left_out` of those between are in the step's table."""

    loan_amount: str
    annual_rate: str
    term_months: int
    currency: str
    starts_on: str
    instalment: str
    instalments: int
    last_instalment: str
    last_due_on: str
    total_interest: str
    total_repaid: str
    lines: list[ScheduleLine]
    lines_left_out: int
    indicative: bool
    message: str


def _percent(value: object) -> Decimal | None:
    """Read percent a year as a fraction of one."""
    if value is None:
        return None
    text = str(value).strip().removesuffix("%").strip()
    digits = text.replace(".", "", 1)
    # `isdigit` is true for digits of other scripts, and `Decimal` reads them; a rate is typed in ASCII.
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit()) or len(text) > 8:
        raise PydanticCustomError("rate.invalid", "must be percent a year such as 6.49")
    rate = Decimal(text).scaleb(-2)
    if rate > HIGHEST_RATE:
        raise PydanticCustomError("rate.invalid", "must be at most 60 percent a year")
    return rate


AnnualRate = Annotated[
    Decimal | None,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "description": 'Percent a year, such as "6.49"; left out: the bank\'s.'}),
]


def _summary(result: Mapping[str, Any]) -> Summary:
    """The whole schedule as a table: it follows from the result's own figures, so the result need not carry it."""
    schedule = schedule_of(
        Money.parse(result["loan_amount"]),
        Decimal(result["annual_rate"]).scaleb(-2),
        result["term_months"],
        date.fromisoformat(result["starts_on"]),
        Money.parse(result["instalment"]),
    )
    rows = [
        (
            str(line.number),
            f"{line.due_on.day} {line.due_on:%b %Y}",
            *(money_text(one.amount) for one in (line.payment, line.interest, line.principal, line.closing)),
        )
        for line in schedule.lines
    ]
    header = ("No.", "Due", "Instalment", "Interest", "Principal", "Left")
    return Summary(result["message"], (header, *rows), _left_after(schedule))


@tool(
    tool_class=ToolClass.READ,
    agents=("Lending",),
    roles=(Role.CUSTOMER, Role.LENDER),
    title="Worked out the repayments",
    working="Working out the repayments…",
    summary=_summary,
    subject="Loan repayments",
)
async def get_repayment_schedule(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    loan_amount: Amount | None = None,
    annual_rate: AnnualRate = None,
    term_months: OptionalTerm = None,
    account_id: LoanAccountId = None,
    loan_purpose: LoanPurpose = "personal",
) -> ScheduleResult:
    """Compute a repayment schedule exact to the cent: the instalment, interest and principal of every month. For
    a loan that is thought of give loan_amount and term_months; without annual_rate the bank's indicative rate for
    the purpose is taken. For the rest of a loan that is running give its account_id only (get_loan_details knows
    it). Do not use it to find out whether a loan is possible."""
    wish = ScheduleWish(
        amount=None if loan_amount is None else Money(loan_amount),
        annual_rate=annual_rate,
        term_months=term_months,
        account_id=account_id,
        purpose=purpose_of(loan_purpose),
    )
    return _schedule_result(await context.bank.lending.schedule(tenant_id, customer_id, wish))


# A loan of forty years has 480 lines: the model gets a few, the person all of them in the step's table.
_SHOWN_FIRST: Final = 6

_SHOWN_LAST: Final = 2

_MOST_POINTS: Final = 24


def _left_after(schedule: Schedule) -> Chart:
    """What is owed as the months go by, in at most `_MOST_POINTS` points, the last among them."""
    # Counted from the end, so that the last month, which has nothing left to repay, is always drawn.
    every = -(-len(schedule.lines) // _MOST_POINTS)
    shown = schedule.lines[::-1][::every][::-1]
    return Chart(
        kind="line",
        title="Left to repay",
        labels=tuple(f"{line.due_on:%b %Y}" for line in shown),
        values=tuple(str(line.closing) for line in shown),
        unit=schedule.amount.currency,
    )


def _schedule_result(dated: DatedSchedule) -> ScheduleResult:
    schedule = dated.schedule
    lines, last = schedule.lines, schedule.lines[-1]
    whole = len(lines) <= _SHOWN_FIRST + _SHOWN_LAST
    shown = lines if whole else (*lines[:_SHOWN_FIRST], *lines[-_SHOWN_LAST:])
    rate = percent_text(schedule.annual_rate)
    return ScheduleResult(
        loan_amount=str(schedule.amount),
        annual_rate=rate,
        term_months=schedule.term_months,
        currency=schedule.amount.currency,
        starts_on=dated.start.isoformat(),
        instalment=str(schedule.instalment),
        instalments=len(lines),
        last_instalment=str(last.payment),
        last_due_on=last.due_on.isoformat(),
        total_interest=str(schedule.total_interest),
        total_repaid=str(schedule.total_repaid),
        lines=[_line(line) for line in shown],
        lines_left_out=len(lines) - len(shown),
        indicative=True,
        message=f"{amount_text(schedule.amount)} at {rate}% a year: {len(lines)} instalments of "
        f"{amount_text(schedule.instalment)}, the last of {amount_text(last.payment)}; "
        f"interest {amount_text(schedule.total_interest)} in all. {INDICATIVE}",
    )


def _line(line: Instalment) -> ScheduleLine:
    return ScheduleLine(
        number=line.number,
        due_on=line.due_on.isoformat(),
        payment=str(line.payment),
        interest=str(line.interest),
        principal=str(line.principal),
        balance_after=str(line.closing),
    )
