"""Perhaps a scam: one press freezes the cards and records a report; without it nothing happens."""

from __future__ import annotations

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.security.report_incident import Words
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import ActionTerms
from ultracore.banking.safety import protection_terms
from ultracore.principal import Role


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Security",),
    roles=(Role.CUSTOMER,),
    title="Offered protection",
    working="Preparing the card…",
    summary=message_summary,
    subject="Protection from a scam",
)
async def offer_protection(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, description: Words
) -> ActionTerms:
    """Show a card whose button freezes all cards and records a report. Use it when something may be a scam, not
    when the customer says that they are being scammed: then protect_customer."""
    return protection_terms(tenant_id, customer_id, description)
