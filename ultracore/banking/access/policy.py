"""The policy: which role may use which tool, about whom, up to what amount.

It is made of what tools and agents declare themselves (`Grants`), and of `policy.toml` with its scopes, limits and
exceptions.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from ultracore.banking.access.second_factor import FactorPolicy
from ultracore.banking.money import Money
from ultracore.banking.values import AccessDecision
from ultracore.errors import OperatorError, UltracoreError
from ultracore.principal import Principal, Role

DEFAULT_POLICY: Final = Path(__file__).parents[1] / "policy.toml"

Scope = Literal["own", "named", "tenant"]
RecordView = Literal["staff", "auditor"]
_RECORD_VIEWS: Final[Mapping[str, RecordView]] = {"staff": "staff", "auditor": "auditor"}
_WANTED: Final = {"required": True, "optional": False}
_SCOPES: Final[Mapping[str, Scope]] = {"own": "own", "named": "named", "tenant": "tenant"}


_KEYS: Final = frozenset({"scope", "record", "add_tools", "withhold_tools", "add_agents", "withhold_agents"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Which roles have which tool and which agent by default, agents in the order in which people see them.

    `about_nobody` are tools that need no customer and that every role with an agent has. Without any grants no
    role may use anything.
    """

    tools: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    agents: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    about_nobody: frozenset[str] = frozenset()
    step_up: frozenset[str] = frozenset()
    """Tools whose effect wants a second proof of who asks."""


@dataclass(frozen=True, slots=True)
class RolePolicy:
    """The rights of one role, and the agents that it may talk to. `record`: how it sees others' conversations."""

    scope: Scope
    agents: tuple[str, ...]
    tools: frozenset[str]
    record: RecordView | None = None

    def rights(self) -> Mapping[str, object]:
        """The same as JSON, in an order of its own."""
        return {
            "scope": self.scope,
            "agents": sorted(self.agents),
            "tools": sorted(self.tools),
            "record": self.record,
        }


def _refused(reason: str) -> AccessDecision:
    return AccessDecision(allowed=False, reason=reason)


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """`required`: staff look at a customer under an open case only. `ticket_required`: a case has a number."""

    required: bool = False
    ticket_required: bool = False

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> CasePolicy:
        """Read the table `cases` of a policy file. Raises `ValueError` and `KeyError`."""
        if unknown := set(table) - {"cases", "ticket"}:
            raise ValueError(f"cases has what it cannot have: {sorted(unknown)}")
        return cls(_WANTED[table.get("cases", "optional")], _WANTED[table.get("ticket", "optional")])


