"""A new account, on a card that a button approves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import AccountKind, ActionTerms
from ultracore.principal import Role

AccountName = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, max_length=60),
    Field(description="What the customer wants to call it, if they said so."),
]


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Accounts",),
    roles=(Role.CUSTOMER,),
    title="Prepared a new account",
    working="Preparing a new account…",
    summary=message_summary,
)
async def open_account(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    kind: Literal["everyday", "savings"],
    name: AccountName = None,
) -> ActionTerms:
    """Propose a new everyday or savings account for the customer, whose identity must be verified. Use it when the
    customer asks to open an account. Do not use it for a loan, a card or an investment account."""
    return await context.bank.lifecycle.prepare_opening(tenant_id, customer_id, AccountKind(kind), name)
