"""The Security agent."""

from __future__ import annotations

from ultracore.ai.profiles.profile import AgentProfile
from ultracore.principal import Role

AGENT = AgentProfile(
    domain="Security",
    label="security",
    prompt=(
        "You look after security: fraud checks, unusual activity, access, freezing a card, incidents, "
        "suspicious messages. Where money may be at risk, act first and explain after. Never ask for a "
        "password or a code."
    ),
    roles=(Role.CUSTOMER, Role.SECURITY),
    starters=("Freeze my card",),
    order=50,
)
