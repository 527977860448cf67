"""What an agent's prompt and tools cost in every request, in tokens of o200k_base, and that they stay the same."""

from __future__ import annotations

import json
import warnings
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from ultracore.ai.agents import system_prompt
from ultracore.ai.profiles import PROFILES, AgentProfile
from ultracore.ai.tools import Tool
from ultracore.ai.tools.toolset import TOOLS
from ultracore.principal import Role

MOST = 1_900
MOST_OF_A_NEW_TOOL = 120
LATER = frozenset(
    "check_affordability compare_spending get_account_numbers get_borrowing_limit get_payment_status "
    "list_regular_payments offer_protection protect_customer summarise_income".split()
)
"""Tools that were added after the bound was set."""


@cache
def encoding() -> Any:
    # The package uses a function of the standard library that has been deprecated, which would be an error here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module("bpe_openai").get_encoding("o200k_base")


def tokens_of(text: str) -> int:
    return len(encoding().encode(text))


def tokens_of_tools(tools: list[Tool]) -> int:
    return tokens_of(json.dumps([tool.wire_schema() for tool in tools], ensure_ascii=False, separators=(",", ":")))


def prompt_of(profile: AgentProfile, about: str = "") -> str:
    return system_prompt(profile.domain, profile.prompt, "13 00 00 00", "every day 8 am to 8 pm", about)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.domain)
def test_prompt_and_tools_of_an_agent_cost_few_tokens(profile: AgentProfile) -> None:
    tools = [tool for tool in TOOLS if profile.domain in tool.agents and Role.CUSTOMER in tool.roles]
    first = [tool for tool in tools if tool.name not in LATER]
    assert tokens_of(prompt_of(profile)) + tokens_of_tools(first) <= MOST


@pytest.mark.parametrize("name", sorted(LATER))
def test_a_tool_that_was_added_later_costs_little(name: str) -> None:
    assert tokens_of_tools([tool for tool in TOOLS if tool.name == name]) <= MOST_OF_A_NEW_TOOL


def test_a_tool_is_described_once() -> None:
    for profile in PROFILES:
        assert not [tool.name for tool in TOOLS if tool.description in prompt_of(profile)]


def test_what_the_bank_fills_in_is_not_offered_to_a_model() -> None:
    for tool in TOOLS:
        offered = tool.wire_schema()["function"]["parameters"]
        assert not set(tool.identity) & set(offered["properties"])
        assert not set(tool.identity) & set(offered.get("required", ()))


def test_what_differs_from_turn_to_turn_comes_after_the_prefix() -> None:
    profile = PROFILES[0]
    assert prompt_of(profile, "You are working for cust_1.").startswith(prompt_of(profile))
