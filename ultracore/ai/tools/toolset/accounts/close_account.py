"""The end of an account, on a card that a button approves."""

from __future__ import annotations

from ultracore.ai.tools.arguments import AccountId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import ActionTerms
from ultracore.principal import Role


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Accounts",),
    roles=(Role.CUSTOMER,),
    title="Checked the account for closing",
    working="Checking the account…",
    summary=message_summary,
)
async def close_account(context: ToolContext, tenant_id: TenantId, account_id: AccountId) -> ActionTerms:
    """Propose closing one of the customer's accounts for good. Use it only when the customer asks to close it.
    If it cannot be closed, the refusal lists every reason: tell the customer all of them. Do not move money
    first unless the customer asks for that."""
    return await context.bank.lifecycle.prepare_closing(tenant_id, customer_of(context), account_id)
