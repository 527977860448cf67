"""Model endpoints: what is asked, what comes back, deadlines, prices."""

from ultracore.ai.model.chunks import read_chunk, read_completion
from ultracore.ai.model.deadlines import DeadlineExceeded, Deadlines, GuardedTransport
from ultracore.ai.model.endpoint import Endpoint
from ultracore.ai.model.pricing import UsageMeter, total_stats
from ultracore.ai.model.published import (
    context_message,
    modern_messages,
    published_result,
    tool_choice_of,
    tools_of,
)
from ultracore.ai.model.streams import TurnAssembler, malformed
from ultracore.ai.model.timed import TimedModel
from ultracore.ai.model.values import ChatModel, Message, ModelToolCall, ModelTurn, TextDelta, ToolSchema, Usage

__all__ = [
    "ChatModel",
    "DeadlineExceeded",
    "Deadlines",
    "Endpoint",
    "GuardedTransport",
    "Message",
    "ModelToolCall",
    "ModelTurn",
    "TextDelta",
    "TimedModel",
    "ToolSchema",
    "TurnAssembler",
    "Usage",
    "UsageMeter",
    "context_message",
    "malformed",
    "modern_messages",
    "published_result",
    "read_chunk",
    "read_completion",
    "tool_choice_of",
    "tools_of",
    "total_stats",
]
