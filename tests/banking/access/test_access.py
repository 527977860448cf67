from __future__ import annotations

from pathlib import Path

import pytest

from tests.banking.support import customer
from ultracore.ai.profiles import PROFILES
from ultracore.ai.tools import grants_of
from ultracore.ai.tools.toolset import TOOLS
from ultracore.banking import Money
from ultracore.banking.access import DEFAULT_POLICY, AccessService, Grants
from ultracore.errors import OperatorError
from ultracore.principal import Principal, Role

GRANTS = grants_of(TOOLS, PROFILES)
POLICY = AccessService.load(grants=GRANTS)

READS = {"get_account_balance", "get_customer_360"}
ALL_TOOLS = READS | {
    "check_loan_eligibility",
    "analyze_credit_risk",
    "get_trial_balance",
    "execute_transaction",
    "detect_fraud",
    "check_access_control",
}
EXPECTED = {
    Role.CUSTOMER: ALL_TOOLS - {"get_trial_balance"},
    Role.TELLER: READS | {"execute_transaction"},
    Role.LENDER: {"get_customer_360", "check_loan_eligibility", "analyze_credit_risk"},
    Role.FINANCE: {"get_trial_balance"},
    Role.SECURITY: {"detect_fraud", "check_access_control"},
    Role.SUPERVISOR: set(),
    Role.AUDITOR: set(),
    Role.ADMINISTRATOR: set(),
    Role.VISITOR: set(),
}


def staff(role: Role) -> Principal:
    return Principal(tenant_id="tenant_1", user_id="s", login_id="l", roles=frozenset({role}))


@pytest.mark.parametrize("tool", sorted(ALL_TOOLS))
@pytest.mark.parametrize("role", list(Role))
def test_role_and_tool_meet_as_the_contract_says(role: Role, tool: str) -> None:
    principal = customer() if role is Role.CUSTOMER else staff(role)
    about = None if role is Role.FINANCE else "cust_1"
    decision = POLICY.check(principal, tool, customer_id=about, tenant_id="tenant_1")
    allowed = tool in EXPECTED[role]
    assert decision.allowed is allowed
    assert decision.reason == ("access.allowed" if allowed else "access.tool_not_allowed")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("tool", sorted(ALL_TOOLS))
def test_nobody_reaches_into_another_tenant(role: Role, tool: str) -> None:
    principal = customer() if role is Role.CUSTOMER else staff(role)
    decision = POLICY.check(principal, tool, customer_id="cust_1", tenant_id="tenant_2")
    assert (decision.allowed, decision.reason) == (False, "access.other_tenant")


def test_a_customer_reaches_no_other_customer() -> None:
    decision = POLICY.check(customer(1), "get_customer_360", customer_id="cust_2")
    assert (decision.allowed, decision.reason) == (False, "access.other_customer")
    nobody = Principal(tenant_id="tenant_1", user_id="x", login_id="l", roles=frozenset({Role.CUSTOMER}))
    assert POLICY.check(nobody, "get_customer_360", customer_id="cust_1").reason == "access.customer_required"


def test_staff_name_the_customer_and_finance_names_none() -> None:
    assert POLICY.check(staff(Role.TELLER), "get_account_balance").reason == "access.customer_required"
    decision = POLICY.check(staff(Role.FINANCE), "get_trial_balance", customer_id="cust_1")
    assert (decision.allowed, decision.reason) == (False, "access.no_customer")


def test_unknown_tools_and_people_without_roles_get_nothing() -> None:
    assert POLICY.check(customer(), "drop_tables").reason == "access.tool_not_allowed"
    nobody = Principal(tenant_id="tenant_1", user_id="x", login_id="l", roles=frozenset())
    assert not POLICY.check(nobody, "get_account_balance", customer_id="cust_1").allowed


@pytest.mark.parametrize(("amount", "allowed"), [("50", True), ("250000", True), ("250000.01", False)])
def test_one_transfer_keeps_to_the_limit(amount: str, allowed: bool) -> None:
    decision = POLICY.check(customer(), "execute_transaction", customer_id="cust_1", amount=Money.parse(amount))
    assert decision.allowed is allowed
    assert allowed or decision.reason == "access.limit_exceeded"


DEFAULT = DEFAULT_POLICY.read_text()


