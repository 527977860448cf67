"""A loan application, on a card that a button approves. A lender, a person, decides it."""

from __future__ import annotations

from ultracore.ai.tools.arguments import Amount, CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.lending.arguments import LoanPurpose, Term
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import ActionTerms, Money
from ultracore.banking.lending import LoanWish, purpose_of
from ultracore.principal import Role


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Lending",),
    roles=(Role.CUSTOMER,),
    title="Prepared the application",
    working="Preparing the application…",
    summary=message_summary,
)
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
    wish = LoanWish(amount=Money(loan_amount), purpose=purpose_of(loan_purpose), term_months=term_months)
    return await context.bank.lending.prepare_application(
        tenant_id, customer_id, wish, " ".join(loan_purpose.split())
    )
