"""The published list of tools: what `MCPTools` gave since the first version, derived from the tools themselves."""

from __future__ import annotations

from typing import Any

from ultracore.ai.tools import Tool
from ultracore.ai.tools.toolset import PROGRAM_TOOLS


class MCPTools:
    """The definitions of all tools. A definition is `{name, description, parameters: JSON schema}`."""

    @staticmethod
    def get_tool_definitions() -> list[dict[str, Any]]:
        """All definitions, in a stable order. Each call gives a fresh copy."""
        return [_definition(tool) for tool in PROGRAM_TOOLS]

    @staticmethod
    def get_tool_by_name(name: str) -> dict[str, Any] | None:
        """One definition, or `None` if there is no such tool."""
        return next((_definition(tool) for tool in PROGRAM_TOOLS if tool.name == name), None)

    @staticmethod
    def get_tool_names() -> list[str]:
        """The names, in the order of the definitions."""
        return [tool.name for tool in PROGRAM_TOOLS]


def _definition(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters(identity_required=True),
    }
