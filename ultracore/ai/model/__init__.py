"""Model endpoints: what is asked, what comes back, deadlines, prices."""

from ultracore.ai.model.budget import TOO_LARGE, BudgetedModel
from ultracore.ai.model.chunks import read_chunk, read_completion
from ultracore.ai.model.deadlines import DeadlineExceeded, Deadlines, GuardedTransport
from ultracore.ai.model.endpoint import OFFLINE_BASE_URL, OPENAI_BASE_URL, Endpoint
from ultracore.ai.model.fallback import FallbackModel
from ultracore.ai.model.pricing import PRICES, ModelPrice, UsageMeter, cost_of, total_stats
from ultracore.ai.model.published import (
    context_messages,
    modern_messages,
    published_result,
    tool_choice_of,
    tools_of,
)
from ultracore.ai.model.requests import Habits, OurBound, OurDefault, Refusal, Sampling
from ultracore.ai.model.streams import TurnAssembler, malformed
from ultracore.ai.model.timed import TimedModel
from ultracore.ai.model.tokens import estimated_usage
from ultracore.ai.model.values import ChatModel, Message, ModelToolCall, ModelTurn, TextDelta, ToolSchema, Usage

__all__ = [
    "OFFLINE_BASE_URL",
    "OPENAI_BASE_URL",
    "PRICES",
    "TOO_LARGE",
    "BudgetedModel",
    "ChatModel",
    "DeadlineExceeded",
    "Deadlines",
    "Endpoint",
    "FallbackModel",
    "GuardedTransport",
    "Habits",
    "Message",
    "ModelPrice",
    "ModelToolCall",
    "ModelTurn",
    "OurBound",
    "OurDefault",
    "Refusal",
    "Sampling",
    "TextDelta",
    "TimedModel",
    "ToolSchema",
    "TurnAssembler",
    "Usage",
    "UsageMeter",
    "context_messages",
    "cost_of",
    "estimated_usage",
    "malformed",
    "modern_messages",
    "published_result",
    "read_chunk",
    "read_completion",
    "tool_choice_of",
    "tools_of",
    "total_stats",
]
