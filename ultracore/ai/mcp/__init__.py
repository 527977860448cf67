"""The two published names for tools. They lie above the container and are loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ultracore.published.executor import MCPToolExecutor
    from ultracore.published.tools import MCPTools

_HOMES = {
    "MCPToolExecutor": "ultracore.published.executor",
    "MCPTools": "ultracore.published.tools",
}

__all__ = ["MCPToolExecutor", "MCPTools"]


def __getattr__(name: str) -> Any:
    """Load a published name with what it stands on."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
