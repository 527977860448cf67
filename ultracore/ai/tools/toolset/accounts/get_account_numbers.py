"""BSB and account numbers, for somebody who wants to be paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import AccountKind, AccountStatus
from ultracore.principal import Role

# Money for a loan or for investments comes from the customer's own accounts.
_PAYABLE = frozenset({AccountKind.EVERYDAY, AccountKind.SAVINGS, AccountKind.BUSINESS})


class AccountNumber(TypedDict):
    """One account as others pay into it."""

    account_id: str
    name: str
    kind: str
    bsb: str
    account_number: str


class NumbersResult(TypedDict):
    """The accounts into which others can pay, in the name of `holder`."""

    holder: str
    accounts: list[AccountNumber]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [(one["name"], one["bsb"], one["account_number"]) for one in result["accounts"]]
    return Summary(f"In the name of {result['holder']}.", (("Account", "BSB", "Account number"), *rows))


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER,),
    title="Looked up the account numbers",
    working="Looking up the account numbers…",
    summary=_summary,
    subject="BSB and account numbers",
)
async def get_account_numbers(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> NumbersResult:
    """Read BSB and account number of the customer's own accounts, which others need to pay them. Use it when they
    ask for their account details. Not for payees."""
    customer = await context.bank.customers.get(tenant_id, customer_id)
    balances = await context.bank.accounts.of_customer(tenant_id, customer_id)
    found = [
        AccountNumber(
            account_id=one.account.account_id,
            name=one.account.name,
            kind=one.account.kind.value,
            bsb=f"{one.account.bsb[:3]}-{one.account.bsb[3:]}",
            account_number=one.account.number,
        )
        for one in balances
        if one.account.kind in _PAYABLE and one.account.status is AccountStatus.ACTIVE
    ]
    noun = "account" if len(found) == 1 else "accounts"
    return NumbersResult(
        holder=customer.name, accounts=found, message=f"{len(found)} {noun} into which others can pay."
    )
