"""Tools that a model may ask for, and the registry that decides."""

from ultracore.ai.tools.arguments import Resource, read_arguments
from ultracore.ai.tools.calls import CallContext, ToolOutcome
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, Tool, ToolClass, tool
from ultracore.ai.tools.masked_calls import masked_call
from ultracore.ai.tools.proposing import Proposer, card_of
from ultracore.ai.tools.registry import ToolRegistry

__all__ = [
    "CallContext",
    "Proposer",
    "Resource",
    "Summary",
    "Tool",
    "ToolClass",
    "ToolContext",
    "ToolOutcome",
    "ToolRegistry",
    "card_of",
    "masked_call",
    "read_arguments",
    "tool",
]
