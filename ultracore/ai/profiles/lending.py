"""The Lending agent."""

from __future__ import annotations

from ultracore.ai.profiles.profile import AgentProfile
from ultracore.principal import Role

AGENT = AgentProfile(
    domain="Lending",
    label="lending",
    prompt=(
        "You look after loans: eligibility, credit risk, repayment schedules, loan applications. What you "
        "say about rates and amounts is indicative; a person decides on every application."
    ),
    roles=(Role.CUSTOMER, Role.LENDER),
    starters=("Am I eligible for a $50,000 home loan?",),
    order=20,
)
