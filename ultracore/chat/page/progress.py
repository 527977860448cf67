"""The words that a page shows while a tool is at work."""

from __future__ import annotations

from ultracore.ai.tools.toolset import TOOLS

WORKING = "Working on it…"

_PHRASES = {tool.name: tool.working for tool in TOOLS}


def progress_of(tool: str) -> str:
    """The tool's own words; a tool that does not exist is at work all the same."""
    return _PHRASES.get(tool, WORKING)
