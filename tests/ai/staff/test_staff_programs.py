"""Programs that run tools for staff, or for nobody: the program says whom it is about, never an argument."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ai.staff.test_staff import staff
from ultracore.audit import AuditEventType, EventFilter
from ultracore.container import Core
from ultracore.principal import Role
from ultracore.published.executor import MCPToolExecutor

ACCESSED = EventFilter(types=frozenset({AuditEventType.DATA_ACCESSED}))


async def test_a_program_reads_for_staff_about_the_customer_it_was_built_for(opened: Core) -> None:
    teller = MCPToolExecutor(principal=staff(Role.TELLER), customer_id="cust_1", backend=opened)
    assert (await teller.execute_tool("get_account_balance", {"account_id": "acc_1"}))["balance"] == "2500.00"
    assert (await teller.execute_tool("get_customer_360", {"customer_id": "cust_2"}))[
        "code"
    ] == "customer.mismatch"
    (event,) = await opened.store.select(ACCESSED)
    assert (event.user_id, event.resource_type, event.resource_id) == ("teller1", "customer", "cust_1")
    assert (event.action, event.compliance_tags) == ("get_account_balance", ["privacy"])


async def test_an_argument_names_no_customer_for_staff(opened: Core) -> None:
    teller = MCPToolExecutor(principal=staff(Role.TELLER), backend=opened)
    assert (await teller.execute_tool("get_customer_360", {"customer_id": "cust_1"}))["code"] == "customer.missing"
    assert await opened.store.select(ACCESSED) == []


@pytest.mark.parametrize(
    ("tool", "arguments", "key"),
    [
        ("get_trial_balance", {"tenant_id": "tenant_1"}, "total_debits"),
        (
            "detect_fraud",
            {"tenant_id": "tenant_1", "transaction_id": "t", "amount": 10, "user_id": "customer1"},
            "fraud_score",
        ),
        ("get_account_balance", {"tenant_id": "tenant_1", "account_id": "acc_1"}, "balance"),
    ],
)
async def test_a_program_without_a_principal_reads_the_demo_tenant(
    opened: Core, tool: str, arguments: dict[str, Any], key: str
) -> None:
    executor = MCPToolExecutor(backend=opened)
    assert key in await executor.execute_tool(tool, arguments)
    assert "error" in await executor.execute_tool(tool, {**arguments, "tenant_id": "tenant_2"})


@pytest.mark.parametrize("user", ["customer9", "teller1", "nobody", 7])
async def test_a_login_of_nobody_in_the_demo_tenant_is_refused(opened: Core, user: object) -> None:
    executor = MCPToolExecutor(backend=opened)
    answer = await executor.execute_tool("detect_fraud", {"transaction_id": "t", "amount": 10, "user_id": user})
    assert answer["code"] == "customer.missing"
