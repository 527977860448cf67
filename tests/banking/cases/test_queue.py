"""The queue of cases on both databases: order, places, and changes that one person wins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.banking.conftest import START
from tests.banking.support import MovableClock
from ultracore.banking import Bank
from ultracore.banking.cases import Case, CaseChanged, Hit, ReadingMove, Talk

MINUTE = timedelta(minutes=1)


def hit(event_id: str, conversation_id: str, *, urgency: int = 5, wish: bool = False, rule: str = "failed") -> Hit:
    return Hit(
        event_id=event_id,
        rule="person" if wish else rule,
        urgency=urgency,
        due_at=START + 10 * MINUTE,
        at=START + int(event_id.rpartition("-")[2]) * MINUTE,
        tenant_id="tenant_1",
        conversation_id=conversation_id,
        user_id="customer1",
        customer_id="cust_1",
        wish=wish,
    )


async def only(bank: Bank) -> Case:
    (case,) = await bank.cases.waiting("tenant_1", limit=10)
    return case


async def test_the_most_urgent_case_comes_first_and_a_hit_counts_once(bank: Bank) -> None:
    hits = [hit("e-1", "one"), hit("e-2", "two", urgency=1, rule="care"), hit("e-3", "one", rule="denied")]
    await bank.cases.take_in(hits)
    await bank.cases.take_in(hits)
    found = await bank.cases.waiting("tenant_1", limit=10)
    assert [(case.conversation_id, case.rules) for case in found] == [
        ("two", ("care",)),
        ("one", ("failed", "denied")),
    ]
    assert await bank.cases.count("tenant_1") == 2
    assert await bank.cases.waiting("tenant_2", limit=10) == []


async def test_a_more_urgent_hit_moves_its_case_up(bank: Bank) -> None:
    await bank.cases.take_in([hit("e-1", "one"), hit("e-2", "one", urgency=1, rule="care")])
    case = await only(bank)
    assert (case.rule, case.urgency, case.version) == ("care", 1, 2)


async def test_a_case_of_an_unknown_tenant_stops_nothing(bank: Bank) -> None:
    foreign = Hit(**{name: getattr(hit("e-1", "x"), name) for name in Hit.__slots__} | {"tenant_id": "none"})
    assert await bank.cases.take_in([foreign, hit("e-2", "one")])
    assert (await only(bank)).conversation_id == "one"


async def test_of_two_readers_of_the_record_one_moves_on(bank: Bank) -> None:
    move = ReadingMove("record", 0, 7)
    done = await asyncio.gather(*(bank.cases.take_in([hit("e-1", "one")], move) for _ in range(2)))
    assert sorted(done) == [False, True]
    assert await bank.cases.progress("record") == 7


async def test_of_two_who_claim_a_case_one_gets_it(bank: Bank) -> None:
    await bank.cases.take_in([hit("e-1", "one")])
    seen = await only(bank)
    found = await asyncio.gather(
        *(bank.cases.assign(seen, name) for name in ("supervisor1", "supervisor3")), return_exceptions=True
    )
    assert sum(isinstance(one, CaseChanged) for one in found) == 1
    assert (await only(bank)).assigned_to in ("supervisor1", "supervisor3")


async def test_a_snoozed_case_comes_back_when_its_time_is_over(bank: Bank, clock: MovableClock) -> None:
    await bank.cases.take_in([hit("e-1", "one")])
    await bank.cases.snooze(await only(bank), START + 30 * MINUTE)
    assert await bank.cases.waiting("tenant_1", limit=10) == []
    assert await bank.cases.count("tenant_1", snoozed=True) == 1
    clock.now = START + 31 * MINUTE
    assert (await only(bank)).conversation_id == "one"


async def test_something_new_wakes_a_snoozed_case(bank: Bank) -> None:
    await bank.cases.take_in([hit("e-1", "one")])
    await bank.cases.snooze(await only(bank), START + 30 * MINUTE)
    await bank.cases.take_in([hit("e-2", "one")])
    assert (await only(bank)).snoozed_until is None


async def test_what_happens_after_the_end_of_a_case_opens_another(bank: Bank) -> None:
    await bank.cases.take_in([hit("e-1", "one")])
    ended = await bank.cases.close(await only(bank), "supervisor1", "done")
    assert (ended.status, await bank.cases.count("tenant_1")) == ("closed", 0)
    await bank.cases.take_in([hit("e-1", "one"), hit("e-2", "one")])
    assert (await only(bank)).case_id != ended.case_id


async def test_a_change_whose_record_failed_is_taken_back(bank: Bank) -> None:
    await bank.cases.take_in([hit("e-1", "one")])
    seen = await only(bank)
    await bank.cases.restore(seen, await bank.cases.close(seen, "supervisor1", "done"))
    assert ((await only(bank)).status, (await only(bank)).closed_by) == ("open", None)


async def test_who_asked_first_is_first_in_the_line(bank: Bank) -> None:
    await bank.cases.take_in([hit("e-1", "one", wish=True), hit("e-2", "two", wish=True), hit("e-3", "three")])
    places = [await bank.cases.line("tenant_1", name) for name in ("one", "two", "three")]
    assert [None if one is None else one.place for one in places] == [1, 2, None]
    await bank.claims.take(Talk("tenant_1", "one", "cust_1"), "supervisor1", "Sam")
    line = await bank.cases.line("tenant_1", "two")
    assert line is not None
    assert line.place == 1


@pytest.mark.parametrize("tenant", ["tenant_2", "none"])
async def test_another_tenants_case_does_not_exist(bank: Bank, tenant: str) -> None:
    await bank.cases.take_in([hit("e-1", "one")])
    case_id = (await only(bank)).case_id
    assert await bank.cases.get(tenant, case_id) is None
    assert await bank.cases.of_conversation(tenant, "one") is None
