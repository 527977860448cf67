"""Opening and closing accounts."""

from __future__ import annotations

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.payees.test_payees_adding import carry_out, propose
from tests.banking.support import Desk, MovableClock
from ultracore.banking import AccountKind, ActionTerms, Bank
from ultracore.banking.ledger import operator_view as reports
from ultracore.errors import ApprovalRefused, LedgerUnavailable, ToolRefused


async def opening(
    bank: Bank, kind: AccountKind = AccountKind.SAVINGS, name: str | None = "Holiday", customer: str = "cust_1"
) -> ActionTerms:
    return await bank.lifecycle.prepare_opening("tenant_1", customer, kind, name)


async def closing(bank: Bank, account: str) -> ActionTerms:
    return await bank.lifecycle.prepare_closing("tenant_1", "cust_1", account)


async def why_not(bank: Bank, account: str) -> ToolRefused:
    with pytest.raises(ToolRefused) as refusal:
        await closing(bank, account)
    return refusal.value


NO_CLOSING = (
    "CREATE TRIGGER no_closing BEFORE UPDATE OF status ON accounts BEGIN SELECT RAISE(ABORT, 'no'); END",
)
NO_CLOSING_ON_POSTGRES = (
    "CREATE FUNCTION no_closing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'",
    "CREATE TRIGGER no_closing BEFORE UPDATE OF status ON accounts FOR EACH ROW EXECUTE FUNCTION no_closing()",
)


def change(ledger: Ledger, *statements: str) -> None:
    with raw(ledger) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_an_opened_account_is_empty_active_and_its_own(bank: Bank) -> None:
    prepared = await opening(bank)
    assert ("Interest", "4.35% a year") in prepared.lines
    receipt = await carry_out(bank, prepared)
    found = await bank.accounts.get("tenant_1", "cust_1", receipt.result["account_id"])
    assert (found.account.kind, found.account.name, found.account.status) == ("savings", "Holiday", "active")
    assert (str(found.balance), found.account.bsb, len(found.account.number)) == ("0.00", "062001", 8)
    assert found.account.number in receipt.sentence
    with pytest.raises(ToolRefused):
        await bank.accounts.get("tenant_1", "cust_2", receipt.result["account_id"])


async def test_an_opened_account_can_be_paid_into_at_once(desk: Desk) -> None:
    account = (await carry_out(desk.bank, await opening(desk.bank))).result["account_id"]
    proposal = await desk.open("50", account, conversation="x")
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-x")
    assert await desk.figures(account) == ("50.00", "50.00")


async def test_without_a_name_the_kind_gets_a_number(bank: Bank) -> None:
    assert (await opening(bank, name=None)).payload["name"] == "Savings 2"
    await carry_out(bank, await opening(bank, name=None))
    assert (await opening(bank, name=None)).payload["name"] == "Savings 3"


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        (AccountKind.LOAN, None, "account.kind_not_offered"),
        (AccountKind.INTERNAL, None, "account.kind_not_offered"),
        (AccountKind.EVERYDAY, "savings", "account.name_taken"),
        (AccountKind.EVERYDAY, "city power", "account.name_taken"),
        (AccountKind.EVERYDAY, "acc_9", "account.name_invalid"),
        (AccountKind.EVERYDAY, "\n\x00", "account.name_invalid"),
    ],
)
async def test_an_opening_is_refused_with_its_code(
    bank: Bank, kind: AccountKind, name: str | None, code: str
) -> None:
    with pytest.raises(ToolRefused) as refusal:
        await opening(bank, kind, name)
    assert refusal.value.code == code


async def test_only_a_verified_customer_opens_accounts_also_at_the_press(bank: Bank, ledger: Ledger) -> None:
    proposal = await propose(bank, await opening(bank))
    change(ledger, "UPDATE customers SET kyc_status = 'pending'")
    with pytest.raises(ApprovalRefused):
        await bank.proposals.claim(proposal.proposal_id, "login-1", "conv-1")
    with pytest.raises(ToolRefused) as refusal:
        await opening(bank)
    assert refusal.value.code == "account.kyc_not_verified"
    assert "pending" in refusal.value.sentence
    with pytest.raises(ToolRefused, match="no such customer"):
        await opening(bank, customer="cust_9")


async def test_a_customer_has_at_most_ten_accounts(bank: Bank) -> None:
    for number in range(6):
        await carry_out(bank, await opening(bank, name=None), f"evt-{number}")
    with pytest.raises(ToolRefused) as refusal:
        await opening(bank)
    assert refusal.value.code == "account.too_many"


