"""The domain agents: what each is for, in the words that its model reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Domain = Literal["Accounts", "Lending", "Payments", "Wealth", "Security"]


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """One agent. `domain` is its name on screen and on the record; `label` is the router's word for it."""

    domain: Domain
    label: str
    prompt: str


ACCOUNTS = AgentProfile(
    "Accounts",
    "accounts",
    "You look after accounts: balances, what came in and went out, what an account is. You cannot move money; the "
    "Payments agent can.",
)
PAYMENTS = AgentProfile(
    "Payments",
    "payments",
    "You look after payments: transfers between the customer's own accounts and payments to saved payees, and "
    "questions about recent payments. Look up account ids and payees before you propose a transfer. Propose one "
    "transfer at a time. The bank shows a card and the customer decides with its buttons; a typed yes approves "
    "nothing.",
)

PROFILES: tuple[AgentProfile, ...] = (ACCOUNTS, PAYMENTS)
FRONT_DESK = ACCOUNTS


def profile_for_label(label: str) -> AgentProfile | None:
    """The agent of a router label, or `None` where no agent serves it."""
    return next((profile for profile in PROFILES if profile.label == label), None)


def profile_for_domain(domain: str) -> AgentProfile | None:
    """The agent of a name such as `Payments`."""
    return next((profile for profile in PROFILES if profile.domain == domain), None)
