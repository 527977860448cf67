"""Who is acting. Made by us at sign-in, read again from Redis at every turn and every tool call."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """The roles of the bank's policy."""

    CUSTOMER = "customer"
    TELLER = "teller"
    LENDER = "lender"
    FINANCE = "finance"
    SECURITY = "security"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    VISITOR = "visitor"
    """Somebody on a host's page who is not signed in. It is given to nobody, and has no right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated person in one login session.

    `login_id` names the server-side login session; approvals are bound to it. `customer_id` is set for customers
    only. Nothing in a principal ever comes from a model or from a message of the browser. `epoch` is the user's at
    sign-in: when all sessions of a user are ended it moves on, and those from before count for nothing.
    """

    tenant_id: str
    user_id: str
    login_id: str
    roles: frozenset[Role]
    customer_id: str | None = None
    display_name: str = ""
    epoch: int = 0

    @property
    def is_staff(self) -> bool:
        """True for everybody who is not a customer."""
        # Without any role too: somebody unknown is treated as staff, who may do nothing without a role.
        return Role.CUSTOMER not in self.roles

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able form; `from_dict` gives an equal principal back."""
        return {**asdict(self), "roles": sorted(self.roles)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Principal:
        """Read what `to_dict` wrote. Raises `KeyError` or `ValueError` on anything else."""
        return cls(
            tenant_id=data["tenant_id"],
            user_id=data["user_id"],
            login_id=data["login_id"],
            roles=frozenset(Role(role) for role in data["roles"]),
            # No default for a field that is missing: a principal that cannot be read whole grants nothing.
            customer_id=data["customer_id"],
            display_name=data["display_name"],
            # A session from before there were epochs is of the first one.
            epoch=data.get("epoch", 0),
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """The origin of a request, as the gate saw it. It describes, it never authorises."""

    ip_address: str | None = None
    user_agent: str | None = None
