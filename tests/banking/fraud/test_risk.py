from __future__ import annotations

from decimal import Decimal

import pytest

from tests.banking.ledgers import Ledger, raw, stored_time
from tests.banking.support import Desk, MovableClock, customer
from ultracore.banking import Bank, FraudDecision
from ultracore.banking.fraud.service import BLOCK_FROM, RULES
from ultracore.errors import ToolRefused
from ultracore.principal import Connection

HERE = Connection("203.0.113.7", "a browser")
SURROUNDINGS = {"new_device", "new_place"}


async def score(desk: Desk, amount: str, to: str = "City Power", source: str = "acc_1") -> FraudDecision:
    return await desk.bank.risk.score_transfer(await desk.terms(amount, to, source), customer(), HERE)


def names(decision: FraudDecision) -> set[str]:
    return {factor.name for factor in decision.factors}


@pytest.fixture
async def at_home(desk: Desk, clock: MovableClock) -> None:
    """The login has been used from this browser for more than a day."""
    await score(desk, "1")
    clock.advance(86_401)


async def pay(desk: Desk, number: int, amount: str = "5", to: str = "City Power") -> None:
    proposal = await desk.claim(await desk.open(amount, to, conversation=f"conv-{number}"))
    await desk.bank.proposals.settle(proposal.proposal_id, f"evt-{number}")


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("payee", ["City Power", "Northside Rentals", "Flatmate"])
async def test_an_ordinary_payment_to_a_known_payee_scores_nothing(desk: Desk, payee: str) -> None:
    decision = await score(desk, "50", payee)
    assert (decision.score, decision.decision, decision.factors) == (Decimal("0.00"), "allow", ())


async def test_twenty_payments_in_a_row_are_allowed_also_from_a_new_browser(desk: Desk) -> None:
    for number in range(20):
        await pay(desk, number)
        decision = await score(desk, "5")
        assert (decision.decision, names(decision)) == ("allow", SURROUNDINGS)


@pytest.mark.usefixtures("at_home")
async def test_a_burst_of_payments_speaks_for_an_hour(desk: Desk, clock: MovableClock) -> None:
    for number in range(31):
        await pay(desk, number)
    assert names(await score(desk, "5")) == {"many_payments"}
    clock.advance(3601)
    assert names(await score(desk, "5")) == set()


async def test_own_accounts_score_nothing_whatever_the_amount(desk: Desk) -> None:
    assert (await score(desk, "10000", "acc_1", "acc_2")).score == 0


@pytest.mark.usefixtures("at_home")
async def test_a_large_payment_that_empties_the_account_is_reviewed_for_its_reasons(desk: Desk) -> None:
    decision = await score(desk, "9900", "Northside Rentals", "acc_2")
    assert names(decision) == {"unusual_amount", "empties_account"}
    assert decision.score == Decimal("0.40")
    assert all(factor.reason for factor in decision.factors)


@pytest.mark.usefixtures("at_home")
async def test_draining_an_account_to_a_payee_of_today_is_blocked(
    desk: Desk, clock: MovableClock, ledger: Ledger
) -> None:
    with raw(ledger) as connection:
        connection.execute(
            "INSERT INTO payees SELECT 'pay_new', tenant_id, customer_id, 'New', 'new', kind, account_id, bsb,"
            " number, 1, 'active', ? FROM payees WHERE payee_id = 'pay_2'",
            (stored_time(ledger, clock()),),
        )
    assert names(await score(desk, "50", "New")) == {"first_payment", "new_payee"}
    decision = await score(desk, "9900", "New", "acc_2")
    assert decision.decision == "block"
    assert decision.score >= BLOCK_FROM
    clock.advance(86_401)
    assert names(await score(desk, "50", "New")) == {"first_payment"}
    await pay(desk, 1, to="New")
    assert names(await score(desk, "50", "New")) == set()


def test_every_rule_has_a_weight_and_a_reason() -> None:
    assert all(0 < rule.weight < 1 and rule.reason.endswith(".") for rule in RULES.values())


async def test_the_profile_sums_the_customers_own_turnover(desk: Desk, bank: Bank) -> None:
    before = await bank.risk.profile("tenant_1", "cust_1")
    await pay(desk, 1, "123.45")
    after = await bank.risk.profile("tenant_1", "cust_1")
    assert str(after.outgoing_30_days - before.outgoing_30_days) == "123.45"
    assert after.incoming_30_days == before.incoming_30_days
    with pytest.raises(ToolRefused):
        await bank.risk.profile("tenant_2", "cust_1")
