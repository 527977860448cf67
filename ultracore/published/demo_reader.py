"""The principal of a program that brings none: it may read the demo tenant, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ultracore.ai.tools import ToolRegistry
from ultracore.principal import Principal, Role

DEMO_TENANT: Final = "tenant_1"
DEMO_CUSTOMER: Final = "cust_1"
_NAMES: Final = frozenset({"customer_id", "account_id", "user_id"})


@dataclass(frozen=True, slots=True)
class DemoReader:
    """A reader of the demo tenant, and the customer whom it works for if it reads as staff do."""

    principal: Principal
    working_for: str | None = None


async def demo_reader(
    registry: ToolRegistry, tool: str, arguments: Mapping[str, Any], demo_user: str | None = None
) -> DemoReader:
    """A reader who may use this tool, about the customer whom the arguments name by customer, account or login.

    If the arguments have none of these, it is the customer of the login `demo_user`; a name that is no login is
    taken for the demo's first customer. Otherwise the reader has no customer and the registry refuses.
    """
    about = await _customer_of(registry, arguments)
    if demo_user is not None and not _NAMES & arguments.keys():
        about = await _customer_of_user(registry, demo_user)
    # The published signature takes any user's id, and only the security role may ask about somebody else's.
    if "user_id" in arguments:
        return DemoReader(_reader(Role.SECURITY), about)
    as_customer = _reader(Role.CUSTOMER, about)
    if registry.bank.access.may_use(as_customer, tool).allowed:
        return DemoReader(as_customer)
    as_finance = _reader(Role.FINANCE)
    usable = registry.bank.access.may_use(as_finance, tool).allowed
    return DemoReader(as_finance if usable else as_customer)


async def _customer_of(registry: ToolRegistry, arguments: Mapping[str, Any]) -> str | None:
    customer_id, account_id, user_id = (arguments.get(name) for name in ("customer_id", "account_id", "user_id"))
    if customer_id is None and isinstance(account_id, str):
        customer_id = await registry.bank.accounts.holder(DEMO_TENANT, account_id)
    if customer_id is None and isinstance(user_id, str):
        user = await registry.bank.users.get(user_id)
        customer_id = user.customer_id if user is not None and user.tenant_id == DEMO_TENANT else None
    return customer_id if isinstance(customer_id, str) else None


def _reader(role: Role, customer_id: str | None = None) -> Principal:
    return Principal(
        tenant_id=DEMO_TENANT,
        user_id="demo_reader",
        # No login session: nothing that asks for one can be approved or pressed.
        login_id="",
        roles=frozenset({role}),
        customer_id=customer_id,
    )


async def _customer_of_user(registry: ToolRegistry, user_id: str) -> str | None:
    if await registry.bank.users.get(user_id) is None:
        return DEMO_CUSTOMER
    return await _customer_of(registry, {"user_id": user_id})
