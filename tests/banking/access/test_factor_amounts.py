"""Payments that want a code of the second factor because of their amount."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.banking.support import customer
from ultracore.banking import Money
from ultracore.banking.access import DEFAULT_POLICY, AccessService, statements
from ultracore.errors import OperatorError
from ultracore.principal import Principal, Role


def policy(
    folder: Path, above: str = 'customer = "500.00"\nteller = "20.00"', *, step_up: str = "on"
) -> AccessService:
    head, _, tail = DEFAULT_POLICY.read_text().partition("[second_factor.above]")
    rest = tail.partition("[roles.customer]")[2]
    path = folder / "policy.toml"
    path.write_text(
        head.replace('step_up = "off"', f'step_up = "{step_up}"')
        + f"[second_factor.above]\n{above}\n[roles.customer]{rest}"
    )
    return AccessService.load(path)


def person(*roles: Role) -> Principal:
    return Principal(tenant_id="tenant_1", user_id="one", login_id="login", roles=frozenset(roles))


@pytest.mark.parametrize(
    ("roles", "amount", "wanted"),
    [
        ({Role.CUSTOMER}, "500.00", False),
        ({Role.CUSTOMER}, "500.01", True),
        ({Role.TELLER}, "20.01", True),
        ({Role.SECURITY}, "20.01", False),
        ({Role.CUSTOMER, Role.TELLER}, "20.01", True),
        ({Role.CUSTOMER}, None, False),
    ],
)
def test_above_the_amount_of_a_role_a_code_is_wanted(
    tmp_path: Path, roles: set[Role], amount: str | None, wanted: bool
) -> None:
    asked = None if amount is None else Money.parse(amount)
    found = policy(tmp_path).wants_proof(person(*roles), "execute_transaction", amount=asked)
    assert found is wanted


def test_with_step_up_off_no_amount_wants_one(tmp_path: Path) -> None:
    off = policy(tmp_path, step_up="off")
    assert not off.wants_proof(customer(), "execute_transaction", amount=Money.parse("99999"))


def test_the_amounts_are_stated_and_part_of_the_policys_version(tmp_path: Path) -> None:
    found = policy(tmp_path)
    assert "second factor: customer gives a code for a payment above 500.00" in statements(found)
    assert found.policy_version != policy(tmp_path, 'customer = "600.00"').policy_version


@pytest.mark.parametrize("above", ['nobody = "1.00"', 'customer = "a lot"'])
def test_an_amount_that_is_none_is_refused(tmp_path: Path, above: str) -> None:
    with pytest.raises(OperatorError, match="policy"):
        policy(tmp_path, above)
