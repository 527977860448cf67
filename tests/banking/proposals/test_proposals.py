from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.support import Desk, MovableClock, customer
from ultracore.banking import Bank, EntryReceipt, ProposalStatus
from ultracore.banking.access import Grants
from ultracore.banking.ledger import operator_view as reports
from ultracore.errors import ApprovalRefused, ToolRefused, UltracoreError
from ultracore.principal import Role


async def code_of(awaited: Awaitable[Any]) -> str:
    with pytest.raises(UltracoreError) as refusal:
        await awaited
    return refusal.value.code


async def test_an_approved_proposal_becomes_one_entry_with_its_intent(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    assert proposal.status is ProposalStatus.CLAIMED
    assert await desk.figures() == ("2500.00", "2450.00")
    receipt = await bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await desk.figures() == ("2450.00", "2450.00")
    lines = [line async for line in reports.journal(bank.database) if line.entry_id == receipt.entry_id]
    assert [(line.account_id, str(line.amount)) for line in lines] == [
        ("acc_1", "-50.00"),
        ("tenant_1_billers", "50.00"),
    ]
    assert {(line.intent_event_id, line.proposal_id) for line in lines} == {("evt-1", proposal.proposal_id)}
    assert (await reports.check(bank.database)).balanced


async def test_opening_a_proposal_moves_and_holds_nothing(desk: Desk) -> None:
    await desk.open("50")
    assert await desk.figures() == ("2500.00", "2500.00")


async def test_settling_again_gives_the_same_receipt_and_changes_nothing(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    first = await bank.proposals.settle(proposal.proposal_id, "evt-1")
    await bank.proposals.settle((await desk.claim(await desk.open("7", to="pay_2"))).proposal_id, "evt-2")
    assert await bank.proposals.settle(proposal.proposal_id, "evt-1") == first
    assert await bank.proposals.settle(proposal.proposal_id, "evt-another") == first
    assert isinstance(first, EntryReceipt)
    assert str(first.balance_after) == "2450.00"
    assert await desk.figures() == ("2443.00", "2443.00")


async def test_the_reconciler_finds_an_entry_by_its_intent(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    assert await bank.proposals.outcome_of("evt-1") is None
    assert [found.proposal_id for found in await bank.proposals.claimed()] == [proposal.proposal_id]
    receipt = await bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await bank.proposals.outcome_of("evt-1") == receipt
    assert await bank.proposals.claimed() == []


async def test_the_payee_reads_who_paid_and_not_what_the_payer_calls_them(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("20", to="Flatmate"))
    await bank.proposals.settle(proposal.proposal_id, "evt-1")
    (line,) = await bank.accounts.transactions("tenant_1", "cust_2", "acc_3", limit=1)
    assert (line.description, str(line.amount)) == ("Transfer from Alex Morgan", "20.00")
    (line,) = await bank.accounts.transactions("tenant_1", "cust_1", "acc_1", limit=1)
    assert line.description == "Transfer to Flatmate"


async def test_only_one_proposal_waits_in_a_conversation(desk: Desk) -> None:
    proposal = await desk.open("50")
    assert await code_of(desk.open("60")) == "approval.already_open"
    await desk.claim(proposal)
    assert await code_of(desk.open("60")) == "approval.already_open"
    assert (await desk.open("60", conversation="conv-2")).status is ProposalStatus.OPEN


async def test_terms_of_another_customer_cannot_be_proposed(desk: Desk, bank: Bank) -> None:
    terms = await desk.terms()
    for principal in (customer(2), customer(1, tenant="tenant_2")):
        opening = bank.proposals.open(
            terms,
            principal=principal,
            conversation_id="c",
            turn_id="t",
            reference="r",
            tool="execute_transaction",
            arguments={},
            arguments_digest="d",
            seconds=60,
        )
        assert await code_of(opening) == "access.other_customer"


@pytest.mark.parametrize(("asked", "given"), [(60, 60), (120, 120), (100_000, 120), (0, 1), (-5, 1)])
async def test_no_approval_waits_longer_than_two_minutes(desk: Desk, asked: int, given: int) -> None:
    proposal = await desk.open("50", seconds=asked)
    assert proposal.expires_at - proposal.created_at == timedelta(seconds=given)


async def test_the_secret_is_told_once_and_stored_as_a_digest(desk: Desk, bank: Bank, ledger: Ledger) -> None:
    proposal = await desk.open("50")
    secret = proposal.approval_id
    assert secret is not None
    assert len(secret) >= 32
    found = await bank.proposals.behind(secret, customer(), proposal.conversation_id)
    assert (found.proposal_id, found.approval_id) == (proposal.proposal_id, None)
    with raw(ledger) as connection:
        row = connection.execute("SELECT * FROM proposals").fetchone()
    assert secret not in str(row)
    assert hashlib.sha256(secret.encode()).hexdigest() in row


async def test_a_secret_that_is_issued_again_replaces_the_one_before(desk: Desk, bank: Bank) -> None:
    proposal = await desk.open("50")
    fresh = await bank.proposals.issue(proposal.proposal_id, customer())
    found = await bank.proposals.behind(fresh, customer(), proposal.conversation_id)
    assert found.proposal_id == proposal.proposal_id
    old = bank.proposals.behind(str(proposal.approval_id), customer(), proposal.conversation_id)
    assert await code_of(old) == "approval.unknown"
    await desk.claim(proposal)
    assert await code_of(bank.proposals.issue(proposal.proposal_id, customer())) == "approval.consumed"


async def test_each_login_of_a_person_gets_a_secret_of_its_own(desk: Desk, bank: Bank) -> None:
    proposal = await desk.open("50")
    phone, second = customer(login="login-2"), proposal.conversation_id
    assert await code_of(desk.claim(proposal, "login-2")) == "approval.not_yours"
    secret = await bank.proposals.issue(proposal.proposal_id, phone)
    assert (await bank.proposals.behind(secret, phone, second)).proposal_id == proposal.proposal_id
    assert await code_of(bank.proposals.behind(secret, customer(), second)) == "approval.unknown"
    first = str(proposal.approval_id)
    assert (await bank.proposals.behind(first, customer(), second)).proposal_id == proposal.proposal_id
    assert (await desk.claim(proposal, "login-2")).status is ProposalStatus.CLAIMED
    assert await code_of(desk.claim(proposal)) == "approval.consumed"


async def test_a_login_without_a_secret_of_its_own_answers_nothing(desk: Desk, bank: Bank) -> None:
    proposal = await desk.open("50")
    for stranger in (customer(2, login="login-2"), customer(1, login="login-2", tenant="tenant_2")):
        assert await code_of(bank.proposals.issue(proposal.proposal_id, stranger)) == "approval.not_yours"
    await bank.proposals.issue(proposal.proposal_id, customer(login="login-2"))
    number = proposal.proposal_id
    assert await code_of(bank.proposals.claim(number, "login-2", "conv-2")) == "approval.not_yours"
    assert await code_of(bank.proposals.decline(number, "login-3", "conv-1")) == "approval.not_yours"


async def test_a_proposal_tells_when_it_ended_and_what_it_gave(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    assert await bank.proposals.receipt(proposal.proposal_id) is None
    receipt = await bank.proposals.settle(proposal.proposal_id, "evt-1")
    ended = await bank.proposals.get(proposal.proposal_id)
    assert ended is not None and ended.ended_at is not None
    assert await bank.proposals.receipt(proposal.proposal_id) == receipt


@pytest.mark.parametrize("secret", ["", "x", "\ud800", "a" * 10_000])
async def test_a_guessed_secret_finds_nothing(bank: Bank, secret: str) -> None:
    assert await code_of(bank.proposals.behind(secret, customer(), "conv-1")) == "approval.unknown"


async def test_a_button_works_in_its_login_and_conversation_only(desk: Desk, bank: Bank) -> None:
    number = (await desk.open("50")).proposal_id
    for answer in (bank.proposals.claim, bank.proposals.decline):
        assert await code_of(answer(number, "login-2", "conv-1")) == "approval.not_yours"
        assert await code_of(answer(number, "login-1", "conv-2")) == "approval.not_yours"
        assert await code_of(answer("prp_none", "login-1", "conv-1")) == "approval.unknown"
    await bank.proposals.claim(number, "login-1", "conv-1")


async def test_a_second_press_is_consumed(desk: Desk, bank: Bank) -> None:
    proposal = await desk.open("50")
    await desk.claim(proposal)
    assert await code_of(desk.claim(proposal)) == "approval.consumed"
    assert await code_of(bank.proposals.decline(proposal.proposal_id, "login-1", "conv-1")) == "approval.consumed"
    await bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await code_of(desk.claim(proposal)) == "approval.consumed"


async def test_a_declined_proposal_stays_declined(desk: Desk, bank: Bank) -> None:
    proposal = await desk.open("50")
    declined = await bank.proposals.decline(proposal.proposal_id, "login-1", "conv-1")
    assert declined.status is ProposalStatus.DECLINED
    assert await code_of(desk.claim(proposal)) == "approval.consumed"
    assert await code_of(bank.proposals.settle(proposal.proposal_id, "evt")) == "approval.consumed"
    assert await desk.figures() == ("2500.00", "2500.00")


async def test_time_runs_out_before_and_after_the_sweep(desk: Desk, bank: Bank, clock: MovableClock) -> None:
    proposal = await desk.open("50", seconds=120)
    clock.advance(119.9)
    assert await bank.proposals.expire_due(clock()) == []
    clock.advance(0.1)
    assert await code_of(desk.claim(proposal)) == "approval.expired"
    (expired,) = await bank.proposals.expire_due(clock())
    assert (expired.proposal_id, expired.status) == (proposal.proposal_id, ProposalStatus.EXPIRED)
    assert await bank.proposals.expire_due(clock()) == []
    assert await code_of(desk.claim(proposal)) == "approval.expired"


async def test_a_claimed_proposal_does_not_expire(desk: Desk, bank: Bank, clock: MovableClock) -> None:
    proposal = await desk.claim(await desk.open("50"))
    clock.advance(3600)
    assert await bank.proposals.expire_due(clock()) == []
    await bank.proposals.settle(proposal.proposal_id, "evt")
    assert await desk.figures() == ("2450.00", "2450.00")


async def test_an_expiry_that_was_not_recorded_is_found_again(desk: Desk, bank: Bank, clock: MovableClock) -> None:
    proposal = await desk.open("50")
    clock.advance(121)
    await bank.proposals.expire_due(clock())
    later = clock() + timedelta(seconds=1)
    assert [found.proposal_id for found in await bank.proposals.unrecorded_expiries(later)] == [
        proposal.proposal_id
    ]
    await bank.proposals.mark_recorded(proposal.proposal_id)
    assert await bank.proposals.unrecorded_expiries(later) == []


async def test_sweeping_one_conversation_leaves_the_others(desk: Desk, bank: Bank, clock: MovableClock) -> None:
    await desk.open("50")
    other = await desk.open("60", conversation="conv-2")
    clock.advance(121)
    assert len(await bank.proposals.expire_due(clock(), "conv-1")) == 1
    assert await bank.proposals.open_for("conv-1") is None
    waiting = await bank.proposals.open_for("conv-2")
    assert waiting is not None
    assert waiting.proposal_id == other.proposal_id


async def test_stop_and_sign_out_void_what_is_open(desk: Desk, bank: Bank) -> None:
    stopped = await desk.open("50")
    signed_out = await desk.open("60", conversation="conv-2")
    claimed = await desk.claim(await desk.open("70", conversation="conv-3"))
    elsewhere = await desk.open("80", conversation="conv-4", login="login-2")
    voided = await bank.proposals.void_open(conversation_id="conv-1")
    assert [proposal.proposal_id for proposal in voided] == [stopped.proposal_id]
    voided = await bank.proposals.void_open(login_id="login-1", reason="signed.out")
    assert [(proposal.proposal_id, proposal.reason) for proposal in voided] == [
        (signed_out.proposal_id, "signed.out")
    ]
    assert await code_of(desk.claim(stopped)) == "approval.void"
    await bank.proposals.settle(claimed.proposal_id, "evt")
    assert (await desk.claim(elsewhere, "login-2")).status is ProposalStatus.CLAIMED
    with pytest.raises(ValueError, match="wants"):
        await bank.proposals.void_open()


async def test_a_changed_payee_voids_the_proposal(desk: Desk, bank: Bank, ledger: Ledger) -> None:
    proposal = await desk.open("50")
    with raw(ledger) as connection:
        connection.execute("UPDATE payees SET version = 2, number = '1' WHERE payee_id = 'pay_1'")
    assert await code_of(desk.claim(proposal)) == "approval.void"
    voided = await bank.proposals.get(proposal.proposal_id)
    assert voided is not None
    assert (voided.status, voided.reason) == (ProposalStatus.VOID, "payee.changed")
    assert await desk.figures() == ("2500.00", "2500.00")


async def test_a_changed_policy_voids_the_proposal(desk: Desk, ledger: Ledger, tmp_path: Path) -> None:
    proposal = await desk.open("50")
    policy = tmp_path / "policy.toml"
    roles = '[roles.customer]\nscope = "own"\n'
    policy.write_text(f'[limits]\ncustomer_transfer = "1.00"\n{roles}')
    other = await Bank.open(ledger.url, policy=policy, clock=desk.bank.proposals._clock)
    try:
        assert await code_of(Desk(other).claim(proposal)) == "approval.void"
    finally:
        await other.close()


async def test_a_tool_granted_to_one_role_more_voids_the_proposal(desk: Desk, ledger: Ledger) -> None:
    proposal = await desk.open("50")
    grants = Grants(tools={"execute_transaction": frozenset({Role.CUSTOMER})})
    other = await Bank.open(ledger.url, grants=grants, clock=desk.bank.proposals._clock)
    try:
        assert await code_of(Desk(other).claim(proposal)) == "approval.void"
    finally:
        await other.close()


async def test_funds_that_are_gone_at_the_press_void_the_proposal(desk: Desk, bank: Bank) -> None:
    late = await desk.open("2000", to="pay_2")
    first = await desk.claim(await desk.open("1000", conversation="conv-2"))
    assert await code_of(desk.claim(late)) == "funds.insufficient"
    await bank.proposals.release(first.proposal_id, "failed", "outcome.not_done")
    assert await desk.figures() == ("2500.00", "2500.00")
    assert await code_of(desk.claim(late)) == "approval.void"


async def test_a_released_claim_frees_the_funds_and_can_never_be_settled(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    released = await bank.proposals.release(proposal.proposal_id, "failed", "outcome.not_done")
    assert released is not None
    assert (released.status, released.reason) == (ProposalStatus.FAILED, "outcome.not_done")
    assert await desk.figures() == ("2500.00", "2500.00")
    assert await bank.proposals.release(proposal.proposal_id, "failed", "again") is None
    assert await code_of(bank.proposals.settle(proposal.proposal_id, "evt")) == "approval.consumed"


async def test_a_settled_proposal_cannot_be_released(desk: Desk, bank: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    await bank.proposals.settle(proposal.proposal_id, "evt")
    assert await bank.proposals.release(proposal.proposal_id, "failed", "late") is None
    assert (await reports.check(bank.database)).balanced


async def test_a_proposal_that_nobody_approved_cannot_be_settled(desk: Desk, bank: Bank) -> None:
    proposal = await desk.open("50")
    with pytest.raises(ApprovalRefused):
        await bank.proposals.settle(proposal.proposal_id, "evt")
    assert await desk.figures() == ("2500.00", "2500.00")


async def test_while_one_is_unresolved_the_same_payment_is_refused(desk: Desk, bank: Bank) -> None:
    twin = await desk.open("50", conversation="conv-2")
    unresolved = await desk.claim(await desk.open("50"))
    assert await code_of(desk.terms("50")) == "transfer.outcome_unknown"
    assert await code_of(desk.claim(twin)) == "transfer.outcome_unknown"
    assert str((await desk.terms("50.01")).amount) == "50.01"
    assert (await desk.terms("50", to="pay_2")).payee is not None
    await bank.proposals.release(unresolved.proposal_id, "failed", "outcome.not_done")
    await desk.claim(twin)


async def test_a_freeze_between_claim_and_effect_stops_the_effect(desk: Desk, bank: Bank, ledger: Ledger) -> None:
    proposal = await desk.claim(await desk.open("50"))
    with raw(ledger) as connection:
        connection.execute("UPDATE accounts SET status = 'frozen' WHERE account_id = 'acc_1'")
    with pytest.raises(ToolRefused):
        await bank.proposals.settle(proposal.proposal_id, "evt")
    assert await desk.figures() == ("2500.00", "2450.00")
    assert await bank.proposals.outcome_of("evt") is None


async def test_a_payee_changed_between_claim_and_effect_stops_the_effect(
    desk: Desk, bank: Bank, ledger: Ledger
) -> None:
    proposal = await desk.claim(await desk.open("50"))
    with raw(ledger) as connection:
        connection.execute("UPDATE payees SET version = 2 WHERE payee_id = 'pay_1'")
    assert await code_of(bank.proposals.settle(proposal.proposal_id, "evt")) == "payee.not_active"
    assert await bank.proposals.outcome_of("evt") is None


async def test_funds_are_checked_again_at_the_effect(desk: Desk, bank: Bank, ledger: Ledger) -> None:
    proposal = await desk.claim(await desk.open("2000"))
    with raw(ledger) as connection:
        connection.execute(
            "INSERT INTO entries (entry_id, sequence, tenant_id, kind, description, posted_at, intent_event_id,"
            " idempotency_key, receipt_number)"
            " VALUES ('e', 9999999, 'tenant_1', 'fee', 'x', '2026-11-23 00:00:00', 'system:1', 'k', 'r')"
        )
        connection.execute("INSERT INTO postings VALUES ('e', 0, 'acc_1', -100000, 'AUD', NULL)")
        connection.execute("INSERT INTO postings VALUES ('e', 1, 'tenant_1_fees', 100000, 'AUD', NULL)")
        connection.execute("UPDATE entries SET posted = 1 WHERE entry_id = 'e'")
    assert await code_of(bank.proposals.settle(proposal.proposal_id, "evt")) == "funds.insufficient"
    assert await bank.proposals.release(proposal.proposal_id, "failed", "funds.insufficient") is not None
    assert await desk.figures() == ("1500.00", "1500.00")
