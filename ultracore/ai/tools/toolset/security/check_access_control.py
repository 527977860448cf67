"""May this login do that? It answers and grants nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypedDict

from pydantic import Field

from ultracore.ai.tools.arguments import TenantId, UserId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.security.texts import Short
from ultracore.banking.access import AdaptiveDecision
from ultracore.errors import ToolRefused
from ultracore.principal import Principal, Role

ResourceId = Annotated[str, Short, Field(description="The id of what is to be used, such as acc_1.")]

ResourceType = Annotated[
    str, Short, Field(description="account, customer, card, transaction, loan, portfolio or report.")
]

ActionRequested = Annotated[
    str, Short, Field(description="What is to be done: read, transfer, freeze, a tool's name.")
]


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


def _access_summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"], (("Why",), *((item,) for item in result["reasons"])))


@tool(
    tool_class=ToolClass.READ,
    agents=("Security",),
    roles=(Role.CUSTOMER, Role.SECURITY),
    title="Checked who may do this",
    working="Checking who may do this…",
    summary=_access_summary,
    order=8,
)
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
    # The policy first: whether a thing exists is told only to a person who may ask for it.
    if policy.allowed and not await _is_theirs(context, who, kind, resource_id):
        reason = "resource.not_found"
    if reason != "access.allowed":
        return _access_result("deny", reason, [_SENTENCES.get(reason, reason)], (resource_id, kind, wanted))
    # Somebody else's login does not act over this connection, which would look strange for them.
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
        # Read for a question only: without a login session it has no authority.
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
