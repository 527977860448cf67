"""One person talks in a conversation, under a number that older ones cannot use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.banking.conftest import START
from tests.banking.support import MovableClock
from ultracore.banking import Bank
from ultracore.banking.cases import Talk, TalkClaim

TALK = Talk("tenant_1", "one", "cust_1")


async def claimed(bank: Bank, by: str = "supervisor1") -> TalkClaim:
    claim = await bank.claims.take(TALK, by, "Sam")
    assert claim is not None
    return claim


async def test_of_two_who_take_a_conversation_over_one_gets_it(bank: Bank) -> None:
    names = ("supervisor1", "supervisor3")
    found = await asyncio.gather(*(bank.claims.take(TALK, name, name) for name in names))
    (claim,) = [one for one in found if one is not None]
    holder = await bank.claims.holder("one")
    assert holder == claim
    assert claim.number == 1


async def test_an_older_number_can_do_nothing(bank: Bank) -> None:
    old = await claimed(bank)
    assert await bank.claims.leave(old)
    new = await claimed(bank)
    assert new.number == old.number + 1
    assert not await bank.claims.act(old)
    assert not await bank.claims.leave(old)
    assert await bank.claims.act(new)


async def test_a_claim_that_is_asked_for_twice_is_the_same(bank: Bank) -> None:
    assert (await claimed(bank)).number == (await claimed(bank)).number


async def test_another_tenant_gets_no_claim(bank: Bank) -> None:
    await bank.claims.leave(await claimed(bank))
    assert await bank.claims.take(replace(TALK, tenant_id="tenant_2"), "supervisor2", "Eve") is None


async def test_who_does_nothing_is_idle_unless_they_act_meanwhile(bank: Bank, clock: MovableClock) -> None:
    await claimed(bank)
    clock.now = START + timedelta(minutes=6)
    (idle,) = await bank.claims.idle(START + timedelta(minutes=1))
    assert await bank.claims.act(idle)
    assert not await bank.claims.leave_idle(idle)
    (now,) = await bank.claims.of_user("tenant_1", "supervisor1")
    assert await bank.claims.leave_idle(replace(now))
    assert await bank.claims.holder("one") is None


async def test_who_has_talked_in_a_conversation_took_part_for_ever(bank: Bank, clock: MovableClock) -> None:
    await bank.claims.leave(await claimed(bank))
    clock.now = START + timedelta(days=30)
    assert await bank.claims.took_part(TALK, "supervisor1")
    assert not await bank.claims.took_part(TALK, "supervisor3")


async def test_who_talks_with_a_customer_takes_part_in_what_is_theirs_for_a_day(
    bank: Bank, clock: MovableClock
) -> None:
    await claimed(bank)
    other = replace(TALK, conversation_id="tellers")
    assert await bank.claims.took_part(other, "supervisor1")
    clock.now = START + timedelta(hours=25)
    assert not await bank.claims.took_part(other, "supervisor1")
