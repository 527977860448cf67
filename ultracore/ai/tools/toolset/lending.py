"""Lending's tools. Every figure is indicative: a lender, a person, decides an application."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from ultracore.ai.tools.arguments import Amount, CustomerId, Resource, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.lending_results import (
    CreditRiskResult,
    EligibilityResult,
    LoansResult,
    ScheduleResult,
    application_result,
    application_summary,
    eligibility_result,
    eligibility_summary,
    factor_result,
    loan_result,
    loans_message,
    loans_summary,
    risk_message,
    risk_summary,
    schedule_result,
    schedule_summary,
)
from ultracore.banking import ActionTerms, Money
from ultracore.banking.lending import HIGHEST_RATE, LONGEST_TERM, ScheduleWish, Wish, purpose_of

AGENTS: Final = ("Lending",)

Term = Annotated[int, Field(ge=1, le=LONGEST_TERM, description="Months, 1 to 480; 25 years are 300.")]
OptionalTerm = Annotated[
    int | None,
    Field(ge=1, le=LONGEST_TERM, description="Months, 1 to 480; left out for an own loan's rest."),
]
LoanPurpose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    Field(description="What it is for: home, car, personal, business, education, or the customer's own words."),
]
LoanAccountId = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    Resource("account"),
    Field(description="The account id of a loan of the customer, for the rest of that loan."),
]


def _percent(value: object) -> Decimal | None:
    """Read percent a year as a fraction of one."""
    if value is None:
        return None
    text = str(value).strip().removesuffix("%").strip()
    digits = text.replace(".", "", 1)
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


@tool(tool_class=ToolClass.READ, agents=AGENTS, summary=eligibility_summary)
async def check_loan_eligibility(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    loan_amount: Amount,
    loan_purpose: LoanPurpose,
    term_months: Term = 60,
) -> EligibilityResult:
    """Check what the bank's lending rules say to a loan of an amount for a purpose: eligible or not with every
    reason, an indicative rate and instalment, the most that could be borrowed, the credit score. Use it for "can
    I borrow", "am I eligible", "how much could I borrow". It promises nothing and applies for nothing; for a real
    application use apply_for_loan, for all instalments get_repayment_schedule."""
    wish = Wish(amount=Money(loan_amount), purpose=purpose_of(loan_purpose), term_months=term_months)
    return eligibility_result(await context.bank.lending.eligibility(tenant_id, customer_id, wish))


@tool(tool_class=ToolClass.READ, agents=AGENTS, summary=risk_summary)
async def analyze_credit_risk(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    loan_amount: Amount | None = None,
    include_factors: bool = True,
) -> CreditRiskResult:
    """Compute the customer's credit score and risk category with every factor, its weight and its reason, from
    income, spending, debts and history; with loan_amount, as if that loan ran already. Use it for "what is my
    credit score" or "why". For whether a certain loan is possible use check_loan_eligibility."""
    amount = None if loan_amount is None else Money(loan_amount)
    risk = await context.bank.lending.risk(tenant_id, customer_id, amount)
    return CreditRiskResult(
        customer_id=customer_id,
        risk_score=float(risk.risk_score),
        risk_category=risk.category,
        credit_score=risk.credit_score,
        loan_amount=None if amount is None else str(amount),
        factors=[factor_result(factor) for factor in risk.factors] if include_factors else [],
        message=risk_message(risk, amount),
    )


@tool(tool_class=ToolClass.READ, agents=AGENTS, summary=schedule_summary)
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
    return schedule_result(await context.bank.lending.schedule(tenant_id, customer_id, wish))


@tool(tool_class=ToolClass.SEALED, agents=AGENTS, summary=application_summary)
async def apply_for_loan(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    loan_amount: Amount,
    loan_purpose: LoanPurpose,
    term_months: Term = 60,
) -> ActionTerms:
    """Propose to record a loan application. The bank shows a card with the terms; pressing its button records the
    application and gives a reference. A lender, a person, decides later: nothing is approved and no money moves.
    Use it only when the customer asks to apply; to find out what is possible use check_loan_eligibility."""
    wish = Wish(amount=Money(loan_amount), purpose=purpose_of(loan_purpose), term_months=term_months)
    return await context.bank.lending.prepare_application(
        tenant_id, customer_id, wish, " ".join(loan_purpose.split())
    )


@tool(tool_class=ToolClass.READ, agents=AGENTS, summary=loans_summary)
async def get_loan_details(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> LoansResult:
    """Read the customer's loans (what is owing, rate, instalment, instalments left, account id) and loan
    applications with their references and status. Use it for "how much do I owe" and "what became of my
    application". For every single instalment use get_repayment_schedule with the loan's account_id."""
    lending = context.bank.lending
    loans = await lending.loans(tenant_id, customer_id)
    applications = await lending.applications(tenant_id, customer_id)
    owed = Money.from_minor(sum(one.outstanding.minor for one in loans))
    return LoansResult(
        customer_id=customer_id,
        loans=[loan_result(one) for one in loans],
        applications=[application_result(one) for one in applications],
        total_outstanding=str(owed),
        message=loans_message(loans, applications, owed),
    )
