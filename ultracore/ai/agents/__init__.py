"""The agents: their profiles, the turn that they run, and the published classes."""

from ultracore.ai.agents.profiles import (
    ACCOUNTS,
    FRONT_DESK,
    GREETER,
    LENDING,
    PAYMENTS,
    PROFILES,
    SECURITY,
    WEALTH,
    AgentProfile,
    profile_for_domain,
    profile_for_label,
)
from ultracore.ai.agents.prompt import system_prompt
from ultracore.ai.agents.receptionist import Receptionist, Routing, Unclear, chosen
from ultracore.ai.agents.runner import TurnProgress, TurnRequest, TurnRunner, close_segment

__all__ = [
    "ACCOUNTS",
    "FRONT_DESK",
    "GREETER",
    "LENDING",
    "PAYMENTS",
    "PROFILES",
    "SECURITY",
    "WEALTH",
    "AgentProfile",
    "Receptionist",
    "Routing",
    "TurnProgress",
    "TurnRequest",
    "TurnRunner",
    "Unclear",
    "chosen",
    "close_segment",
    "profile_for_domain",
    "profile_for_label",
    "system_prompt",
]
