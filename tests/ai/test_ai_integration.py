"""The tests that the seed names under "AI Tests", over the real bank, record and registry.

The models are the scripted server over HTTP, or the offline model; nothing of ours is replaced.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.ai.screen import principal
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.ai import (
    AnyaAccountsAgent,
    AnyaAgent,
    AnyaLendingAgent,
    AnyaSecurityAgent,
    MCPToolExecutor,
    MCPTools,
    OpenAIClient,
)
from ultracore.container import Core
from ultracore.offline_model import OfflineTransport

TENANT = "tenant_1"
USER = "customer1"
PUBLISHED = (
    "get_customer_360",
    "check_loan_eligibility",
    "get_account_balance",
    "analyze_credit_risk",
    "get_trial_balance",
    "execute_transaction",
    "detect_fraud",
    "check_access_control",
)


@pytest.fixture
def executor(opened: Core) -> MCPToolExecutor:
    """Tools on the authority of `customer1`."""
    return MCPToolExecutor(principal=principal(), backend=opened)


@pytest.fixture
async def client(scripted_model: ScriptedModel) -> AsyncIterator[OpenAIClient]:
    """A client of the scripted server."""
    async with OpenAIClient("sk-test", base_url=scripted_model.base_url, max_retries=0) as built:
        yield built


@asynccontextmanager
async def offline_client() -> AsyncIterator[OpenAIClient]:
    """A client of the offline model."""
    async with OpenAIClient(transport=OfflineTransport(), max_retries=0) as built:
        yield built


# MCP tools


def test_get_tool_definitions() -> None:
    definitions = {one["name"]: one for one in MCPTools.get_tool_definitions()}
    assert set(PUBLISHED) <= set(definitions)
    for definition in definitions.values():
        assert set(definition) == {"name", "description", "parameters"}
        assert definition["parameters"]["type"] == "object"
        assert len(definition["description"]) > 40
    wish = definitions["check_loan_eligibility"]["parameters"]
    assert set(wish["required"]) == {"tenant_id", "customer_id", "loan_amount", "loan_purpose"}
    assert wish["properties"]["term_months"]["default"] == 60


def test_get_tool_by_name() -> None:
    found = MCPTools.get_tool_by_name("execute_transaction")
    assert found is not None
    assert set(found["parameters"]["required"]) == {"tenant_id", "transaction_type", "amount"}
    assert MCPTools.get_tool_by_name("no_such_tool") is None
    found["name"] = "changed"
    again = MCPTools.get_tool_by_name("execute_transaction")
    assert again is not None
    assert again["name"] == "execute_transaction"


def test_get_tool_names() -> None:
    names = MCPTools.get_tool_names()
    assert set(PUBLISHED) <= set(names)
    assert len(names) == len(set(names))
    assert names == [one["name"] for one in MCPTools.get_tool_definitions()]


async def test_get_customer_360(executor: MCPToolExecutor) -> None:
    result = await executor.execute_tool("get_customer_360", {"tenant_id": TENANT, "customer_id": "cust_1"})
    balances = {one["account_id"]: one["balance"] for one in result["accounts"]}
    assert balances == {"acc_1": "2500.00", "acc_2": "10000.00", "acc_4": "-12400.00", "acc_6": "412.35"}
    assert result["transactions"]
    assert result["risk_profile"]["kyc_status"] == "verified"
    other = await executor.execute_tool("get_customer_360", {"tenant_id": TENANT, "customer_id": "cust_2"})
    assert set(other) == {"error", "code"}


# MCP tool executor


async def test_check_loan_eligibility(executor: MCPToolExecutor) -> None:
    wish = {"tenant_id": TENANT, "customer_id": "cust_1", "loan_purpose": "car"}
    small = await executor.execute_tool("check_loan_eligibility", wish | {"loan_amount": 5000})
    large = await executor.execute_tool("check_loan_eligibility", wish | {"loan_amount": 140000})
    assert (small["eligible"], large["eligible"]) == (True, False)
    assert 300 <= small["credit_score"] <= 850
    assert float(small["recommended_rate"]) > 0
    assert float(large["max_loan_amount"]) < 140000
    assert (small["term_months"], large["term_months"]) == (60, 60)


async def test_get_account_balance(executor: MCPToolExecutor) -> None:
    result = await executor.execute_tool("get_account_balance", {"tenant_id": TENANT, "account_id": "acc_1"})
    assert (result["balance"], result["currency"], result["status"]) == ("2500.00", "AUD", "active")
    other = await executor.execute_tool("get_account_balance", {"tenant_id": TENANT, "account_id": "acc_3"})
    assert other["code"] == "account.not_found"


async def test_unknown_tool(executor: MCPToolExecutor) -> None:
    result = await executor.execute_tool("print_money", {"tenant_id": TENANT})
    assert result["code"] == "tool.unknown"
    assert result["error"]


# OpenAI client


async def test_chat_completion(client: OpenAIClient, scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("Hello.", usage=(7, 2)))
    result = await client.chat_completion([{"role": "user", "content": "Hi"}])
    assert result == {
        "content": "Hello.",
        "role": "assistant",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
    }


async def test_function_call(client: OpenAIClient, scripted_model: ScriptedModel) -> None:
    scripted_model.expect(call("get_account_balance", {"account_id": "acc_1"}))
    functions = [one for one in MCPTools.get_tool_definitions() if one["name"] == "get_account_balance"]
    result = await client.function_call("What's my balance?", functions)
    assert result["function_call"] == {"name": "get_account_balance", "arguments": {"account_id": "acc_1"}}
    assert scripted_model.requests[0].tool_names == ["get_account_balance"]


async def test_usage_stats(client: OpenAIClient, scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("one", usage=(100, 20)), say("two", usage=(50, 10)))
    for _ in range(2):
        await client.chat_completion([{"role": "user", "content": "Hi"}])
    stats = client.get_usage_stats()
    assert stats["total_requests"] == 2
    assert (stats["total_prompt_tokens"], stats["total_completion_tokens"]) == (150, 30)
    assert stats["total_tokens"] == 180
    assert stats["estimated_cost_usd"] > 0
    client.reset_stats()
    assert client.get_usage_stats()["total_tokens"] == 0


# Anya


async def test_chat_without_tools(
    client: OpenAIClient, scripted_model: ScriptedModel, executor: MCPToolExecutor
) -> None:
    scripted_model.expect(say("Hello, what can I do?"))
    agent = AnyaAgent(tool_executor=executor, client=client)
    response = await agent.chat(USER, "Hi", TENANT, use_tools=False)
    assert (response["message"], response["tool_calls"]) == ("Hello, what can I do?", [])
    assert scripted_model.requests[0].tool_names == []


async def test_chat_with_function_call(
    client: OpenAIClient, scripted_model: ScriptedModel, executor: MCPToolExecutor
) -> None:
    scripted_model.expect(call("get_account_balance", {"account_id": "acc_2"}), say("You have AUD 10,000.00."))
    agent = AnyaAgent(tool_executor=executor, client=client)
    response = await agent.chat(USER, "How much is in my savings?", TENANT)
    (made,) = response["tool_calls"]
    assert made["result"]["balance"] == "10000.00"
    assert scripted_model.requests[1].tool_results == [made["result"]]
    assert response["message"] == "You have AUD 10,000.00."


async def test_execute_task(
    client: OpenAIClient, scripted_model: ScriptedModel, executor: MCPToolExecutor
) -> None:
    scripted_model.expect(say("Done."))
    agent = AnyaAgent(tool_executor=executor, client=client)
    response = await agent.execute_task("Summarise", TENANT, context={"month": "October"})
    assert response["message"] == "Done."
    assert "October" in scripted_model.requests[0].messages[-1]["content"]
    assert agent.get_conversation_history(USER, TENANT) == []


async def test_a_card_number_in_two_messages_reaches_no_model(
    client: OpenAIClient, scripted_model: ScriptedModel, executor: MCPToolExecutor
) -> None:
    agent = AnyaAgent(tool_executor=executor, client=client)
    for text in ("my card is 4111 1111", "and 1111 1111"):
        scripted_model.expect(say("I need no card number."))
        await agent.chat(USER, text, TENANT, use_tools=False)
    said = [message["content"] for message in scripted_model.requests[-1].messages if message["role"] == "user"]
    assert said == ["my card is [beginning of a card number]", "and [card ending 1111]"]


async def test_conversation_history(
    client: OpenAIClient, scripted_model: ScriptedModel, executor: MCPToolExecutor
) -> None:
    agent = AnyaAgent(tool_executor=executor, client=client)
    for number in range(12):
        scripted_model.expect(say(f"answer {number}"))
        await agent.chat(USER, f"question {number}", TENANT, use_tools=False)
    history = agent.get_conversation_history(USER, TENANT)
    assert len(history) == 20
    assert history[-1] == {"role": "assistant", "content": "answer 11"}
    assert agent.get_conversation_history(USER, "tenant_2") == []
    said = [message["content"] for message in scripted_model.requests[-1].messages]
    assert "answer 10" in said
    agent.clear_conversation(USER, TENANT)
    assert agent.get_conversation_history(USER, TENANT) == []


# Domain agents, with the offline model


async def ask(agent: AnyaAgent, text: str) -> tuple[list[tuple[str, Any]], str]:
    """The tools with their arguments, and the answer."""
    response = await agent.chat(USER, text, TENANT)
    return [(one["tool"], one["arguments"]) for one in response["tool_calls"]], response["message"]


async def test_accounts_agent(executor: MCPToolExecutor) -> None:
    async with offline_client() as model:
        agent = AnyaAccountsAgent(tool_executor=executor, client=model)
        calls, answer = await ask(agent, "What's my account balance?")
    assert agent.domain == "Accounts"
    assert calls == [("get_customer_360", {"include_transactions": False})]
    assert "AUD 2,500.00" in answer


async def test_lending_agent(executor: MCPToolExecutor) -> None:
    async with offline_client() as model:
        agent = AnyaLendingAgent(tool_executor=executor, client=model)
        calls, answer = await ask(agent, "Am I eligible for a $50,000 home loan?")
    assert agent.domain == "Lending"
    assert calls == [("check_loan_eligibility", {"loan_amount": "50000", "loan_purpose": "home"})]
    assert "AUD 50,000.00" in answer
    assert "not an offer" in answer


async def test_security_agent(executor: MCPToolExecutor) -> None:
    async with offline_client() as model:
        agent = AnyaSecurityAgent(tool_executor=executor, client=model)
        frozen, told = await ask(agent, "freeze my card")
        again, still = await ask(agent, "block my card please")
    assert agent.domain == "Security"
    assert (frozen, again) == ([("freeze_card", {})], [("freeze_card", {})])
    assert "is frozen now" in told
    assert "was frozen already" in still
