"""Models, agents and the tools that they may ask for. The published names load what they need when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ultracore.ai.mcp import MCPToolExecutor, MCPTools
    from ultracore.ai.openai_client import AIClientFactory, OpenAIClient
    from ultracore.published.agents import (
        AnyaAccountsAgent,
        AnyaAgent,
        AnyaDomainAgent,
        AnyaLendingAgent,
        AnyaPaymentsAgent,
        AnyaSecurityAgent,
        AnyaWealthAgent,
    )

_HOMES = {
    "AIClientFactory": "ultracore.ai.openai_client",
    "OpenAIClient": "ultracore.ai.openai_client",
    "AnyaAgent": "ultracore.published.agents",
    "AnyaDomainAgent": "ultracore.published.agents",
    "AnyaAccountsAgent": "ultracore.published.agents",
    "AnyaLendingAgent": "ultracore.published.agents",
    "AnyaPaymentsAgent": "ultracore.published.agents",
    "AnyaSecurityAgent": "ultracore.published.agents",
    "AnyaWealthAgent": "ultracore.published.agents",
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
    """Load a published name: `import ultracore.ai.routing.service` must not pay for the SDK of a model."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
