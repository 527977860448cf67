"""A payment that cannot be made is refused with the figures and the reason that a customer can act on."""

from __future__ import annotations

import pytest

from tests.banking.access.test_access import POLICY
from tests.banking.ledgers import Ledger, raw
from tests.banking.payees.test_payees_adding import carry_out
from tests.banking.payees.test_payees_adding import terms as new_payee
from tests.banking.support import Desk, MovableClock, customer
from ultracore.banking import Money
from ultracore.banking.access import access_refused
from ultracore.errors import ApprovalRefused, ToolRefused


async def refusal(desk: Desk, amount: str = "50", to: str = "City Power", source: str = "acc_1") -> ToolRefused:
    with pytest.raises(ToolRefused) as refused:
        await desk.terms(amount, to, source)
    assert refused.value.explained
    return refused.value


def run(ledger: Ledger, statement: str) -> None:
    with raw(ledger) as connection:
        connection.execute(statement)


async def test_cooling_off_says_limit_rest_time_left_and_why(desk: Desk, clock: MovableClock) -> None:
    await carry_out(desk.bank, await new_payee(desk.bank))
    await desk.claim(await desk.open("300", "Gas Co"))
    clock.advance(50 * 60)
    refused = await refusal(desk, "700.01", "Gas Co")
    assert refused.code == "payee.cooling_off"
    parts = ("AUD 1,000.00 in all", "AUD 700.00 is left", "in 23 hours and 10 minutes", "talked you into")
    for told in parts:
        assert told in refused.sentence
    assert refused.facts["ends_at"] == "2026-11-24T09:00:00+00:00"
    assert (refused.facts["limit"], refused.facts["left"], refused.facts["asked"]) == (
        "1000.00",
        "700.00",
        "700.01",
    )


async def test_too_little_money_says_what_is_there_needed_and_held(desk: Desk) -> None:
    await desk.claim(await desk.open("300"))
    refused = await refusal(desk, "2200.01")
    assert refused.code == "funds.insufficient"
    assert "“Everyday” (own account ··4821) has AUD 2,200.00 available" in refused.sentence
    assert "needs AUD 2,200.01" in refused.sentence
    assert "AUD 300.00 is held" in refused.sentence
    assert (refused.facts["missing"], refused.facts["held"]) == ("0.01", "300.00")


async def test_a_loan_account_is_named_as_one(desk: Desk) -> None:
    refused = await refusal(desk, source="acc_4")
    assert (refused.code, "is a loan account" in refused.sentence) == ("funds.insufficient", True)


@pytest.mark.parametrize(("status", "advice"), [("frozen", "call the bank"), ("closed", "use another one")])
@pytest.mark.parametrize(("account", "name"), [("acc_1", "“Everyday”"), ("acc_2", "“Savings”")])
async def test_an_own_account_that_is_not_active_is_named_with_its_state(
    desk: Desk, ledger: Ledger, status: str, advice: str, account: str, name: str
) -> None:
    run(ledger, f"UPDATE accounts SET status = '{status}' WHERE account_id = '{account}'")  # noqa: S608
    refused = await refusal(desk, to="acc_2")
    assert refused.code == "account.not_active"
    assert all(told in refused.sentence for told in (name, status, advice))


async def test_a_payees_account_gives_nothing_of_its_state_away(desk: Desk, ledger: Ledger) -> None:
    told = set()
    for status in ("frozen", "closed"):
        run(ledger, f"UPDATE accounts SET status = '{status}' WHERE account_id = 'acc_3'")  # noqa: S608
        told.add((await refusal(desk, to="Flatmate")).sentence)
    (sentence,) = told
    assert "“Flatmate” (at this bank ··9057)" in sentence
    assert not {"frozen", "closed"} & set(sentence.split())


async def test_a_payment_that_is_being_checked_is_named_in_the_refusal_of_its_twin(desk: Desk) -> None:
    await desk.claim(await desk.open("50"))
    refused = await refusal(desk, "50")
    assert refused.code == "transfer.outcome_unknown"
    assert "AUD 50.00 to “City Power” (biller ··3796)" in refused.sentence


async def test_an_account_to_itself_and_a_second_currency_say_so(desk: Desk) -> None:
    assert "both where this payment comes from" in (await refusal(desk, to="acc_1")).sentence
    with pytest.raises(ToolRefused) as refused:
        await desk.bank.ledger.prepare_transfer("tenant_1", "cust_1", "acc_1", "acc_2", Money.parse("5", "NZD"))
    assert "AUD and NZD" in refused.value.sentence


def test_the_policys_limit_is_told_with_the_amount() -> None:
    amount = Money.parse("250000.01")
    decision = POLICY.check(customer(), "execute_transaction", customer_id="cust_1", amount=amount)
    refused = access_refused(decision.reason, limit=decision.limit, amount=amount)
    assert refused.code == "access.limit_exceeded"
    assert "at most AUD 250,000.00 here, and this one takes AUD 250,000.01" in refused.sentence
    assert refused.facts["limit"] == "250000.00"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE payees SET version = 2 WHERE name = 'City Power'", "The payee was changed"),
        ("UPDATE accounts SET status = 'closed' WHERE account_id = 'acc_1'", "frozen or closed"),
    ],
)
async def test_a_press_that_comes_too_late_is_told_what_has_changed(
    desk: Desk, ledger: Ledger, statement: str, told: str
) -> None:
    proposal = await desk.open()
    run(ledger, statement)
    with pytest.raises(ApprovalRefused) as refused:
        await desk.claim(proposal)
    assert (refused.value.code, told in refused.value.sentence) == ("approval.void", True)
