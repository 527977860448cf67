"""The policy: which role may use which tool, about whom, up to what amount. Read from `policy.toml`."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ultracore.banking.interfaces import AccessDecision
from ultracore.banking.money import Money
from ultracore.errors import OperatorError, UltracoreError
from ultracore.principal import Principal, Role

DEFAULT_POLICY: Final = Path(__file__).with_name("policy.toml")

Scope = Literal["own", "named", "tenant"]
_SCOPES: Final[Mapping[str, Scope]] = {"own": "own", "named": "named", "tenant": "tenant"}


@dataclass(frozen=True, slots=True)
class RolePolicy:
    """What one role may do."""

    scope: Scope
    tools: frozenset[str]


def _refused(reason: str) -> AccessDecision:
    return AccessDecision(allowed=False, reason=reason)


class AccessService:
    """Decides from the policy alone: the same question has the same answer while `policy_version` is the same."""

    def __init__(self, roles: Mapping[Role, RolePolicy], limits: Mapping[str, str], policy_version: str) -> None:
        self._roles = roles
        self._limits = limits
        self.policy_version = policy_version

    @classmethod
    def load(cls, path: Path = DEFAULT_POLICY) -> AccessService:
        """Read a policy file. Raises `OperatorError` naming the file and what is wrong with it."""
        try:
            content = path.read_bytes()
            policy = tomllib.loads(content.decode("utf-8"))
            roles = {Role(name): _role_policy(table) for name, table in policy["roles"].items()}
            limits = {str(name): str(Money.parse(value)) for name, value in policy["limits"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UltracoreError) as error:
            raise OperatorError(
                f"The policy file {path} cannot be used ({type(error).__name__}: {error}); please correct it.",
                code="policy.invalid",
            ) from error
        return cls(roles, limits, hashlib.sha256(content).hexdigest()[:16])

    def check(
        self,
        principal: Principal,
        tool: str,
        *,
        customer_id: str | None = None,
        tenant_id: str | None = None,
        amount: Money | None = None,
    ) -> AccessDecision:
        """May this person call this tool about this customer? `customer_id` None: the tool is about none.

        `tenant_id` is what the call named, None where it named none. Reasons: `access.allowed`,
        `access.other_tenant`, `access.tool_not_allowed`, `access.customer_required`, `access.other_customer`,
        `access.no_customer`, `access.limit_exceeded`. Whether a named customer exists in the tenant is found by
        the services, which know the principal's tenant only.
        """
        if tenant_id not in (None, principal.tenant_id):
            return _refused("access.other_tenant")
        policies = [self._roles[role] for role in principal.roles if role in self._roles]
        granted = [policy for policy in policies if tool in policy.tools]
        if not granted:
            return _refused("access.tool_not_allowed")
        if self._exceeds(principal, amount):
            return _refused("access.limit_exceeded")
        reasons = [_scope_reason(policy.scope, principal, customer_id) for policy in granted]
        reason = "access.allowed" if "access.allowed" in reasons else reasons[0]
        return AccessDecision(allowed=reason == "access.allowed", reason=reason)

    def tools_of(self, principal: Principal) -> frozenset[str]:
        """The tools that the principal's roles may use at all."""
        return frozenset().union(*(self._roles[role].tools for role in principal.roles if role in self._roles))

    def _exceeds(self, principal: Principal, amount: Money | None) -> bool:
        if amount is None:
            return False
        limits = [self._limits.get(f"{role}_transfer") for role in principal.roles]
        return not any(limit is not None and amount <= Money.parse(limit, amount.currency) for limit in limits)


def _scope_reason(scope: Scope, principal: Principal, customer_id: str | None) -> str:
    if scope == "tenant":
        return "access.allowed" if customer_id is None else "access.no_customer"
    if scope == "named":
        return "access.allowed" if customer_id is not None else "access.customer_required"
    if principal.customer_id is None:
        return "access.customer_required"
    return "access.allowed" if customer_id in (None, principal.customer_id) else "access.other_customer"


def _role_policy(table: Mapping[str, Any]) -> RolePolicy:
    tools = table["tools"]
    if not isinstance(tools, list) or not all(isinstance(tool, str) for tool in tools):
        raise ValueError("tools must be a list of names")
    return RolePolicy(scope=_SCOPES[table["scope"]], tools=frozenset(tools))
