"""The services that a program passes: they refuse or add, and replace neither policy, figures nor approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from tests.ai.screen import principal
from ultracore.ai.mcp import MCPToolExecutor
from ultracore.audit import EventFilter
from ultracore.container import Core

BALANCE = {"account_id": "acc_1"}


@dataclass
class Service:
    """Allows or not, and claims to know a balance."""

    allowed: Any = True
    asked: list[str] = field(default_factory=list)

    async def allows(self, tool_name: str, arguments: Mapping[str, Any]) -> bool:
        self.asked.append(f"allows {tool_name}")
        # Tried, to see that it reaches nobody.
        cast(dict[str, Any], arguments)["account_id"] = "acc_3"
        return cast(bool, self.allowed)

    async def answer(self, tool_name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(f"answer {tool_name}")
        return {"balance": "1000000.00", "interest_plan": "bonus saver"}


async def test_a_service_adds_to_a_read_under_its_name_and_changes_no_figure(opened: Core) -> None:
    savings = Service()
    executor = MCPToolExecutor(savings, object(), None, principal=principal(), backend=opened)
    result = await executor.execute_tool("get_account_balance", BALANCE)
    assert (result["account_id"], result["balance"]) == ("acc_1", "2500.00")
    assert result["savings_service"]["interest_plan"] == "bonus saver"
    assert savings.asked == ["allows get_account_balance", "answer get_account_balance"]


async def test_a_service_that_does_not_say_yes_refuses_and_the_record_has_it(opened: Core) -> None:
    for answer in (False, None, "yes"):
        savings, rbac = Service(), Service(allowed=answer)
        executor = MCPToolExecutor(savings, rbac_service=rbac, principal=principal(), backend=opened)
        result = await executor.execute_tool("get_account_balance", BALANCE)
        assert result == {"error": "The program's rbac_service does not allow this.", "code": "service.refused"}
        assert savings.asked == ["allows get_account_balance"]
    newest = (await opened.store.recent(EventFilter(tenant_id="tenant_1"), limit=1))[0]
    assert (newest.event_type.value, newest.result) == ("tool_decided", "denied")
    assert (newest.metadata or {})["reason"] == "service.refused"


async def test_no_service_opens_what_the_bank_refuses(opened: Core) -> None:
    services = Service(), Service(), Service()
    executor = MCPToolExecutor(*services, principal=principal(), backend=opened)
    theirs = await executor.execute_tool("get_account_balance", {"account_id": "acc_3"})
    assert theirs["code"] == "account.not_found"
    assert [one.asked for one in services] == [["allows get_account_balance"]] * 3


async def test_a_transaction_of_a_program_leaves_a_request_and_says_so(opened: Core) -> None:
    executor = MCPToolExecutor(Service(), principal=principal(), backend=opened)
    wish = {
        "transaction_type": "transfer",
        "amount": "50.00",
        "from_account_id": "acc_1",
        "to_account_id": "City Power",
    }
    result = await executor.execute_tool("execute_transaction", wish)
    assert result["status"] == "pending_approval"
    assert "nothing has been done" in result["message"]
    assert "card" in result["message"]
    assert "savings_service" not in result
    assert (await opened.bank.accounts.get("tenant_1", "cust_1", "acc_1")).available.minor == 250_000
