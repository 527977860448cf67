"""A policy as an auditor reads it: one statement a line, and what makes it unsound."""

from __future__ import annotations

from collections.abc import Iterator

from ultracore.banking.access.policy import AccessService
from ultracore.banking.money import Money
from ultracore.principal import Role

_TRANSFER = "execute_transaction"
_OTHER_LIMITS = ("customer_day", "payee_day", "lender_alone")
_SCOPES = {
    "own": "for their own customer",
    "named": "for any customer of their tenant that they name",
    "tenant": "about no customer",
}


def statements(access: AccessService) -> list[str]:
    """What the policy says, a sentence each, in an order that stays."""
    said = [f"limit {name}: {amount}" for name, amount in sorted(access.limits.items())]
    said += [f"second factor: {role} must have one" for role in sorted(access.second_factor.required)]
    said += [
        f"second factor: {role} gives a code for a payment above {amount}"
        for role, amount in sorted(access.second_factor.above.items())
    ]
    said.append(f"second factor: step-up is {'asked for' if access.second_factor.step_up else 'off'}")
    said.append(f"cases: {'required' if access.cases.required else 'optional'} for staff to look at a customer")
    if access.cases.ticket_required:
        said.append("cases: a ticket number is required")
    for role in Role:
        said += _of_role(access, role)
    return said


def _of_role(access: AccessService, role: Role) -> Iterator[str]:
    policy = access.roles.get(role)
    if policy is None:
        yield f"{role}: nothing"
        return
    yield f"{role}: acts {_SCOPES[policy.scope]}"
    yield from (f"{role}: talks to {agent}" for agent in policy.agents)
    yield from (f"{role}: uses {tool}" for tool in sorted(policy.tools))
    if policy.record:
        yield f"{role}: reads the record as {policy.record}"


def step_up_warning(env: str, *, is_on: bool) -> str | None:
    """What the operator of a production policy without second proofs should know; None if it asks for them."""
    if env != "production" or is_on:
        return None
    return (
        "step-up is off in this policy: a new payee, a large payment and a login that behaves oddly wait for no "
        'code of a second factor (step_up = "on" in [second_factor] asks for it)'
    )


def faults(access: AccessService) -> list[str]:
    """Why the policy should not be used, a sentence each; empty if it is sound."""
    found: list[str] = []
    for role, policy in access.roles.items():
        tools = policy.tools - access.about_nobody
        about_customers = tools if policy.scope != "tenant" else frozenset[str]()
        if policy.record and about_customers:
            # Who judges conversations must not have had a part in them.
            found.append(f"{role} reads the record and acts for customers: {', '.join(sorted(about_customers))}.")
        if role is Role.ADMINISTRATOR and (policy.agents or tools or policy.record):
            # Who gives roles could otherwise give themselves everything.
            found.append(f"{role} manages users, so it may talk to no agent, use no tool and read no record.")
        if _TRANSFER in tools and Money.parse(access.limits.get(f"{role}_transfer", "0")).minor <= 0:
            found.append(f"{role} uses {_TRANSFER} without a limit {role}_transfer, so every transfer is refused.")
    known = {*_OTHER_LIMITS, *(f"{role}_transfer" for role in access.roles)}
    found += [
        f"The limit {name} is for no role of this policy, no day and no decision."
        for name in sorted(access.limits.keys() - known)
    ]
    return found
