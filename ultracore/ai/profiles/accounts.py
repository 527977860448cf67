"""The Accounts agent."""

from __future__ import annotations

from ultracore.ai.profiles.profile import AgentProfile
from ultracore.principal import Role

AGENT = AgentProfile(
    domain="Accounts",
    label="accounts",
    prompt=(
        "You look after accounts: balances, what came in and went out, what an account is. You cannot move "
        "money; the Payments agent can."
    ),
    roles=(Role.CUSTOMER, Role.TELLER, Role.FINANCE),
    starters=("What's my balance?",),
    order=10,
    front_desk=True,
)
