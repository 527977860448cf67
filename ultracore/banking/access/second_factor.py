"""What the policy says of second factors: which roles must have one, and whether a step-up is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ultracore.banking.money import Money
from ultracore.principal import Role

_KEYS: Final = frozenset({"required", "step_up", "above"})
_SWITCH: Final = {"on": True, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPolicy:
    """`required`: roles that sign in with a second factor or not at all. `step_up`: a code is asked before effects
    that want a second proof. `above`: by role, the most that a payment takes without one, as text.
    """

    required: frozenset[Role] = frozenset()
    # A policy that forgets to say so asks for more, not for less.
    step_up: bool = True
    above: Mapping[Role, str] = field(default_factory=dict)

    @classmethod
    def read(cls, table: Mapping[str, Any], *, step_up: bool | None = None) -> FactorPolicy:
        """Read the table `second_factor` of a policy file; `step_up` goes before what it says.

        Raises `ValueError` and `KeyError`.
        """
        if unknown := set(table) - _KEYS:
            raise ValueError(f"second_factor has what it cannot have: {sorted(unknown)}")
        return cls(
            required=frozenset(Role(name) for name in table.get("required", [])),
            step_up=_SWITCH[table.get("step_up", "on")] if step_up is None else step_up,
            above={Role(name): str(Money.parse(value)) for name, value in table.get("above", {}).items()},
        )

    def is_above(self, roles: frozenset[Role], amount: Money | None) -> bool:
        """True if a payment of this amount wants a code of somebody with these roles."""
        if amount is None:
            return False
        # Of two roles the smaller amount counts: one more role never takes a proof away.
        return any(Money.parse(self.above[role], amount.currency) < amount for role in roles & self.above.keys())

    def must_have(self, roles: frozenset[Role]) -> bool:
        """True if one of these roles signs in with a second factor only."""
        return bool(self.required & roles)

    def rights(self) -> Mapping[str, object]:
        """The same as JSON, in an order of its own."""
        above = {role.value: amount for role, amount in sorted(self.above.items())}
        return {"required": sorted(self.required), "step_up": self.step_up, "above": above}
