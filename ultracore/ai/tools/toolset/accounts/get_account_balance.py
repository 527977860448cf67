"""The balance of one account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ultracore.ai.tools.arguments import AccountId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.balances import BalanceResult, balance_result, balance_table
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.ai.tools.toolset.suggestions import RECENT, STATEMENT, always
from ultracore.principal import Role


def _summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"] + ".", balance_table([result]))


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts", "Payments"),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Looked up the balance",
    working="Looking up the balance…",
    summary=_summary,
    subject="Account balances",
    suggests=always(RECENT, STATEMENT),
    order=2,
)
async def get_account_balance(
    context: ToolContext, tenant_id: TenantId, account_id: AccountId, include_pending: bool = True
) -> BalanceResult:
    """Read the balance and the available balance of one account. Use it when you know the account's id; for all
    accounts of the customer, or if you do not know the id, use get_customer_360."""
    balance = await context.bank.accounts.get(tenant_id, customer_of(context), account_id)
    return balance_result(balance, include_pending=include_pending)
