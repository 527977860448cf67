"""A transfer. It prepares terms; only a pressed button and the approval desk move money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import Amount, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.speaking_for import customer_of
from ultracore.banking import TransferTerms
from ultracore.errors import ToolRefused
from ultracore.principal import Role
from ultracore.wording import money_text

_Text = StringConstraints(strip_whitespace=True, max_length=140)

Source = Annotated[
    str | None,
    StringConstraints(max_length=64),
    Field(description="The id of the customer's account to pay from."),
]

Destination = Annotated[
    str | None,
    StringConstraints(max_length=120),
    Field(description="A saved payee's id or name, or the id of another of the customer's own accounts."),
]

Description = Annotated[str | None, _Text, Field(description="What the statement should say.")]

RequiresApproval = Annotated[
    bool, Field(description="Has no effect: a transfer is always approved by the customer with a button.")
]


def _summary(result: Mapping[str, Any]) -> Summary:
    return Summary(f"{money_text(result['amount'], result['currency'])}: {result['message']}")


@tool(
    tool_class=ToolClass.SEALED,
    agents=("Payments",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Prepared the payment",
    working="Preparing the payment…",
    summary=_summary,
    order=3,
)
async def execute_transaction(
    context: ToolContext,
    tenant_id: TenantId,
    transaction_type: Literal["deposit", "withdrawal", "transfer"],
    amount: Amount,
    from_account_id: Source = None,
    to_account_id: Destination = None,
    description: Description = None,
    # Part of the published signature. It decides nothing: no argument can make a transfer go without a card.
    requires_approval: RequiresApproval = False,
) -> TransferTerms:
    """Propose a transfer or payment from one of the customer's accounts to a saved payee or another of their own
    accounts. The bank shows the customer a card; nothing moves unless they press its button. Do not use it to ask
    for an approval in words, nor for a payee that is not saved. Deposits and withdrawals are made at a branch."""
    if transaction_type != "transfer":
        raise ToolRefused("Deposits and withdrawals need a teller at a branch.", code="transaction.needs_teller")
    if from_account_id is None or to_account_id is None:
        missing = "from_account_id" if from_account_id is None else "to_account_id"
        raise ToolRefused(f"{missing}: a transfer needs it.", code="arguments.missing")
    return await context.bank.ledger.prepare_transfer(
        tenant_id, customer_of(context), from_account_id, to_account_id, amount, description or ""
    )
