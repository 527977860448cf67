"""Tools that read accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import AccountId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.banking import Balance
from ultracore.wording import money_text


class BalanceResult(TypedDict):
    """One account. Money is a decimal string."""

    account_id: str
    name: str
    kind: str
    balance: str
    available_balance: str
    currency: str
    status: str
    number_last_digits: str
    message: str


def balance_result(balance: Balance, *, include_pending: bool = True) -> BalanceResult:
    """A balance as tools report it. Without pending amounts, available equals the balance."""
    available = balance.available if include_pending else balance.balance
    account = balance.account
    text = money_text(balance.balance.amount, account.currency)
    return BalanceResult(
        account_id=account.account_id,
        name=account.name,
        kind=account.kind.value,
        balance=str(balance.balance),
        available_balance=str(available),
        currency=account.currency,
        status=account.status.value,
        number_last_digits=account.last_digits,
        message=f"{account.name} ending {account.last_digits}: {text}",
    )


def _summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"] + ".", balance_table([result]))


def balance_table(accounts: list[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """A table of accounts, header first."""
    rows = [
        (
            f"{account['name']} ··{account['number_last_digits']}",
            money_text(account["balance"], account["currency"]),
            money_text(account["available_balance"], account["currency"]),
        )
        for account in accounts
    ]
    return (("Account", "Balance", "Available"), *rows)


@tool(tool_class=ToolClass.READ, agents=("Accounts", "Payments"), summary=_summary)
async def get_account_balance(
    context: ToolContext, tenant_id: TenantId, account_id: AccountId, include_pending: bool = True
) -> BalanceResult:
    """Read the balance and the available balance of one account. Use it when you know the account's id; for all
    accounts of the customer, or where you do not know the id, use get_customer_360."""
    balance = await context.bank.accounts.get(tenant_id, customer_of(context), account_id)
    return balance_result(balance, include_pending=include_pending)
