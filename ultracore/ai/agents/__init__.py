"""Which agent answers, and the turn that it runs."""

from ultracore.ai.agents.follow_ups import follow_ups
from ultracore.ai.agents.prompt import RULES, system_prompt
from ultracore.ai.agents.receptionist import Receptionist, RoutedMessage, Unclear, chosen
from ultracore.ai.agents.runner import ToolPort, TurnProgress, TurnRequest, TurnRunner, close_segment

__all__ = [
    "RULES",
    "Receptionist",
    "RoutedMessage",
    "ToolPort",
    "TurnProgress",
    "TurnRequest",
    "TurnRunner",
    "Unclear",
    "chosen",
    "close_segment",
    "follow_ups",
    "system_prompt",
]
