"""Is this transaction fraud? It answers and stops nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import Field

from ultracore.ai.tools.arguments import Amount, TenantId, UserId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.security.texts import Short
from ultracore.banking import Money
from ultracore.banking.fraud import Asked, Examination
from ultracore.errors import ToolRefused
from ultracore.principal import Connection, Role
from ultracore.wording import money_text

TransactionId = Annotated[
    str, Short, Field(description="A receipt number, or the id of a proposal or transaction.")
]

DeviceInfo = Annotated[
    str | dict[str, Any] | None,
    Field(description="What is known of the device, such as its user agent. The bank knows the session's own."),
]

LocationInfo = Annotated[
    str | dict[str, Any] | None,
    Field(description="What is known of the place, such as an IP address. The bank knows the session's own."),
]


class FactorResult(TypedDict):
    """A rule that spoke: its weight as a decimal string, and its reason."""

    name: str
    weight: str
    reason: str


class FraudResult(TypedDict):
    """`fraud_score` is 0 to 1; `decision` is `allow`, `review` or `block`. `known`: what the id is."""

    transaction_id: str
    fraud_score: float
    decision: str
    factors: list[FactorResult]
    risk_factors: list[str]
    amount: str
    currency: str
    known: str
    message: str


def _fraud_summary(result: Mapping[str, Any]) -> Summary:
    rows = [(item["reason"], item["weight"]) for item in result["factors"]]
    return Summary(result["message"], (("Why", "Weight"), *rows) if rows else ())


@tool(
    tool_class=ToolClass.READ,
    agents=("Security", "Payments"),
    roles=(Role.CUSTOMER, Role.SECURITY),
    title="Checked for signs of fraud",
    working="Checking for signs of fraud…",
    summary=_fraud_summary,
    subject="Signs of fraud",
    order=7,
)
async def detect_fraud(
    context: ToolContext,
    tenant_id: TenantId,
    transaction_id: TransactionId,
    amount: Amount,
    user_id: UserId,
    device_info: DeviceInfo = None,
    location_info: LocationInfo = None,
) -> FraudResult:
    """Score one transaction for fraud, 0 to 1, with the rules that speak: amount, payee, device and place against
    the customer's own history. Use it when somebody asks whether a payment is suspicious. It stops and permits
    nothing: the bank asks the same rules itself before every transfer."""
    if context.customer_id is None:
        raise ToolRefused("There is no customer whose history could be compared.", code="customer.missing")
    # A member of staff asks from their own desk, which says nothing of the customer's device.
    own = context.principal.user_id == user_id
    asked = Asked(
        tenant_id=tenant_id,
        customer_id=context.customer_id,
        user_id=user_id,
        transaction_id=transaction_id,
        amount=Money.parse(amount),
        here=context.connection if own else None,
        claimed=_claimed(device_info, location_info),
    )
    return _fraud_result(transaction_id, await context.bank.security.fraud.examine(asked))


def _claimed(device: str | dict[str, Any] | None, place: str | dict[str, Any] | None) -> tuple[Connection, ...]:
    if device is None and place is None:
        return ()
    return (Connection(_named(place, "ip_address", "ip"), _named(device, "user_agent", "browser")),)


def _named(claim: str | dict[str, Any] | None, *names: str) -> str | None:
    """What was claimed, as text: a known member of an object, else the whole of it."""
    if claim is None or isinstance(claim, str):
        return claim
    found = next((claim[name] for name in names if isinstance(claim.get(name), str)), None)
    return found if found is not None else json.dumps(claim, sort_keys=True, default=str)


def _fraud_result(transaction_id: str, found: Examination) -> FraudResult:
    factors = found.decision.factors
    about = "" if found.known != "unknown" else " The bank knows no transaction of that id; the amount was scored."
    words = {"allow": "looks ordinary", "review": "should be looked at", "block": "would be stopped"}
    return FraudResult(
        transaction_id=transaction_id,
        fraud_score=float(found.decision.score),
        decision=found.decision.decision,
        factors=[FactorResult(name=item.name, weight=str(item.weight), reason=item.reason) for item in factors],
        risk_factors=[item.name for item in factors],
        amount=str(found.amount),
        currency=found.amount.currency,
        known=found.known,
        message=f"A payment of {money_text(found.amount.amount)} {words[found.decision.decision]}: "
        f"score {found.decision.score} of 1.{about}",
    )
