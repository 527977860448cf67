"""A card is frozen at once, because waiting would do harm. Unfreezing is sealed."""

from __future__ import annotations

from typing import Final, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.security.cards import CardName
from ultracore.ai.tools.toolset.suggestions import UNFREEZE, with_some
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.banking.statements import Wanted, Window
from ultracore.principal import Role

_SHOWN: Final = 5


class CardPayment(TypedDict):
    """One of the newest payments by card, for the customer to look at."""

    date: str
    description: str
    amount: str


class CardResult(TypedDict):
    """The card as it is now; `changed` is False if it was frozen already. a person answers at `phone`."""

    customer_id: str
    card_id: str
    last_digits: str
    status: str
    changed: bool
    recent_payments: list[CardPayment]
    phone: str
    message: str


@tool(
    tool_class=ToolClass.PROTECTIVE,
    agents=("Security",),
    roles=(Role.CUSTOMER, Role.SECURITY),
    title="Froze the card",
    working="Freezing the card…",
    summary=message_summary,
    subject="A card frozen",
    suggests=with_some("changed", UNFREEZE),
)
async def freeze_card(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, card: CardName = None
) -> CardResult:
    """Freeze a debit card at once, so that it pays for nothing. Use it as soon as the customer says that a card
    is lost, stolen or misused, or asks for it; it can be undone. With several cards and none named it is refused:
    then ask which. Do not use it for an account or a login."""
    security = context.bank.security
    change = await security.cards.freeze(tenant_id, customer_id, card)
    ending = f"The debit card ending {change.card.last_digits}"
    state = "is frozen now: nobody can pay with it" if change.changed else "was frozen already"
    return CardResult(
        customer_id=customer_id,
        card_id=change.card.card_id,
        last_digits=change.card.last_digits,
        status=change.card.status,
        changed=change.changed,
        recent_payments=await _payments(context, tenant_id, customer_id, change.card.account_id),
        phone=security.support_phone,
        message=f"{ending} {state}. You can have it unfrozen at any time.",
    )


async def _payments(context: ToolContext, tenant_id: str, customer_id: str, account_id: str) -> list[CardPayment]:
    """The newest payments by card: a customer who has lost it wants to see if somebody else has used it."""
    wanted = Wanted(window=Window(account_id=account_id), text="card purchase")
    found = await context.bank.search.find(tenant_id, customer_id, wanted, _SHOWN)
    return [
        CardPayment(date=line.day.isoformat(), description=line.description, amount=str(-line.amount))
        for line in found.lines
    ]
