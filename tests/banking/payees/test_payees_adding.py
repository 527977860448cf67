"""Adding a payee, and the day in which it can be paid a little only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.banking.support import Desk, MovableClock, customer
from ultracore.banking import ActionReceipt, ActionTerms, Bank, PayeeKind, Proposal, TransferTerms
from ultracore.errors import ApprovalRefused, ToolRefused


async def propose(bank: Bank, terms: ActionTerms | TransferTerms, conversation: str = "conv-1") -> Proposal:
    return await bank.proposals.open(
        terms,
        principal=customer(),
        conversation_id=conversation,
        turn_id="turn-1",
        reference="7F3A-0001",
        tool="add_payee",
        arguments={},
        arguments_digest="digest",
        seconds=120,
    )


async def carry_out(bank: Bank, terms: ActionTerms, intent: str = "evt-1") -> ActionReceipt:
    proposal = await propose(bank, terms, conversation=intent)
    await bank.proposals.claim(proposal.proposal_id, "login-1", intent)
    receipt = await bank.proposals.settle(proposal.proposal_id, intent)
    assert isinstance(receipt, ActionReceipt)
    return receipt


async def terms(bank: Bank, name: str = "Gas Co", bsb: str = "733-110", number: str = "884 213") -> ActionTerms:
    return await bank.payee_adding.prepare("tenant_1", "cust_1", name, bsb, number)


async def refused(bank: Bank, **changes: str) -> str:
    with pytest.raises(ToolRefused) as refusal:
        await terms(bank, **changes)
    assert refusal.value.sentence
    return refusal.value.code


async def test_nothing_is_saved_before_the_press(bank: Bank) -> None:
    await propose(bank, await terms(bank))
    assert len(await bank.payees.of_customer("tenant_1", "cust_1")) == 3


async def test_an_account_at_another_bank_is_saved_as_external(bank: Bank, clock: MovableClock) -> None:
    receipt = await carry_out(bank, await terms(bank))
    (payee,) = [p for p in await bank.payees.of_customer("tenant_1", "cust_1") if p.name == "Gas Co"]
    assert (payee.kind, payee.bsb, payee.number) == (PayeeKind.EXTERNAL, "733110", "884213")
    assert (payee.version, payee.created_at, payee.status) == (1, clock.now, "active")
    assert (payee.account_id, payee.payee_id) == ("tenant_1_clearing", receipt.result["payee_id"])
    assert "“Gas Co” (another bank ··4213)" in receipt.sentence


async def test_an_account_at_this_bank_is_recognised_without_saying_whose(bank: Bank) -> None:
    prepared = await terms(bank, name="Corner shop", bsb="062001", number="40022318")
    receipt = await carry_out(bank, prepared)
    told = f"{prepared.to_json()} {receipt}"
    assert receipt.result["kind"] == "internal"
    assert not any(secret in told for secret in ("acc_5", "cust_3", "Harbour", "Business"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bsb": "73311"}, "payee.bsb_invalid"),
        ({"bsb": "7331100"}, "payee.bsb_invalid"),
        ({"bsb": "000-000"}, "payee.bsb_invalid"),
        ({"bsb": "seven"}, "payee.bsb_invalid"),
        ({"bsb": "٧٣٣١١٠"}, "payee.bsb_invalid"),
        ({"number": "123"}, "payee.number_invalid"),
        ({"number": "12345678901"}, "payee.number_invalid"),
        ({"number": "55-72x4"}, "payee.number_invalid"),
        ({"number": "0000"}, "payee.number_invalid"),
        ({"name": "x"}, "payee.name_invalid"),
        ({"name": "x" * 61}, "payee.name_invalid"),
        ({"name": "1234"}, "payee.name_invalid"),
        ({"name": "Gas\u202eCo"}, "payee.name_invalid"),
        ({"name": "acc_2"}, "payee.name_invalid"),
        ({"name": "CITY  power"}, "payee.name_taken"),
        ({"name": "Savings"}, "payee.name_taken"),
        ({"bsb": "733110", "number": "557204"}, "payee.already_saved"),
        ({"bsb": "062001", "number": "10359057"}, "payee.already_saved"),
        ({"bsb": "062001", "number": "10347736"}, "payee.own_account"),
        ({"bsb": "062001", "number": "99999999"}, "payee.account_unknown"),
        ({"bsb": "062001", "number": "90000001"}, "payee.account_unknown"),
        ({"bsb": "062001", "number": "10371163"}, "payee.account_unknown"),
        ({"bsb": "062001", "number": "20815502"}, "payee.own_account"),
    ],
)
async def test_a_payee_is_refused_with_its_code(bank: Bank, changes: dict[str, str], code: str) -> None:
    assert await refused(bank, **changes) == code


async def test_accounts_that_take_no_payments_all_look_the_same(bank: Bank) -> None:
    told = set()
    for number in ("99999999", "90000001", "10371163"):
        with pytest.raises(ToolRefused) as refusal:
            await terms(bank, bsb="062001", number=number)
        told.add(str(refusal.value))
    assert len(told) == 1


async def test_the_same_payee_twice_is_one_payee(bank: Bank) -> None:
    first, second = await propose(bank, await terms(bank), "a"), await propose(bank, await terms(bank), "b")
    await bank.proposals.claim(first.proposal_id, "login-1", "a")
    await bank.proposals.settle(first.proposal_id, "evt-a")
    with pytest.raises(ApprovalRefused):
        await bank.proposals.claim(second.proposal_id, "login-1", "b")
    assert len(await bank.payees.of_customer("tenant_1", "cust_1")) == 4


@pytest.fixture
async def new(bank: Bank) -> str:
    """A payee that has just been added."""
    return str((await carry_out(bank, await terms(bank))).result["payee_id"])


async def pay(desk: Desk, payee: str, amount: Any, intent: str) -> None:
    proposal = await desk.open(amount, payee, conversation=intent)
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, intent)


async def why_not(desk: Desk, payee: str, amount: str) -> ToolRefused:
    with pytest.raises(ToolRefused) as refusal:
        await desk.terms(amount, payee)
    return refusal.value


async def test_a_new_payee_takes_a_thousand_dollars_in_all_on_the_first_day(desk: Desk, new: str) -> None:
    error = await why_not(desk, new, "1000.01")
    assert error.code == "payee.cooling_off"
    assert "until 24 Nov 2026, 8:00 pm (in 24 hours) you can pay it at most AUD 1,000.00" in error.sentence
    await pay(desk, new, "600", "evt-2")
    assert (await why_not(desk, new, "400.01")).code == "payee.cooling_off"
    await pay(desk, new, "400", "evt-3")
    assert "AUD 0.00 is left" in (await why_not(desk, new, "0.01")).sentence


async def test_a_day_later_the_payee_is_like_any_other(desk: Desk, new: str, clock: MovableClock) -> None:
    clock.advance(24 * 3600 - 1)
    assert (await why_not(desk, new, "1500")).code == "payee.cooling_off"
    clock.advance(1)
    assert str((await desk.terms("1500", new)).amount) == "1500.00"


async def test_two_cards_at_once_cannot_get_round_the_limit(desk: Desk, new: str) -> None:
    cards = [await desk.open("600", new, conversation="a"), await desk.open("600.01", new, conversation="b")]
    answers = await asyncio.gather(*(desk.claim(card) for card in cards), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["ApprovalRefused", "Proposal"]


async def test_a_payee_at_this_bank_cools_off_too(desk: Desk) -> None:
    prepared = await terms(desk.bank, name="Corner shop", bsb="062001", number="40022318")
    payee = (await carry_out(desk.bank, prepared)).result["payee_id"]
    assert (await why_not(desk, payee, "1000.01")).code == "payee.cooling_off"


async def test_old_payees_and_own_accounts_do_not_cool_off(desk: Desk) -> None:
    for destination in ("Northside Rentals", "acc_2"):
        assert str((await desk.terms("2000", destination)).amount) == "2000.00"
