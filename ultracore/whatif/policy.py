"""What another policy would have decided about recorded calls. It asks nothing but the policy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ultracore.ai.profiles import GREETER
from ultracore.ai.tools.toolset import hand_over
from ultracore.banking import Money
from ultracore.banking.access import AccessService
from ultracore.errors import UltracoreError
from ultracore.principal import Principal
from ultracore.whatif.values import Arguments

_MONEY_TOOL: Final = "execute_transaction"
AGENT: Final = "access.agent_not_allowed"
DECIDED_BY_POLICY: Final = frozenset({AGENT, "access.tool_not_allowed", "access.limit_exceeded"})
"""The reasons for which another policy alone can have another answer."""


@dataclass(frozen=True, slots=True)
class PolicyInPlace:
    """A policy in the place of the one that was in force. Balances, fraud and behaviour are not asked again."""

    access: AccessService
    who: Principal

    def objection_to_agent(self, agent: str) -> str | None:
        """The reason for which this person may not talk to the agent."""
        allowed = agent == GREETER.domain or agent in self.access.agents_of(self.who)
        return None if allowed else AGENT

    def objection(self, agent: str, tool: str, arguments: Arguments) -> str | None:
        """The reason for which the call is refused."""
        if tool != hand_over.name and (reason := self.objection_to_agent(agent)) is not None:
            return reason
        amount = _amount(arguments) if tool == _MONEY_TOOL else None
        found = self.access.check(self.who, tool, customer_id=self.who.customer_id, amount=amount)
        return None if found.allowed else found.reason


def _amount(arguments: Arguments) -> Money | None:
    """The amount of a payment without its fee, which the ledger would have added."""
    value = None if isinstance(arguments, str) else arguments.get("amount")
    if not isinstance(value, str | int | Decimal):
        return None
    try:
        return Money.parse(value)
    except UltracoreError:
        # What is no amount was refused for that, whatever the policy says.
        return None
