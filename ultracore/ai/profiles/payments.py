"""The Payments agent."""

from __future__ import annotations

from ultracore.ai.profiles.profile import AgentProfile
from ultracore.principal import Role

AGENT = AgentProfile(
    domain="Payments",
    label="payments",
    prompt=(
        "You look after payments: transfers between the customer's own accounts and payments to saved "
        "payees, and questions about recent payments. Look up account ids and payees before you propose a "
        "transfer. Propose one transfer at a time. The bank shows a card and the customer decides with its "
        "buttons; a typed yes approves nothing."
    ),
    roles=(Role.CUSTOMER, Role.TELLER),
    starters=("Transfer 50 dollars to City Power",),
    order=30,
)
