"""The two published questions of security: is this transaction fraud, and may this person do that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import Amount, TenantId, UserId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import Money
from ultracore.banking.access import AdaptiveDecision
from ultracore.banking.fraud import Asked, Examination
from ultracore.errors import ToolRefused
from ultracore.principal import Connection, Principal
from ultracore.wording import money_text

_Short = StringConstraints(strip_whitespace=True, min_length=1, max_length=64)

TransactionId = Annotated[
    str, _Short, Field(description="A receipt number, or the id of a proposal or transaction.")
]
DeviceInfo = Annotated[
    str | dict[str, Any] | None,
    Field(description="What is known of the device, such as its user agent. The bank knows the session's own."),
]
LocationInfo = Annotated[
    str | dict[str, Any] | None,
    Field(description="What is known of the place, such as an IP address. The bank knows the session's own."),
]
ResourceId = Annotated[str, _Short, Field(description="The id of what is to be used, such as acc_1.")]
ResourceType = Annotated[
    str, _Short, Field(description="account, customer, card, transaction, loan, portfolio or report.")
]
ActionRequested = Annotated[
    str, _Short, Field(description="What is to be done: read, transfer, freeze, a tool's name.")
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


class AccessResult(TypedDict):
    """`action` is `allow`, `step_up` or `deny`; `reason` a stable code; `factors` what the adaptive rules saw."""

    action: str
    allowed: bool
    reason: str
    reasons: list[str]
    resource_id: str
    resource_type: str
    action_requested: str
    message: str


_READING: Final = ("read", "view", "get", "list", "access", "check")
_TOOLS: Final[Mapping[tuple[str, str], str]] = {
    **{("account", word): "get_account_balance" for word in _READING},
    **{("customer", word): "get_customer_360" for word in _READING},
    **{("transaction", word): "search_transactions" for word in _READING},
    **{("loan", word): "get_loan_details" for word in _READING},
    **{("portfolio", word): "get_holdings" for word in _READING},
    **{("report", word): "get_trial_balance" for word in _READING},
    **{("account", word): "execute_transaction" for word in ("transfer", "pay", "debit", "withdraw", "write")},
    **{("transaction", word): "execute_transaction" for word in ("create", "execute", "transfer", "pay")},
    ("account", "open"): "open_account",
    ("account", "create"): "open_account",
    ("account", "close"): "close_account",
    ("account", "delete"): "close_account",
    ("card", "freeze"): "freeze_card",
    ("card", "unfreeze"): "unfreeze_card",
    ("loan", "apply"): "apply_for_loan",
    ("loan", "create"): "apply_for_loan",
    ("payee", "create"): "add_payee",
    ("payee", "add"): "add_payee",
}
"""Which tool an action on a kind of resource is. What is not here is a tool's own name, or nothing that exists."""

_SENTENCES: Final[Mapping[str, str]] = {
    "access.tool_not_allowed": "The bank's policy does not allow this role to do that.",
    "access.other_customer": "That belongs to another customer.",
    "access.other_tenant": "That belongs to another bank.",
    "access.customer_required": "A customer must be named for that.",
    "access.no_customer": "This role works with totals, not with customers.",
    "resource.not_found": "There is no such thing of this customer's.",
    "access.restricted": "It is restricted now, because what is happening does not look like the owner.",
    "access.step_up": "It needs a second proof of who is asking.",
    "access.allowed": "It is allowed.",
}


def _fraud_summary(result: Mapping[str, Any]) -> Summary:
    rows = [(item["reason"], item["weight"]) for item in result["factors"]]
    return Summary(result["message"], (("Why", "Weight"), *rows) if rows else ())


@tool(tool_class=ToolClass.READ, agents=("Security", "Payments"), summary=_fraud_summary)
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


def _access_summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"], (("Why",), *((item,) for item in result["reasons"])))


@tool(tool_class=ToolClass.READ, agents=("Security",), summary=_access_summary)
async def check_access_control(
    context: ToolContext,
    tenant_id: TenantId,
    user_id: UserId,
    resource_id: ResourceId,
    resource_type: ResourceType,
    action_requested: ActionRequested,
) -> AccessResult:
    """Ask whether a login may do something with a thing: the policy first, then whether what is happening looks
    like its owner. Use it for questions about permissions and restrictions. It grants nothing: every call is
    checked again by itself."""
    who = await _principal(context, tenant_id, user_id)
    kind, wanted = resource_type.casefold(), action_requested.casefold()
    name = _TOOLS.get((kind, wanted), wanted)
    about = None if context.bank.access.is_about_a_customer(who, name) is False else who.customer_id
    policy = context.bank.access.check(who, name, customer_id=about)
    reason = policy.reason
    if policy.allowed and not await _is_theirs(context, who, kind, resource_id):
        reason = "resource.not_found"
    if reason != "access.allowed":
        return _access_result("deny", reason, [_SENTENCES.get(reason, reason)], (resource_id, kind, wanted))
    here = context.connection if who is context.principal else None
    adaptive: AdaptiveDecision = await context.bank.adaptive.check(who, name, here)
    reasons = [factor.reason for factor in adaptive.factors] or [_SENTENCES["access.allowed"]]
    return _access_result(adaptive.action, adaptive.reason, reasons, (resource_id, kind, wanted))


async def _principal(context: ToolContext, tenant_id: str, user_id: str) -> Principal:
    if user_id == context.principal.user_id:
        return context.principal
    user = await context.bank.users.get(user_id)
    if user is None or user.tenant_id != tenant_id:
        raise ToolRefused("There is no such login.", code="user.not_found")
    return Principal(
        tenant_id=user.tenant_id,
        user_id=user.user_id,
        login_id="",
        roles=user.roles,
        customer_id=user.customer_id,
        display_name=user.display_name,
    )


async def _is_theirs(context: ToolContext, who: Principal, kind: str, resource_id: str) -> bool:
    """Whether the thing is the customer's own. Kinds without things of their own are the customer's as a whole."""
    bank, customer = context.bank, who.customer_id
    if customer is None:
        return True
    if kind == "customer":
        return resource_id == customer
    if kind in ("account", "loan"):
        balances = await bank.accounts.of_customer(who.tenant_id, customer)
        return any(item.account.account_id == resource_id for item in balances)
    if kind == "card":
        cards = await bank.customers.cards(who.tenant_id, customer)
        return any(resource_id in (card.card_id, card.last_digits) for card in cards)
    return True


def _access_result(action: str, reason: str, reasons: list[str], asked: tuple[str, str, str]) -> AccessResult:
    resource_id, kind, wanted = asked
    return AccessResult(
        action=action,
        allowed=action == "allow",
        reason=reason,
        reasons=reasons,
        resource_id=resource_id,
        resource_type=kind,
        action_requested=wanted,
        message=f"{wanted} on {kind} {resource_id}: {action}. {_SENTENCES.get(reason, '')}".strip(),
    )
