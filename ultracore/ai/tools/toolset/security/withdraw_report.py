"""A report of an incident is taken back, on a card that a button approves: it protects as long as it is open."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking import ActionTerms
from ultracore.principal import Role

Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=32),
    Field(description="The reference of the report, as I-BCDFG-HJKLM."),
]


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Security",),
    roles=(Role.CUSTOMER,),
    title="Checked the report",
    working="Checking the report…",
    summary=message_summary,
)
async def withdraw_report(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, reference: Reference
) -> ActionTerms:
    """Propose to take back a report of an incident. The bank shows a card to approve; without its button it
    stays open. Use it only when the customer says that the report was a mistake."""
    return await context.bank.security.incidents.withdraw_terms(tenant_id, customer_id, reference)