async def test_a_refusal_to_close_lists_every_reason(desk: Desk) -> None:
    proposal = await desk.open("50", conversation="other")
    await desk.claim(proposal)
    error = await why_not(desk.bank, "acc_1")
    assert error.code == "account.cannot_close"
    for reason in (
        "its balance is AUD 2,500.00",
        "AUD 50.00 of it is held",
        "instalments of Personal loan ··5502",
        "card ··7719",
        "a payment of it waits",
    ):
        assert reason in error.sentence
    assert "last account" not in error.sentence


async def test_the_last_account_a_frozen_one_and_a_loan_are_not_closed(bank: Bank, ledger: Ledger) -> None:
    assert "a loan account is closed with a person" in (await why_not(bank, "acc_4")).sentence
    change(ledger, "UPDATE accounts SET status = 'frozen' WHERE account_id = 'acc_1'")
    assert "it is frozen" in (await why_not(bank, "acc_1")).sentence
    assert "last account" in (await why_not(bank, "acc_2")).sentence


@pytest.mark.parametrize("account", ["acc_3", "acc_9", "tenant_1_fees", "acc_none"])
async def test_only_own_accounts_can_be_closed(bank: Bank, account: str) -> None:
    assert (await why_not(bank, account)).code == "account.not_found"


async def empty_savings(desk: Desk) -> None:
    """Move all of the savings to the everyday account."""
    proposal = await desk.open("10000", "acc_1", source="acc_2", conversation="empty")
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-empty")


async def test_closing_pays_the_interest_out_and_leaves_a_readable_account(desk: Desk) -> None:
    await empty_savings(desk)
    accrued = (await desk.bank.interest.to_date("tenant_1", "cust_1", "acc_2")).accrued
    assert accrued.amount > 0
    prepared = await closing(desk.bank, "acc_2")
    assert ("Interest paid out", f"AUD {accrued} to “Everyday” (own account ··4821)") in prepared.lines
    receipt = await carry_out(desk.bank, prepared)
    found = await desk.bank.accounts.get("tenant_1", "cust_1", "acc_2")
    assert (found.account.status, receipt.result["interest"]) == ("closed", str(accrued))
    newest = (await desk.bank.accounts.transactions("tenant_1", "cust_1", "acc_1", limit=1))[0]
    assert (newest.amount, newest.kind, newest.entry_id) == (accrued, "interest", receipt.entry_id)
    assert (await reports.check(desk.bank.database)).balanced
    assert (await why_not(desk.bank, "acc_2")).code == "account.closed"


async def test_money_that_arrives_after_the_card_keeps_the_account_open(desk: Desk, clock: MovableClock) -> None:
    await empty_savings(desk)
    proposal = await propose(desk.bank, await closing(desk.bank, "acc_2"))
    arrived = await desk.open("5", "acc_2", conversation="in")
    await desk.claim(arrived)
    await desk.bank.proposals.settle(arrived.proposal_id, "evt-in")
    clock.advance(1)
    with pytest.raises(ApprovalRefused):
        await desk.bank.proposals.claim(proposal.proposal_id, "login-1", "conv-1")
    assert (await desk.bank.accounts.get("tenant_1", "cust_1", "acc_2")).account.status == "active"


async def test_a_press_after_midnight_still_closes_what_the_card_said(desk: Desk, clock: MovableClock) -> None:
    clock.advance(4 * 3600 - 60)
    await empty_savings(desk)
    proposal = await propose(desk.bank, await closing(desk.bank, "acc_2"))
    clock.advance(100)
    await desk.bank.proposals.claim(proposal.proposal_id, "login-1", "conv-1")
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert (await desk.bank.accounts.get("tenant_1", "cust_1", "acc_2")).account.status == "closed"


async def test_no_reader_sees_a_closed_account_without_its_interest(desk: Desk, ledger: Ledger) -> None:
    """Account and journal change in one transaction: an effect that fails leaves neither."""
    await empty_savings(desk)
    prepared = await closing(desk.bank, "acc_2")
    change(ledger, *(NO_CLOSING if ledger.file else NO_CLOSING_ON_POSTGRES))
    before = await desk.figures("acc_1")
    with pytest.raises(LedgerUnavailable):
        await carry_out(desk.bank, prepared)
    assert await desk.figures("acc_1") == before
