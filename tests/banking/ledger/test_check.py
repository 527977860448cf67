"""The operator's check of the books stays quiet about every kind of action, and finds what was tampered with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.banking.account_life.test_lifecycle import closing, opening
from tests.banking.ledgers import Ledger, raw
from tests.banking.lending.test_lending import wish
from tests.banking.payees.test_payees_adding import carry_out, propose
from tests.banking.payees.test_payees_adding import terms as new_payee
from tests.banking.support import Desk
from ultracore.banking import ActionTerms, Bank
from ultracore.banking.effects import capability_effects
from ultracore.banking.ledger import operator_view
from ultracore.banking.lending.values import Purpose
from ultracore.banking.safety import protection_terms

ALEX = ("tenant_1", "cust_1")


async def unfreezing(bank: Bank) -> ActionTerms:
    await bank.security.cards.freeze(*ALEX)
    return await bank.security.cards.unfreeze_terms(*ALEX)


async def withdrawing(bank: Bank) -> ActionTerms:
    report = await bank.security.incidents.report(*ALEX, "customer1", "I lost my phone")
    return await bank.security.incidents.withdraw_terms(*ALEX, report.reference)


async def protecting(bank: Bank) -> ActionTerms:
    return protection_terms(*ALEX, "A stranger called my mother")


async def loan(bank: Bank) -> ActionTerms:
    return await bank.lending.prepare_application(*ALEX, wish("20000", Purpose.CAR), "a used ute")


async def closing_an_empty_account(bank: Bank) -> ActionTerms:
    opened = await carry_out(bank, await opening(bank, name="Short"), intent="evt-opened")
    return await closing(bank, opened.result["account_id"])


ACTIONS: dict[str, Callable[[Bank], Awaitable[ActionTerms]]] = {
    "card.unfreeze": unfreezing,
    "loan.apply": loan,
    "account.open": opening,
    "account.close": closing_an_empty_account,
    "payee.add": new_payee,
    "incident.withdraw": withdrawing,
    "safety.protect": protecting,
}


async def problems(bank: Bank) -> list[str]:
    return [problem.code for problem in (await operator_view.check(bank.database)).problems]


def test_every_kind_of_action_is_tried_here() -> None:
    assert set(ACTIONS) == {effect.kind for effect in capability_effects()}


@pytest.mark.parametrize("kind", ACTIONS)
async def test_books_hold_while_and_after_an_action_that_moves_no_money_is_approved(bank: Bank, kind: str) -> None:
    prepared = await ACTIONS[kind](bank)
    assert prepared.kind == kind
    proposal = await propose(bank, prepared)
    await bank.proposals.claim(proposal.proposal_id, "login-1", "conv-1")
    assert await problems(bank) == []
    await bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await problems(bank) == []


async def test_books_hold_after_a_closing_that_paid_interest(desk: Desk) -> None:
    emptied = await desk.open("10000", "acc_1", source="acc_2", conversation="empty")
    await desk.claim(emptied)
    await desk.bank.proposals.settle(emptied.proposal_id, "evt-empty")
    receipt = await carry_out(desk.bank, await closing(desk.bank, "acc_2"))
    assert receipt.entry_id is not None
    assert await problems(desk.bank) == []


@pytest.mark.parametrize(
    ("tampering", "problem"),
    [
        ("UPDATE proposals SET entry_id = 'ent_other'", {"proposal.without_entry", "proposal.other_entry"}),
        ("UPDATE holds SET status = 'active'", {"hold.not_ended"}),
    ],
)
async def test_a_done_transfer_names_its_own_entry_and_holds_nothing(
    desk: Desk, ledger: Ledger, tampering: str, problem: set[str]
) -> None:
    proposal = await desk.open()
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-1")
    with raw(ledger) as connection:
        connection.execute(tampering)
    assert set(await problems(desk.bank)) == problem


async def test_a_claimed_transfer_without_its_hold_is_found(desk: Desk, ledger: Ledger) -> None:
    await desk.claim(await desk.open())
    with raw(ledger) as connection:
        connection.execute("DELETE FROM holds")
    assert await problems(desk.bank) == ["proposal.without_hold"]
