"""What looks unusual in the last 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking.fraud import DAYS, Activity
from ultracore.principal import Role
from ultracore.wording import money_text, when_text


class ActivityResult(TypedDict):
    """One thing to look at."""

    date: str
    kind: str
    description: str
    amount: str | None
    reason: str


class UnusualResult(TypedDict):
    """Newest first."""

    customer_id: str
    days: int
    activities: list[ActivityResult]
    message: str


def _unusual_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (item["date"], item["description"], money_text(item["amount"]) if item["amount"] else "", item["reason"])
        for item in result["activities"]
    ]
    return Summary(result["message"], (("When", "What", "Amount", "Why"), *rows) if rows else ())


def _activity(item: Activity) -> ActivityResult:
    return ActivityResult(
        date=when_text(item.at),
        kind=item.kind,
        description=item.description,
        amount=None if item.amount is None else str(item.amount),
        reason=item.reason,
    )


@tool(
    tool_class=ToolClass.READ,
    agents=("Security",),
    roles=(Role.CUSTOMER, Role.SECURITY),
    title="Looked for unusual activity",
    working="Looking for unusual activity…",
    summary=_unusual_summary,
    subject="Unusual activity",
)
async def list_unusual_activity(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId
) -> UnusualResult:
    """List what looks unusual in the customer's last 90 days: large or doubled payments, bursts, new browsers and
    networks, failed sign-ins, reports. Use it when they fear that somebody else was in. Not for one named payment
    (detect_fraud), nor for an ordinary list of transactions."""
    found = await context.bank.security.activity.unusual(tenant_id, customer_id)
    noun = "thing" if len(found) == 1 else "things"
    message = f"{len(found)} {noun} to look at in the last {DAYS} days."
    if not found:
        message = f"Nothing unusual was found in the last {DAYS} days."
    return UnusualResult(
        customer_id=customer_id, days=DAYS, activities=[_activity(item) for item in found], message=message
    )
