"""What the lending rules say to a loan. Every figure is indicative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import Amount, CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.lending.arguments import INDICATIVE, LoanPurpose, Term, amount_text
from ultracore.banking import Money
from ultracore.banking.lending import (
    Eligibility,
    LoanWish,
    percent_text,
    purpose_of,
)
from ultracore.principal import Role


class ReasonResult(TypedDict):
    """One rule and whether it is met."""

    code: str
    met: bool
    reason: str


class EligibilityResult(TypedDict):
    """Money and percentages are decimal strings; `credit_score` is 300 to 850, higher is better."""

    eligible: bool
    indicative: bool
    credit_score: int
    recommended_rate: str
    max_loan_amount: str
    term_months: int
    loan_amount: str
    loan_purpose: str
    currency: str
    instalment: str
    total_repaid: str
    rate_valid_from: str
    reasons: list[ReasonResult]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    marks = {True: "met", False: "not met"}
    rows = [(reason["reason"], marks[reason["met"]]) for reason in result["reasons"]]
    return Summary(result["message"], (("Rule", "Result"), *rows))


@tool(
    tool_class=ToolClass.READ,
    agents=("Lending",),
    roles=(Role.CUSTOMER, Role.LENDER),
    title="Checked what could be borrowed",
    working="Checking what could be borrowed…",
    summary=_summary,
    subject="Loan eligibility",
    order=4,
)
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
    wish = LoanWish(amount=Money(loan_amount), purpose=purpose_of(loan_purpose), term_months=term_months)
    return _eligibility_result(await context.bank.lending.eligibility(tenant_id, customer_id, wish))


def _eligibility_result(found: Eligibility) -> EligibilityResult:
    return EligibilityResult(
        eligible=found.eligible,
        indicative=True,
        credit_score=found.risk.credit_score,
        recommended_rate=percent_text(found.quote.annual_rate),
        max_loan_amount=str(found.largest),
        term_months=found.term_months,
        loan_amount=str(found.amount),
        loan_purpose=found.purpose.value,
        currency=found.amount.currency,
        instalment=str(found.instalment),
        total_repaid=str(found.total_repaid),
        rate_valid_from=found.quote.effective_from.isoformat(),
        reasons=[ReasonResult(code=one.code, met=one.met, reason=one.text) for one in found.reasons],
        message=_verdict(found),
    )


def _verdict(found: Eligibility) -> str:
    wish = f"a {found.purpose} loan of {amount_text(found.amount)} over {found.term_months} months"
    if found.eligible:
        rate = percent_text(found.quote.annual_rate)
        return (
            f"Our rules are met for {wish}: about {rate}% a year and {amount_text(found.instalment)} a month. "
            f"{INDICATIVE}"
        )
    unmet = " ".join(reason.text for reason in found.reasons if not reason.met)
    most = f" Up to {amount_text(found.largest)} would meet them." if found.largest.minor else ""
    return f"Our rules are not met for {wish}. {unmet}{most} {INDICATIVE}"
