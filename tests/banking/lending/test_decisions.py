"""Decisions on loan applications, on each kind of database."""

from __future__ import annotations

import asyncio

import pytest

from tests.banking.ledgers import REFUSED, Ledger, raw
from tests.workbench.conftest import apply
from ultracore.banking import Bank
from ultracore.banking.lending import ApplicationChanged, ApplicationFile, LoanVerdict
from ultracore.errors import InvalidInput

LETTER = "We are glad to lend you this."


def yes(by: str) -> LoanVerdict:
    return LoanVerdict(by=by, outcome="approved", reasons=("good_conduct",), letter=LETTER)


async def opened(bank: Bank, amount: int = 20_000) -> ApplicationFile:
    file = await bank.loan_decisions.get("tenant_1", await apply(bank, 1, amount=amount))
    assert file is not None
    return file


async def test_of_many_who_decide_at_once_one_does(bank: Bank) -> None:
    file = await opened(bank)
    lenders = [f"lender{number}" for number in range(6)]
    answers = await asyncio.gather(
        *(bank.loan_decisions.decide(file, yes(by), f"evt-{by}") for by in lenders), return_exceptions=True
    )
    (done,) = [one for one in answers if isinstance(one, ApplicationFile)]
    assert sum(isinstance(one, ApplicationChanged) for one in answers) == 5
    assert done.decision is not None
    assert (done.application.status.value, done.decision.state) == ("approved", "final")


async def test_of_two_second_persons_one_decides(bank: Bank) -> None:
    file = await bank.loan_decisions.decide(await opened(bank, 80_000), yes("lender1"), "evt-1")
    assert file.application.status.value == "submitted"
    answers = await asyncio.gather(
        bank.loan_decisions.agree(file, "supervisor1"),
        bank.loan_decisions.give_back(file, "lender3"),
        return_exceptions=True,
    )
    assert [isinstance(one, ApplicationChanged) for one in answers].count(True) == 1


async def test_the_first_person_is_never_the_second(bank: Bank, ledger: Ledger) -> None:
    file = await bank.loan_decisions.decide(await opened(bank, 80_000), yes("lender1"), "evt-1")
    with pytest.raises(ApplicationChanged):
        await bank.loan_decisions.agree(file, "lender1")
    with raw(ledger) as connection, pytest.raises(REFUSED):
        connection.execute("UPDATE loan_decisions SET state = 'final', decided_by = 'lender1'")


async def test_nothing_is_approved_for_somebody_whose_identity_is_not_verified(bank: Bank, ledger: Ledger) -> None:
    file = await opened(bank)
    with raw(ledger) as connection:
        connection.execute("UPDATE customers SET kyc_status = 'expired' WHERE customer_id = 'cust_1'")
    with pytest.raises(InvalidInput, match="not verified"):
        await bank.loan_decisions.decide(file, yes("lender1"), "evt-1")
    assert len(await bank.loan_decisions.files("tenant_1", "open", limit=5)) == 1


async def test_the_customer_reads_the_letter_of_a_final_decision_only(bank: Bank) -> None:
    file = await bank.loan_decisions.decide(await opened(bank, 80_000), yes("lender1"), "evt-1")
    (waits, *_) = await bank.lending.applications("tenant_1", "cust_1")
    assert (waits.status.value, waits.letter, waits.reasons) == ("submitted", "", ())
    await bank.loan_decisions.agree(file, "supervisor1")
    (told, *_) = await bank.lending.applications("tenant_1", "cust_1")
    assert (told.status.value, told.letter, told.reasons) == ("approved", LETTER, ("good_conduct",))
