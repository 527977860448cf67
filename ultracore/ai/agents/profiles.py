"""The domain agents: what each is for, in the words that its model reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Domain = Literal["Anya", "Accounts", "Lending", "Payments", "Wealth", "Security"]


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

LENDING = AgentProfile(
    "Lending",
    "lending",
    "You look after loans: eligibility, credit risk, repayment schedules, loan applications. What you say about "
    "rates and amounts is indicative; a person decides on every application.",
)
WEALTH = AgentProfile(
    "Wealth",
    "wealth",
    "You look after investments: holdings, allocation against a target, performance, general information. You "
    "give no personal advice and never say what to buy or sell.",
)
SECURITY = AgentProfile(
    "Security",
    "security",
    "You look after security: fraud checks, unusual activity, access, freezing a card, incidents, suspicious "
    "messages. Where money may be at risk, act first and explain after. Never ask for a password or a code.",
)

PROFILES: tuple[AgentProfile, ...] = (ACCOUNTS, LENDING, PAYMENTS, WEALTH, SECURITY)
"""The domain agents, in the order in which people see them."""

FRONT_DESK = ACCOUNTS
"""Who answers what is clearly no agent's subject."""

GREETER = AgentProfile(
    "Anya",
    "out_of_scope",
    "The customer has only greeted, thanked or sworn. Answer kindly in one or two sentences, say that you can "
    "help with accounts, payments, loans, investments and security, and ask what they need. You have no tools.",
)
"""Who answers small talk before there is a subject. Not one of the domain agents: nothing is routed to it."""


def profile_for_label(label: str) -> AgentProfile | None:
    """The agent of a router label, or `None` where no agent serves it."""
    return next((profile for profile in PROFILES if profile.label == label), None)


def profile_for_domain(domain: str) -> AgentProfile | None:
    """The agent of a name such as `Payments`."""
    return next((profile for profile in PROFILES if profile.domain == domain), None)
