"""The eight published tools: the parameters and result keys that programs hold on to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.ai.staff.test_staff import staff
from ultracore.ai.mcp import MCPToolExecutor, MCPTools
from ultracore.container import Core
from ultracore.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class Published:
    """A row of the published table: names in their order, defaults of those that have one, keys of the result."""

    required: str
    optional: Mapping[str, Any]
    keys: str


EIGHT: Final[Mapping[str, Published]] = {
    "get_customer_360": Published(
        "tenant_id customer_id",
        {"include_transactions": True, "transaction_days": 30},
        "customer_id tenant_id accounts transactions risk_profile message",
    ),
    "check_loan_eligibility": Published(
        "tenant_id customer_id loan_amount loan_purpose",
        {"term_months": 60},
        "eligible credit_score recommended_rate max_loan_amount term_months message",
    ),
    "get_account_balance": Published(
        "tenant_id account_id",
        {"include_pending": True},
        "account_id balance available_balance currency status message",
    ),
    "analyze_credit_risk": Published(
        "tenant_id customer_id",
        {"loan_amount": None, "include_factors": True},
        "customer_id risk_score risk_category factors message",
    ),
    "get_trial_balance": Published(
        "tenant_id",
        {"as_of_date": None, "include_zero_balances": False},
        "as_of_date total_debits total_credits balanced accounts message",
    ),
    "execute_transaction": Published(
        "tenant_id transaction_type amount",
        {"from_account_id": None, "to_account_id": None, "description": None, "requires_approval": False},
        "transaction_id status amount type message",
    ),
    "detect_fraud": Published(
        "tenant_id transaction_id amount user_id",
        {"device_info": None, "location_info": None},
        "fraud_score decision message",
    ),
    "check_access_control": Published(
        "tenant_id user_id resource_id resource_type action_requested", {}, "action message"
    ),
}

MINE: Final = {
    "customer1": {"customer_id": "cust_1", "account_id": "acc_1", "payee": "City Power"},
    "customer2": {"customer_id": "cust_2", "account_id": "acc_3", "payee": "Flatmate"},
}
OTHERS: Final = {"customer1": "customer2", "customer2": "customer1"}


def customer(user: str) -> Principal:
    """A signed-in customer of the demo."""
    return Principal(
        tenant_id="tenant_1",
        user_id=user,
        login_id=f"login_{user}",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=MINE[user]["customer_id"],
    )


def arguments(tool: str, user: str) -> dict[str, Any]:
    """A whole call of a tool about this user, each published parameter given but those that have a default."""
    mine = MINE[user]
    pay = {"from_account_id": mine["account_id"], "to_account_id": mine["payee"]}
    every: Mapping[str, dict[str, Any]] = {
        "get_customer_360": {"customer_id": mine["customer_id"]},
        "check_loan_eligibility": {
            "customer_id": mine["customer_id"],
            "loan_amount": 50_000,
            "loan_purpose": "home",
        },
        "get_account_balance": {"account_id": mine["account_id"]},
        "analyze_credit_risk": {"customer_id": mine["customer_id"], "loan_amount": 20_000.0},
        "get_trial_balance": {},
        "execute_transaction": {"transaction_type": "transfer", "amount": "5.00", "description": "May", **pay},
        "detect_fraud": {
            "transaction_id": "txn_1",
            "amount": 100.0,
            "user_id": user,
            "device_info": {"browser": "Firefox"},
            "location_info": {"country": "AU"},
        },
        "check_access_control": {
            "user_id": user,
            "resource_id": mine["account_id"],
            "resource_type": "account",
            "action_requested": "read",
        },
    }
    return {"tenant_id": "tenant_1", **every[tool]}


@pytest.mark.parametrize("tool", EIGHT)
def test_parameters_are_the_published_ones(tool: str) -> None:
    definition = MCPTools.get_tool_by_name(tool)
    assert definition is not None
    schema, published = definition["parameters"], EIGHT[tool]
    assert set(schema["properties"]) >= {*published.required.split(), *published.optional}
    assert set(schema["required"]) == set(published.required.split())
    given = {name: schema["properties"][name].get("default") for name in published.optional}
    assert given == dict(published.optional)


USE_IT = re.compile(r"\b[Uu]se it\b")
LIMIT = re.compile(r"\b(?:[Nn]ot|never|nothing|cannot|neither|only)\b|\b(?:use|execute)[ _]\w*_\w+")
"""What it is not for: in plain words, or by naming the tool that is."""


@pytest.mark.parametrize("tool", MCPTools.get_tool_names())
def test_a_description_says_when_to_use_a_tool_and_when_not(tool: str) -> None:
    definition = MCPTools.get_tool_by_name(tool)
    assert definition is not None
    assert USE_IT.search(definition["description"])
    assert LIMIT.search(definition["description"])


@pytest.mark.parametrize("user", MINE)
@pytest.mark.parametrize("tool", [name for name in EIGHT if name != "get_trial_balance"])
async def test_a_customers_call_has_the_published_keys(opened: Core, tool: str, user: str) -> None:
    executor = MCPToolExecutor(principal=customer(user), backend=opened)
    result = await executor.execute_tool(tool, arguments(tool, user))
    assert "error" not in result
    assert set(EIGHT[tool].keys.split()) <= set(result)
    theirs = await executor.execute_tool(tool, arguments(tool, OTHERS[user]))
    assert theirs["code"] in ("customer.mismatch", "account.not_found", "user.mismatch")


async def test_a_trial_balance_has_the_published_keys(opened: Core) -> None:
    executor = MCPToolExecutor(principal=staff(Role.FINANCE), backend=opened)
    result = await executor.execute_tool("get_trial_balance", arguments("get_trial_balance", "customer1"))
    assert set(EIGHT["get_trial_balance"].keys.split()) <= set(result)
    assert (result["balanced"], result["total_debits"]) == (True, result["total_credits"])


@pytest.mark.parametrize("tool", [name for name in EIGHT if name != "execute_transaction"])
async def test_a_program_that_nobody_is_signed_in_to_reads_the_demo_tenant(opened: Core, tool: str) -> None:
    executor = MCPToolExecutor(
        savings_service=object(), security_service=object(), rbac_service=object(), backend=opened
    )
    assert set(EIGHT[tool].keys.split()) <= set(await executor.execute_tool(tool, arguments(tool, "customer2")))


async def test_a_program_that_nobody_is_signed_in_to_moves_no_money(opened: Core) -> None:
    call = arguments("execute_transaction", "customer1")
    answer = await MCPToolExecutor(backend=opened).execute_tool("execute_transaction", call)
    assert answer["code"] == "principal.required"
    customer1 = MCPToolExecutor(principal=customer("customer1"), backend=opened)
    balance = await customer1.execute_tool("get_account_balance", {"account_id": "acc_1"})
    assert (balance["balance"], balance["available_balance"]) == ("2500.00", "2500.00")


async def test_asking_for_an_approval_never_waives_one(opened: Core) -> None:
    executor = MCPToolExecutor(principal=customer("customer1"), backend=opened)
    call = {**arguments("execute_transaction", "customer1"), "requires_approval": False}
    assert (await executor.execute_tool("execute_transaction", call))["status"] == "pending_approval"
    balance = await executor.execute_tool("get_account_balance", {"account_id": "acc_1"})
    assert balance["balance"] == "2500.00"
