"""A frozen card is opened again, on a card that a button approves."""

from __future__ import annotations

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.security.cards import CardName
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import ActionTerms
from ultracore.principal import Role


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Security",),
    roles=(Role.CUSTOMER,),
    title="Checked the card",
    working="Checking the card…",
    summary=message_summary,
)
async def unfreeze_card(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, card: CardName = None
) -> ActionTerms:
    """Propose to unfreeze a frozen debit card. The bank shows a card to approve; nothing changes without its
    button. Do not use it while the customer is worried about the card."""
    return await context.bank.security.cards.unfreeze_terms(tenant_id, customer_id, card)
