"""What a customer may pay to others in 24 hours: many small payments meet the same limit as one large one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger
from tests.banking.support import Desk, MovableClock
from ultracore.banking import Bank
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.errors import ApprovalRefused, ToolRefused


def policy(folder: Path, *, in_all: str = "300.00", payee: str = "250.00") -> Path:
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    for name, amount in (("customer_day", in_all), ("payee_day", payee)):
        text = text.replace(f'{name} = "250000.00"', f'{name} = "{amount}"')
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
async def bank(ledger: Ledger, tmp_path: Path, clock: MovableClock) -> AsyncIterator[Bank]:
    opened = await Bank.open(ledger.url, clock=clock, policy=policy(tmp_path))
    yield opened
    await opened.close()


async def pay(desk: Desk, amount: str, to: str = "City Power") -> None:
    proposal = await desk.open(amount, to)
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, f"evt-{proposal.proposal_id}")


async def refusal(desk: Desk, amount: str, to: str = "City Power") -> ToolRefused:
    with pytest.raises(ToolRefused) as refused:
        await desk.terms(amount, to)
    return refused.value


async def test_small_payments_meet_the_limit_of_a_large_one(desk: Desk) -> None:
    for _ in range(4):
        await pay(desk, "60")
    found = await refusal(desk, "60")
    assert (found.code, found.facts["left"]) == ("limit.payee_day_exceeded", "10.00")
    assert "AUD 250.00" in found.sentence and "AUD 10.00 is left" in found.sentence
    await pay(desk, "10")


async def test_payments_to_several_payees_meet_the_limit_in_all(desk: Desk) -> None:
    await pay(desk, "200")
    found = await refusal(desk, "150", "Northside Rentals")
    assert (found.code, found.facts["left"]) == ("limit.day_exceeded", "100.00")
    await pay(desk, "100", "Northside Rentals")


async def test_transfers_between_own_accounts_are_no_payments(desk: Desk) -> None:
    await pay(desk, "900", "acc_2")
    await pay(desk, "250")
    assert await desk.figures() == ("1350.00", "1350.00")


async def test_what_was_paid_is_forgotten_after_24_hours_and_the_refusal_says_when(
    desk: Desk, clock: MovableClock
) -> None:
    await pay(desk, "200")
    assert "fits from" in (await refusal(desk, "60")).sentence
    clock.advance(24 * 3600 - 60)
    assert (await refusal(desk, "60")).code == "limit.payee_day_exceeded"
    clock.advance(120)
    await pay(desk, "60")


async def test_what_is_under_way_keeps_its_room_and_the_refusal_counts_with_it(desk: Desk) -> None:
    await pay(desk, "100")
    await desk.claim(await desk.open("120", conversation="conv-2"))
    assert "fits from" in (await refusal(desk, "130")).sentence
    assert "still under way" in (await refusal(desk, "131")).sentence


async def test_a_payment_above_the_limit_by_itself_leads_to_the_phone(desk: Desk) -> None:
    assert "above the limit by itself" in (await refusal(desk, "260")).sentence


async def test_cards_that_are_open_at_once_are_not_all_carried_out(desk: Desk) -> None:
    proposals = [await desk.open(100 + number, conversation=f"conv-{number}") for number in range(3)]
    answers = await asyncio.gather(*(desk.claim(one) for one in proposals), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, ApprovalRefused)]
    assert [one.code for one in refused] == ["approval.void"]
    assert "limit allows" in refused[0].sentence
    assert len([one for one in answers if not isinstance(one, BaseException)]) == 2
