from __future__ import annotations

import re

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.support import MovableClock
from ultracore.banking import Bank
from ultracore.banking.safety.incidents import Incident
from ultracore.errors import ToolRefused


async def report(bank: Bank, words: str = "Somebody rang and I gave them a code") -> Incident:
    return await bank.security.incidents.report("tenant_1", "cust_1", "customer1", words)


async def test_a_report_gets_a_reference_and_stays_open_for_a_week(bank: Bank, clock: MovableClock) -> None:
    incident = await report(bank)
    assert re.fullmatch(r"I-[A-Z]{5}-[A-Z]{5}", incident.reference)
    assert await bank.security.incidents.is_open("tenant_1", "cust_1")
    assert not await bank.security.incidents.is_open("tenant_1", "cust_2")
    clock.advance(7 * 86_400 + 1)
    assert not await bank.security.incidents.is_open("tenant_1", "cust_1")


async def test_the_same_words_within_a_day_are_the_same_report(bank: Bank, clock: MovableClock) -> None:
    first = await report(bank)
    assert await report(bank, "  Somebody rang and  I gave them a code ") == first
    assert (await report(bank, "Another thing")).reference != first.reference
    clock.advance(86_401)
    assert (await report(bank)).reference != first.reference


async def test_card_numbers_are_masked_before_they_are_stored(bank: Bank, ledger: Ledger) -> None:
    await report(bank, "My card 4111 1111 1111 1111 was used")
    with raw(ledger) as connection:
        (stored,) = connection.execute("SELECT description FROM incidents").fetchone()
    assert "4111 1111" not in stored


async def test_a_withdrawn_report_is_not_open_and_stays_on_record(bank: Bank, clock: MovableClock) -> None:
    incident = await report(bank)
    for _ in range(2):
        taken_back = await bank.security.incidents.withdraw("tenant_1", "cust_1", incident.reference.lower())
        assert taken_back.status == "withdrawn"
    assert not await bank.security.incidents.is_open("tenant_1", "cust_1")
    assert len(await bank.security.incidents.of_customer("tenant_1", "cust_1", clock.now)) == 1
    assert (await report(bank)).reference != incident.reference


@pytest.mark.parametrize(("tenant", "customer"), [("tenant_1", "cust_2"), ("tenant_2", "cust_1")])
async def test_somebody_elses_report_looks_like_none(bank: Bank, tenant: str, customer: str) -> None:
    incident = await report(bank)
    with pytest.raises(ToolRefused) as refused:
        await bank.security.incidents.withdraw(tenant, customer, incident.reference)
    assert refused.value.code == "incident.not_found"


async def test_a_closed_report_cannot_be_withdrawn(bank: Bank, ledger: Ledger) -> None:
    incident = await report(bank)
    with raw(ledger) as connection:
        connection.execute("UPDATE incidents SET status = 'closed'")
    with pytest.raises(ToolRefused) as refused:
        await bank.security.incidents.withdraw("tenant_1", "cust_1", incident.reference)
    assert refused.value.code == "incident.closed"


async def test_nothing_said_and_nobodys_report_are_refused(bank: Bank) -> None:
    with pytest.raises(ToolRefused) as refused:
        await report(bank, " \n ")
    assert refused.value.code == "incident.empty"
    with pytest.raises(ToolRefused) as refused:
        await bank.security.incidents.report("tenant_2", "cust_1", "customer1", "Something")
    assert refused.value.code == "customer.not_found"
