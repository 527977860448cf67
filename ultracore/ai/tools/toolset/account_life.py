"""Tools that open and close accounts. They prepare a card; only its button does anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import AccountId, CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.banking import AccountKind, ActionTerms

AccountName = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, max_length=60),
    Field(description="What the customer wants to call it, if they said so."),
]


def _summary(result: Mapping[str, Any]) -> Summary:
    return Summary(str(result["message"]))


@tool(tool_class=ToolClass.SEALED, agents=("Accounts",), summary=_summary)
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


@tool(tool_class=ToolClass.SEALED, agents=("Accounts",), summary=_summary)
async def close_account(context: ToolContext, tenant_id: TenantId, account_id: AccountId) -> ActionTerms:
    """Propose closing one of the customer's accounts for good. Use it only when the customer asks to close it.
    Where it cannot be closed, the refusal lists every reason: tell the customer all of them. Do not move money
    first unless the customer asks for that."""
    return await context.bank.lifecycle.prepare_closing(tenant_id, customer_of(context), account_id)
