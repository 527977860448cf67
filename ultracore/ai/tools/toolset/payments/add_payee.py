"""A new payee, on a card that a button approves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import ActionTerms
from ultracore.principal import Role

_Short = StringConstraints(strip_whitespace=True, max_length=80)

PayeeName = Annotated[str, _Short, Field(description="Whose account it is, as the customer calls them.")]

Bsb = Annotated[str, _Short, Field(description="Six digits, such as 733-110.")]

Number = Annotated[str, _Short, Field(description="The account number, four to ten digits, without the BSB.")]


@tool(
    tool_class=ToolClass.SEALED_WITH_STEP_UP,
    agents=("Payments",),
    roles=(Role.CUSTOMER,),
    title="Checked the payee's details",
    working="Checking the payee's details…",
    summary=message_summary,
)
async def add_payee(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    name: PayeeName,
    bsb: Bsb,
    account_number: Number,
) -> ActionTerms:
    """Propose saving a payee with BSB and account number in Australia. In its first 24 hours a new payee can be
    paid AUD 1,000 in all. Use it when the customer gives the details of somebody to pay. Do not use it for the
    customer's own accounts, and never make up or complete a number."""
    return await context.bank.payee_adding.prepare(tenant_id, customer_id, name, bsb, account_number)
