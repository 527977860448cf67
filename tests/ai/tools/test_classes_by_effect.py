"""A tool's class belongs to its effect: nothing that works without a button weakens what protects a customer."""

from __future__ import annotations

import pytest

from tests.ai.tools.test_role_matrix import TABLE
from tests.ai.tools.test_security_tools import run
from ultracore.ai.tools import Tool
from ultracore.ai.tools.toolset import TOOLS
from ultracore.container import Core

WITHOUT_A_BUTTON = [tool for tool in TOOLS if not tool.tool_class.needs_approval]


@pytest.mark.parametrize("tool", WITHOUT_A_BUTTON, ids=lambda tool: tool.name)
async def test_a_tool_without_a_button_weakens_no_protection(opened: Core, tool: Tool) -> None:
    await run(opened, "freeze_card")
    report = str((await run(opened, "report_incident", description="Somebody has my phone"))["reference"])
    given = dict(TABLE[tool.name].arguments)
    for one in tool.arguments.model_fields:
        for value in (report, "card_1", "active", "withdraw"):
            await run(opened, tool.name, **{**given, one: value})
    assert await opened.bank.security.incidents.is_open("tenant_1", "cust_1")
    assert [card.status for card in await opened.bank.customers.cards("tenant_1", "cust_1")] == ["frozen"]
