"""Models, agents and the tools that they may ask for. The published names load what they need when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ultracore.ai.agents.anya_agent import (
        AnyaAccountsAgent,
        AnyaAgent,
        AnyaDomainAgent,
        AnyaLendingAgent,
        AnyaPaymentsAgent,
        AnyaSecurityAgent,
        AnyaWealthAgent,
    )
    from ultracore.ai.mcp import MCPToolExecutor, MCPTools
    from ultracore.ai.openai_client import AIClientFactory, OpenAIClient

_HOMES = {
    "AIClientFactory": "ultracore.ai.openai_client",
    "OpenAIClient": "ultracore.ai.openai_client",
    "AnyaAgent": "ultracore.ai.agents.anya_agent",
    "AnyaDomainAgent": "ultracore.ai.agents.anya_agent",
    "AnyaAccountsAgent": "ultracore.ai.agents.anya_agent",
    "AnyaLendingAgent": "ultracore.ai.agents.anya_agent",
    "AnyaPaymentsAgent": "ultracore.ai.agents.anya_agent",
    "AnyaSecurityAgent": "ultracore.ai.agents.anya_agent",
    "AnyaWealthAgent": "ultracore.ai.agents.anya_agent",
    "MCPToolExecutor": "ultracore.ai.mcp",
    "MCPTools": "ultracore.ai.mcp",
}

__all__ = [
    "AIClientFactory",
    "AnyaAccountsAgent",
    "AnyaAgent",
    "AnyaDomainAgent",
    "AnyaLendingAgent",
    "AnyaPaymentsAgent",
    "AnyaSecurityAgent",
    "AnyaWealthAgent",
    "MCPToolExecutor",
    "MCPTools",
    "OpenAIClient",
]


def __getattr__(name: str) -> Any:
    """Load a published name: `import ultracore.ai.router` must not pay for the SDK of a model."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
