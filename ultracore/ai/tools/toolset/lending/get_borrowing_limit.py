"""The most that could be borrowed for a purpose."""

from __future__ import annotations

from typing import TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.lending.arguments import INDICATIVE, LoanPurpose, Term, amount_text
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking.lending import Eligibility, percent_text, purpose_of
from ultracore.principal import Role


class LimitResult(TypedDict):
    """`max_loan_amount` is zero if a rule is not met that a smaller loan would not meet either."""

    loan_purpose: str
    term_months: int
    max_loan_amount: str
    currency: str
    indicative_rate: str
    unmet: list[str]
    indicative: bool
    message: str


@tool(
    tool_class=ToolClass.READ,
    agents=("Lending",),
    roles=(Role.CUSTOMER, Role.LENDER),
    title="Worked out how much can be borrowed",
    working="Working out how much can be borrowed…",
    summary=message_summary,
    subject="Borrowing limit",
)
async def get_borrowing_limit(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    loan_purpose: LoanPurpose,
    term_months: Term = 60,
) -> LimitResult:
    """Work out the most that the customer could borrow for a purpose. Use it if no amount was named; with one use
    check_loan_eligibility."""
    purpose = purpose_of(loan_purpose)
    found = await context.bank.lending.limit(tenant_id, customer_id, purpose, term_months)
    return LimitResult(
        loan_purpose=found.purpose.value,
        term_months=found.term_months,
        max_loan_amount=str(found.largest),
        currency=found.amount.currency,
        indicative_rate=percent_text(found.quote.annual_rate),
        unmet=[one.text for one in found.reasons if not one.met],
        indicative=True,
        message=_message(found),
    )


def _message(found: Eligibility) -> str:
    wish = f"for a {found.purpose} loan over {found.term_months} months"
    if not found.largest.minor:
        unmet = " ".join(one.text for one in found.reasons if not one.met)
        return f"Our rules are not met {wish}. {unmet} {INDICATIVE}"
    rate = percent_text(found.quote.annual_rate)
    return f"Up to {amount_text(found.largest)} {wish}, at about {rate}% a year. {INDICATIVE}"
