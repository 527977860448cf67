from __future__ import annotations

from pathlib import Path

import pytest

from tests.banking.support import customer
from ultracore.banking import Money
from ultracore.banking.access import AccessService
from ultracore.errors import OperatorError
from ultracore.principal import Principal, Role

POLICY = AccessService.load()

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


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    content = Path(AccessService.load.__globals__["DEFAULT_POLICY"]).read_text()
    same, other = tmp_path / "same.toml", tmp_path / "other.toml"
    same.write_text(content)
    other.write_text(content.replace("250000.00", "100.00"))
    assert AccessService.load(same).policy_version == POLICY.policy_version
    assert AccessService.load(other).policy_version != POLICY.policy_version


@pytest.mark.parametrize(
    "content",
    [
        "nonsense = ",
        "",
        '[limits]\n[roles.pirate]\nscope = "own"\ntools = []',
        '[limits]\n[roles.customer]\nscope = "everything"\ntools = []',
        '[limits]\n[roles.customer]\nscope = "own"\ntools = "all"',
        '[limits]\ncustomer_transfer = "lots"\n[roles.customer]\nscope = "own"\ntools = []',
    ],
)
def test_a_policy_that_cannot_be_read_stops_the_start_and_names_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(content)
    with pytest.raises(OperatorError, match=r"policy\.toml"):
        AccessService.load(path)
