"""Who a program without a principal acts for: somebody who may read the demo tenant, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ultracore.ai.mcp.registry import ToolRegistry
from ultracore.principal import Principal, Role

DEMO_TENANT: Final = "tenant_1"


async def demo_reader(registry: ToolRegistry, arguments: Mapping[str, Any]) -> Principal:
    """A reader of the demo tenant, as the customer whom the arguments name by customer or account id.

    Where they name nobody of that tenant the reader is nobody's customer, so that the registry refuses.
    """
    customer_id = arguments.get("customer_id")
    account_id = arguments.get("account_id")
    if customer_id is None and isinstance(account_id, str):
        customer_id = await registry.bank.accounts.holder(DEMO_TENANT, account_id)
    return Principal(
        tenant_id=DEMO_TENANT,
        user_id="demo_reader",
        login_id="",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=customer_id if isinstance(customer_id, str) else None,
    )
