"""What the policy says of second factors: which roles must have one, and whether a step-up is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ultracore.principal import Role

_KEYS: Final = frozenset({"required", "step_up"})
_SWITCH: Final = {"on": True, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPolicy:
    """`required`: roles that sign in with a second factor or not at all. `step_up`: a code is asked before effects
    that want a second proof.
    """

    required: frozenset[Role] = frozenset()
    # A policy that forgets to say so asks for more, not for less.
    step_up: bool = True

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
        )

    def must_have(self, roles: frozenset[Role]) -> bool:
        """True if one of these roles signs in with a second factor only."""
        return bool(self.required & roles)

    def rights(self) -> Mapping[str, object]:
        """The same as JSON, in an order of its own."""
        return {"required": sorted(self.required), "step_up": self.step_up}
