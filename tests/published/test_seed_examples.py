"""The usage examples of the seed's "Real AI Interfaces", word for word: with a scripted server and offline.

Nobody is signed in in them, so they read the demo's tenant only: for the customer whom arguments name, or of the
login that they speak for.
"""

from __future__ import annotations

import ast
import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import replace
from inspect import CO_COROUTINE
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.ai import OpenAIClient
from ultracore.ai.mcp import MCPToolExecutor
from ultracore.audit import AuditEventType
from ultracore.container import Core
from ultracore.offline_model import wording
from ultracore.published.defaults import default_core
from ultracore.settings import Settings

CLIENT = """
from ultracore.ai import OpenAIClient
from ultracore.ai.mcp import MCPToolExecutor

client = OpenAIClient()
response = await client.chat_completion([
    {"role": "user", "content": "What's my account balance?"}
])
"""
EXECUTOR = """
from ultracore.ai.mcp import MCPToolExecutor

executor = MCPToolExecutor(
    savings_service=savings_service,
    security_service=security_service,
    rbac_service=rbac_service
)

result = await executor.execute_tool(
    "get_account_balance",
    {"tenant_id": "tenant_1", "account_id": "acc_123"}
)
"""
ANYA = """
from ultracore.ai import AnyaAgent

agent = AnyaAgent()

response = await agent.chat(
    user_id="user_123",
    message="What's my account balance?",
    tenant_id="tenant_1",
    use_tools=True
)

print(response["message"])
print(response["tool_calls"])
"""
LENDING = """
from ultracore.ai import AnyaLendingAgent

agent = AnyaLendingAgent()

response = await agent.chat(
    user_id="user_123",
    message="Am I eligible for a $50,000 home loan?",
    tenant_id="tenant_1"
)
"""


async def run(example: str, **given: Any) -> dict[str, Any]:
    """Execute an example as it is written; gives back its names."""
    code = compile(example, "an example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert code.co_flags & CO_COROUTINE
    names: dict[str, Any] = dict(given)
    await eval(code, names)  # noqa: S307 - the seed's own words, from this file
    await close_client(names)
    return names


async def close_client(names: dict[str, Any]) -> None:
    """The examples leave their client to the end of the program; here nothing may stay open."""
    client = names.get("client") or getattr(names.get("agent"), "_client", None)
    if isinstance(client, OpenAIClient):
        async with client:
            pass


@pytest.fixture
async def offline(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The environment of a program that has the demo world and no model; what it opened is closed after it."""
    monkeypatch.setenv("ULTRACORE_DATA_DIR", str(settings.data_path))
    yield
    core = await default_core()
    assert core.keeper is not None
    await core.keeper.aclose()


@pytest.fixture
def scripted(offline: None, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The same, with a model that follows a script."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", scripted_model.base_url)
    return scripted_model


async def test_client_example_with_a_server(scripted: ScriptedModel) -> None:
    scripted.expect(say("Which account do you mean?", usage=(9, 5)))
    response = (await run(CLIENT))["response"]
    assert response["content"] == "Which account do you mean?"
    assert response["usage"]["total_tokens"] == 14
    assert scripted.requests[0].messages == [{"role": "user", "content": "What's my account balance?"}]


async def test_client_example_offline(offline: None) -> None:
    response = (await run(CLIENT))["response"]
    assert wording.NO_TOOLS in response["content"]
    assert (response["role"], response["finish_reason"]) == ("assistant", "stop")


async def test_executor_example_refuses_an_account_that_is_not_there(offline: None) -> None:
    services = {name: object() for name in ("savings_service", "security_service", "rbac_service")}
    names = await run(EXECUTOR, **services)
    assert set(names["result"]) == {"error", "code"}
    there = await run(EXECUTOR.replace("acc_123", "acc_1"), **services)
    assert (there["result"]["account_id"], there["result"]["balance"]) == ("acc_1", "2500.00")
    assert {"available_balance", "currency", "status", "message"} <= set(there["result"])


async def test_anya_example_with_a_server(scripted: ScriptedModel, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = {"tenant_id": "tenant_1", "account_id": "acc_1"}
    scripted.expect(call("get_account_balance", arguments), say("You have AUD 2,500.00."))
    response = (await run(ANYA))["response"]
    assert response["message"] == "You have AUD 2,500.00."
    (made,) = response["tool_calls"]
    assert (made["tool"], made["arguments"]) == ("get_account_balance", arguments)
    assert made["result"]["balance"] == "2500.00"
    assert scripted.requests[1].tool_results == [made["result"]]
    assert capsys.readouterr().out.startswith("You have AUD 2,500.00.\n[{")


async def test_anya_example_offline_answers_for_the_first_customer_of_the_demo(offline: None) -> None:
    response = (await run(ANYA))["response"]
    assert [one["tool"] for one in response["tool_calls"]] == ["get_customer_360"]
    assert response["tool_calls"][0]["result"]["customer_id"] == "cust_1"
    assert "2,500.00" in response["message"]


async def test_a_login_of_the_demo_is_answered_for_its_own_customer(offline: None) -> None:
    response = (await run(ANYA.replace("user_123", "customer2")))["response"]
    assert response["tool_calls"][0]["result"]["customer_id"] == "cust_2"


async def test_another_tenants_customer_is_not_read(offline: None) -> None:
    response = (await run(ANYA.replace("user_123", "customer9").replace("tenant_1", "tenant_2")))["response"]
    assert "5,000.00" not in response["message"]


async def test_outside_the_demo_a_program_without_a_principal_reads_nothing(opened: Core) -> None:
    production = replace(opened, settings=opened.settings.model_copy(update={"env": "production"}))
    arguments = {"tenant_id": "tenant_1", "account_id": "acc_1"}
    answer = await MCPToolExecutor(backend=production).execute_tool("get_account_balance", arguments)
    assert answer["code"] == "principal.required"


async def test_lending_example_with_a_server(scripted: ScriptedModel) -> None:
    wish = {"customer_id": "cust_1", "loan_amount": "50000", "loan_purpose": "home"}
    scripted.expect(call("check_loan_eligibility", wish), say("The rules are met. It is indicative."))
    response = (await run(LENDING))["response"]
    (made,) = response["tool_calls"]
    assert {"eligible", "credit_score", "recommended_rate", "max_loan_amount", "term_months"} <= set(
        made["result"]
    )
    assert response["message"] == "The rules are met. It is indicative."
    assert "execute_transaction" not in scripted.requests[0].tool_names


async def test_lending_example_offline_asks_the_right_tool(offline: None) -> None:
    response = (await run(LENDING))["response"]
    (made,) = response["tool_calls"]
    assert made["tool"] == "check_loan_eligibility"
    assert made["arguments"] == {"loan_amount": "50000", "loan_purpose": "home"}
    assert response["message"]
    assert set(response) == {"message", "tool_calls", "usage", "timestamp"}


async def test_what_a_program_opened_stays_open_as_long_as_it_runs(offline: None) -> None:
    core = await default_core()
    gc.collect()
    await asyncio.sleep(0)
    event = await core.trail.log_event(AuditEventType.LOGIN, "tenant_1", "still there")
    assert event.event_id in [one.event_id for one in await core.trail.get_recent_events("tenant_1")]