class AccessService:
    """Decides from the policy alone: the same question has the same answer while `policy_version` is the same."""

    def __init__(
        self,
        roles: Mapping[Role, RolePolicy],
        about_nobody: frozenset[str],
        limits: Mapping[str, str],
        second_factor: FactorPolicy,
        step_up: frozenset[str] = frozenset(),
        cases: CasePolicy | None = None,
    ) -> None:
        self._roles = roles
        self._about_nobody = about_nobody
        self._limits = limits
        self.second_factor = second_factor
        self._step_up = step_up
        self.cases = cases or CasePolicy()
        self.policy_version = _version(roles, about_nobody, limits, second_factor, self.cases)

    @property
    def roles(self) -> Mapping[Role, RolePolicy]:
        """What each role of the policy may."""
        return self._roles

    @property
    def about_nobody(self) -> frozenset[str]:
        """The tools that are about no customer and steer the conversation itself."""
        return self._about_nobody

    @property
    def limits(self) -> Mapping[str, str]:
        """The limits by name, as amounts."""
        return self._limits

    @classmethod
    def load(
        cls, path: Path = DEFAULT_POLICY, grants: Grants | None = None, *, step_up: bool | None = None
    ) -> AccessService:
        """Read a policy file over what is granted; `step_up` goes before what the file says of it.

        Raises `OperatorError` naming the file and what is wrong with it.
        """
        granted = grants or Grants()
        try:
            policy = tomllib.loads(path.read_bytes().decode("utf-8"))
            roles = {
                Role(name): _role_policy(Role(name), table, granted) for name, table in policy["roles"].items()
            }
            limits = {str(name): str(Money.parse(value)) for name, value in policy["limits"].items()}
            second_factor = FactorPolicy.read(policy.get("second_factor", {}), step_up=step_up)
            cases = CasePolicy.read(policy.get("staff", {}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UltracoreError) as error:
            raise OperatorError(
                f"The policy file {path} cannot be used ({type(error).__name__}: {error}); please correct it.",
                code="policy.invalid",
            ) from error
        return cls(roles, granted.about_nobody, limits, second_factor, granted.step_up, cases)

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

        `tenant_id` is what the call named, None if it named none. Reasons: `access.allowed`,
        `access.other_tenant`, `access.tool_not_allowed`, `access.customer_required`, `access.other_customer`,
        `access.no_customer`, `access.limit_exceeded`. Whether a named customer exists in the tenant is found by
        the services, which know the principal's tenant only.
        """
        # First of all: what the call named is the model's word, and must not even reach the rules about roles.
        if tenant_id not in (None, principal.tenant_id):
            return _refused("access.other_tenant")
        if not (usable := self.may_use(principal, tool)).allowed:
            return usable
        if tool in self._about_nobody:
            return usable
        if amount is not None and (limit := self._limit(principal, amount.currency)) < amount:
            return AccessDecision(allowed=False, reason="access.limit_exceeded", limit=limit)
        granted = [policy for policy in self._policies(principal) if tool in policy.tools]
        reasons = [_scope_reason(policy.scope, principal, customer_id) for policy in granted]
        # Roles add up: one that allows is enough, although another role of the person does not.
        reason = "access.allowed" if "access.allowed" in reasons else reasons[0]
        return AccessDecision(allowed=reason == "access.allowed", reason=reason)

    def wants_proof(self, principal: Principal, tool: str, *, amount: Money | None = None) -> bool:
        """True if this person's effect waits for a code of their second factor: for what the tool is, or because
        it pays more to somebody else than their role may without one.
        """
        if not self.second_factor.step_up:
            return False
        return tool in self._step_up or self.second_factor.is_above(principal.roles, amount)

    def may_use(self, principal: Principal, tool: str) -> AccessDecision:
        """May this person use this tool at all? `access.allowed` or `access.tool_not_allowed`."""
        allowed = tool in self.tools_of(principal)
        return AccessDecision(allowed=allowed, reason="access.allowed" if allowed else "access.tool_not_allowed")

    def tools_of(self, principal: Principal) -> frozenset[str]:
        """The tools that the principal's roles may use at all."""
        return frozenset[str]().union(*(policy.tools for policy in self._policies(principal)))

    def agents_of(self, principal: Principal) -> tuple[str, ...]:
        """The agents that the principal's roles may talk to, in the order in which people see them."""
        names = (agent for policy in self._policies(principal) for agent in policy.agents)
        # Each once and in order: a person with two roles must not see an agent twice.
        return tuple(dict.fromkeys(names))

    def is_about_a_customer(self, principal: Principal, tool: str) -> bool:
        """True if this person's use of this tool is about a customer, and not about the bank."""
        granted = (policy for policy in self._policies(principal) if tool in policy.tools)
        return tool not in self._about_nobody and any(policy.scope != "tenant" for policy in granted)

    def names_customers(self, principal: Principal) -> bool:
        """True for staff who work for customers that they name."""
        return any(policy.scope == "named" for policy in self._policies(principal))

    def record_view(self, principal: Principal) -> RecordView | None:
        """How this person may see their tenant's conversations, by their fullest role; None for not at all."""
        views = {policy.record for policy in self._policies(principal)}
        return next((view for view in ("auditor", "staff") if view in views), None)

    def _policies(self, principal: Principal) -> list[RolePolicy]:
        return [self._roles[role] for role in Role if role in principal.roles and role in self._roles]

    def _limit(self, principal: Principal, currency: str) -> Money:
        """The most that one transfer of this person may take; zero for roles without a limit of their own."""
        # Zero for a role without a limit: a forgotten line in the file must refuse and not allow.
        limits = [Money.parse(self._limits.get(f"{role}_transfer", "0"), currency) for role in principal.roles]
        return max(limits, default=Money.from_minor(0, currency))


def _scope_reason(scope: Scope, principal: Principal, customer_id: str | None) -> str:
    if scope == "tenant":
        return "access.allowed" if customer_id is None else "access.no_customer"
    if scope == "named":
        return "access.allowed" if customer_id is not None else "access.customer_required"
    if principal.customer_id is None:
        return "access.customer_required"
    return "access.allowed" if customer_id in (None, principal.customer_id) else "access.other_customer"


def _role_policy(role: Role, table: Mapping[str, Any], granted: Grants) -> RolePolicy:
    # A misspelt key would otherwise withhold nothing, in silence.
    if unknown := set(table) - _KEYS:
        raise ValueError(f"{role} has what no role has: {sorted(unknown)}")
    agents = _with_exceptions(granted.agents, role, table, "agents")
    tools = _with_exceptions(granted.tools, role, table, "tools", granted.about_nobody)
    record = _RECORD_VIEWS[table["record"]] if "record" in table else None
    return RolePolicy(
        _SCOPES[table["scope"]],
        tuple(agent for agent in granted.agents if agent in agents),
        # Without an agent to talk to there is no conversation that such a tool could steer.
        frozenset(tools if agents else tools - granted.about_nobody),
        record,
    )


def _with_exceptions(
    granted: Mapping[str, frozenset[Role]],
    role: Role,
    table: Mapping[str, Any],
    what: str,
    for_everybody: Iterable[str] = (),
) -> set[str]:
    """The role's tools or agents, by default and by exception. An exception for an unknown name is a mistake."""
    added, withheld = (_names(table.get(f"{verb}_{what}", []), what) for verb in ("add", "withhold"))
    if unknown := {*added, *withheld} - {*granted, *for_everybody}:
        raise ValueError(f"{role} has exceptions for {what} that do not exist: {sorted(unknown)}")
    own = {name for name, roles in granted.items() if role in roles}
    return (own | {*for_everybody, *added}) - {*withheld}


def _names(listed: Any, what: str) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError(f"{what} must be a list of names")
    return listed


def _version(
    roles: Mapping[Role, RolePolicy],
    about_nobody: frozenset[str],
    limits: Mapping[str, str],
    second_factor: FactorPolicy,
    cases: CasePolicy,
) -> str:
    """A digest of the rights themselves: one more role for a tool is another policy, a comment is not."""
    rights = {
        "roles": {role.value: policy.rights() for role, policy in roles.items()},
        "about_nobody": sorted(about_nobody),
        "limits": dict(limits),
        "second_factor": second_factor.rights(),
        "cases": {"required": cases.required, "ticket_required": cases.ticket_required},
    }
    # Sixteen digits tell versions apart; a proposal that was made under another one is void.
    return hashlib.sha256(json.dumps(rights, sort_keys=True).encode()).hexdigest()[:16]
