"""Whom a tool call is about, and what its arguments may name: decided from the principal, never from a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from ultracore.ai.tools.definition import Tool
from ultracore.banking import Bank
from ultracore.errors import ToolRefused
from ultracore.principal import Principal

NAME_FIRST = (
    "Name the customer first: ask the member of staff to type the customer's id, such as cust_1, or the exact "
    "full name. A customer that only you name does not count."
)


async def customer_of_call(bank: Bank, tool: Tool, principal: Principal, working_for: str | None) -> str | None:
    """The customer whom the call is about; None if it is about no customer.

    Raises `ToolRefused` for staff: `customer.missing` if they have named no customer yet, `customer.not_found` if
    it is not a customer of their tenant.
    """
    # For a customer nothing that is typed or called can change whom a call is about.
    if not principal.is_staff:
        return principal.customer_id
    if not bank.access.is_about_a_customer(principal, tool.name):
        return None
    if working_for is None:
        raise ToolRefused(NAME_FIRST, code="customer.missing")
    return (await bank.customers.get(principal.tenant_id, working_for)).customer_id


async def identity_of_call(
    bank: Bank, tool: Tool, values: Mapping[str, Any], principal: Principal, customer_id: str | None
) -> dict[str, Any]:
    """The facts for the parameters that take one.

    Raises `ToolRefused` for a value that differs: `tenant.mismatch`, `customer.mismatch`, `user.mismatch`.
    """
    own: dict[str, Any] = {}
    for name, marker in tool.identity.items():
        claimed = values.get(name)
        match marker.field:
            case "tenant_id":
                fact: str | None = principal.tenant_id
            case "customer_id":
                fact = customer_id
            case "user_id":
                fact = await _login(bank, principal, customer_id, claimed)
            case _:
                assert_never(marker.field)
        # Refused and not corrected in silence: the model believes that it acts for somebody else.
        if claimed is not None and claimed != fact:
            code = f"{marker.field.removesuffix('_id')}.mismatch"
            raise ToolRefused(f"{name} is not whom this conversation is about.", code=code)
        own[name] = fact
    return own


async def _login(bank: Bank, principal: Principal, customer_id: str | None, claimed: object) -> str:
    """A customer's own login; for staff one of those of the customer they work for, the first unless named."""
    if not principal.is_staff or customer_id is None:
        return principal.user_id
    logins = await bank.users.of_customer(principal.tenant_id, customer_id)
    if isinstance(claimed, str) and claimed in logins:
        return claimed
    if not logins:
        raise ToolRefused("This customer has no login.", code="user.missing")
    return logins[0]


async def check_resources(
    bank: Bank, tool: Tool, arguments: Mapping[str, Any], principal: Principal, customer_id: str | None
) -> None:
    """Raise `ToolRefused` unless all that the arguments name is this customer's, or open to this person."""
    for name, marker in tool.resources.items():
        value = arguments[name]
        if value is None:
            continue
        match marker.kind:
            case "account":
                # An account of somebody else is not found, exactly like one that does not exist.
                await bank.accounts.get(principal.tenant_id, customer_id or "", value)
            case "agent":
                require_agent(bank, principal, value)
            case _:
                assert_never(marker.kind)


def require_agent(bank: Bank, principal: Principal, agent: str) -> None:
    """Raise `ToolRefused` (`access.agent_not_allowed`) unless this person may talk to that agent."""
    allowed = bank.access.agents_of(principal)
    if agent not in allowed:
        desks = ", ".join(allowed) or "no agent"
        raise ToolRefused(f"This person's desk has {desks}.", code="access.agent_not_allowed")
