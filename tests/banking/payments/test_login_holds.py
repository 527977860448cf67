"""What a login may pay to others within a day of a password reset or of a new second factor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from tests.banking.ledgers import Ledger
from tests.banking.support import Desk, MovableClock, change_rows
from ultracore.banking import Bank, Money, PaymentPrice
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.banking.ledger import day_limits
from ultracore.banking.store.tables import second_factors, users
from ultracore.errors import ApprovalRefused, ToolRefused


@pytest.fixture
async def bank(ledger: Ledger, tmp_path: Path, clock: MovableClock) -> AsyncIterator[Bank]:
    path = tmp_path / "policy.toml"
    path.write_text(DEFAULT_POLICY.read_text().replace('step_up = "off"', 'step_up = "on"'))
    opened = await Bank.open(ledger.url, clock=clock, policy=path)
    yield opened
    await opened.close()


async def reset(bank: Bank, at: datetime) -> None:
    await change_rows(
        bank.database, update(users).where(users.c.user_id == "customer1").values(password_reset_at=at)
    )


async def enrol(bank: Bank, at: datetime) -> None:
    factor = {"user_id": "customer1", "sealed_secret": "x", "made_at": at, "confirmed_at": at}
    await change_rows(bank.database, insert(second_factors).values(**factor, last_counter=0, failed=0))


async def why_not(bank: Bank, amount: str, payee: str | None = "pay_1") -> ToolRefused | None:
    price = PaymentPrice(Money.parse(amount), Money.parse("0.00"))
    payment = day_limits.Payment(customer_id="cust_1", payee_id=payee, price=price)
    return await bank.ledger.login_holds.objection("customer1", payment)


async def test_after_a_reset_nothing_is_paid_to_others_for_a_day(desk: Desk, clock: MovableClock) -> None:
    assert await why_not(desk.bank, "1") is None
    card = await desk.open("50")
    await reset(desk.bank, clock())
    found = await why_not(desk.bank, "1")
    assert found is not None and (found.code, found.facts["left"]) == ("login.reset", "0.00")
    for part in ("was reset with a link", "in 24 hours", "at most AUD 0.00", "notice if it was somebody else"):
        assert part in found.sentence
    # A card from before is void, in the transaction that would have claimed it.
    with pytest.raises(ApprovalRefused, match=r"login\.reset"):
        await desk.claim(card)
    assert await why_not(desk.bank, "1", None) is None
    clock.advance(24 * 3600)
    assert await why_not(desk.bank, "1") is None


async def test_a_new_factor_leaves_a_little_that_many_at_once_cannot_get_round(
    desk: Desk, clock: MovableClock
) -> None:
    await enrol(desk.bank, clock())
    found = await why_not(desk.bank, "1000.01")
    assert found is not None and (found.code, found.facts["left"]) == ("login.new_factor", "1000.00")
    cards = [await desk.open(400 + number, conversation=f"conv-{number}") for number in range(3)]
    done = await asyncio.gather(*(desk.claim(card) for card in cards), return_exceptions=True)
    (refused,) = [one for one in done if isinstance(one, BaseException)]
    assert isinstance(refused, ApprovalRefused) and "second factor is new" in refused.sentence
    left = await why_not(desk.bank, "200")
    assert left is not None and float(left.facts["left"]) < 200
    clock.advance(24 * 3600)
    assert await why_not(desk.bank, "5000") is None


async def test_the_owner_is_told_while_something_is_held(bank: Bank, clock: MovableClock) -> None:
    assert await bank.ledger.login_holds.notice("customer1") is None
    await enrol(bank, clock())
    assert "second factor of this login is new" in (await bank.ledger.login_holds.notice("customer1") or "")
    await reset(bank, clock())
    assert "was reset with a link" in (await bank.ledger.login_holds.notice("customer1") or "")
    assert await bank.ledger.login_holds.notice("customer2") is None
    assert await bank.ledger.login_holds.notice("nobody") is None


async def test_a_factor_that_proves_nothing_holds_nothing(ledger: Ledger, clock: MovableClock) -> None:
    bank = await Bank.open(ledger.url, clock=clock)
    await enrol(bank, clock())
    assert await why_not(bank, "5000") is None
    await bank.close()
