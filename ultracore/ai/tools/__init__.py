"""Tools that a model may ask for, and the registry that decides."""

from ultracore.ai.tools.arguments import Resource
from ultracore.ai.tools.calls import CallContext, ToolOutcome
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Suggestion, Summary, Tool, ToolClass, tool
from ultracore.ai.tools.grants import grants_of
from ultracore.ai.tools.parsed_calls import CallReader, ParsedCall
from ultracore.ai.tools.proposing import Proposer, card_of
from ultracore.ai.tools.registry import ToolRegistry

__all__ = [
    "CallContext",
    "CallReader",
    "ParsedCall",
    "Proposer",
    "Resource",
    "Suggestion",
    "Summary",
    "Tool",
    "ToolClass",
    "ToolContext",
    "ToolOutcome",
    "ToolRegistry",
    "card_of",
    "grants_of",
    "tool",
]
