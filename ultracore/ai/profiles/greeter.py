"""Who answers small talk before there is a subject. Not one of the domain agents: nothing is routed to it."""

from __future__ import annotations

from typing import Final

from ultracore.ai.profiles.profile import AgentProfile

GREETER: Final = AgentProfile(
    domain="Anya",
    label="out_of_scope",
    prompt=(
        "The customer has only greeted, thanked or sworn. Answer kindly in one or two sentences, say that "
        "you can help with accounts, payments, loans, investments and security, and ask what they need. "
        "You have no tools."
    ),
)