def with_exception(tmp_path: Path, role: Role, line: str) -> AccessService:
    path = tmp_path / "policy.toml"
    path.write_text(DEFAULT.replace(f"[roles.{role.value}]", f"[roles.{role.value}]\n{line}"))
    return AccessService.load(path, GRANTS)


def test_an_exception_adds_a_tool_to_one_role(tmp_path: Path) -> None:
    policy = with_exception(tmp_path, Role.TELLER, 'add_tools = ["freeze_card"]')
    assert policy.tools_of(staff(Role.TELLER)) == POLICY.tools_of(staff(Role.TELLER)) | {"freeze_card"}
    assert policy.tools_of(staff(Role.LENDER)) == POLICY.tools_of(staff(Role.LENDER))


@pytest.mark.parametrize("tool", ["execute_transaction", "hand_over"])
def test_an_exception_withholds_a_tool_from_one_role(tmp_path: Path, tool: str) -> None:
    policy = with_exception(tmp_path, Role.TELLER, f'withhold_tools = ["{tool}"]')
    assert policy.tools_of(staff(Role.TELLER)) == POLICY.tools_of(staff(Role.TELLER)) - {tool}
    assert policy.check(staff(Role.TELLER), tool, customer_id="cust_1").reason == "access.tool_not_allowed"
    assert policy.may_use(customer(), tool).allowed


def test_an_exception_adds_and_withholds_agents(tmp_path: Path) -> None:
    more = with_exception(tmp_path, Role.TELLER, 'add_agents = ["Lending"]')
    assert more.agents_of(staff(Role.TELLER)) == ("Accounts", "Lending", "Payments")
    none = with_exception(tmp_path, Role.TELLER, 'withhold_agents = ["Accounts", "Payments"]')
    assert none.agents_of(staff(Role.TELLER)) == ()
    assert "hand_over" not in none.tools_of(staff(Role.TELLER))


def test_without_grants_nobody_may_use_anything() -> None:
    bare = AccessService.load()
    assert all(not bare.tools_of(staff(role)) and not bare.agents_of(staff(role)) for role in Role)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("250000.00", "100.00"),
        ('scope = "named"', 'scope = "tenant"'),
        ('record = "staff"', 'record = "auditor"'),
        ("[roles.customer]", '[roles.customer]\nwithhold_tools = ["freeze_card"]'),
        ("[roles.teller]", '[roles.teller]\nadd_agents = ["Wealth"]'),
    ],
)
def test_the_version_changes_with_the_rights(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(DEFAULT.replace(old, new, 1))
    assert AccessService.load(path, GRANTS).policy_version != POLICY.policy_version


def test_the_version_stays_while_the_rights_do(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f"# Reviewed.\n{DEFAULT}")
    assert AccessService.load(path, GRANTS).policy_version == POLICY.policy_version
    shuffled = Grants(
        tools=dict(reversed([*GRANTS.tools.items()])), agents=GRANTS.agents, about_nobody=GRANTS.about_nobody
    )
    assert AccessService.load(path, shuffled).policy_version == POLICY.policy_version


def test_a_tool_granted_to_one_role_more_is_another_version() -> None:
    wider = {**GRANTS.tools, "freeze_card": GRANTS.tools["freeze_card"] | {Role.TELLER}}
    grants = Grants(tools=wider, agents=GRANTS.agents, about_nobody=GRANTS.about_nobody)
    assert AccessService.load(grants=grants).policy_version != POLICY.policy_version


@pytest.mark.parametrize(
    "content",
    [
        "nonsense = ",
        "",
        '[limits]\n[roles.pirate]\nscope = "own"',
        '[limits]\n[roles.customer]\nscope = "everything"',
        '[limits]\n[roles.customer]\nscope = "own"\nadd_tools = "all"',
        '[limits]\n[roles.customer]\nscope = "own"\nadd_tools = ["drop_tables"]',
        '[limits]\n[roles.customer]\nscope = "own"\nwithhold_agents = ["Treasury"]',
        '[limits]\n[roles.customer]\nscope = "own"\ntools = ["freeze_card"]',
        '[limits]\ncustomer_transfer = "lots"\n[roles.customer]\nscope = "own"',
    ],
)
def test_a_policy_that_cannot_be_read_stops_the_start_and_names_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(content)
    with pytest.raises(OperatorError, match=r"policy\.toml"):
        AccessService.load(path, GRANTS)
