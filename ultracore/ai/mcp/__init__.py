"""Tools that a model may ask for, and the registry that decides."""

from ultracore.ai.mcp.executor import MCPToolExecutor
from ultracore.ai.mcp.tools import MCPTools

__all__ = ["MCPToolExecutor", "MCPTools"]
