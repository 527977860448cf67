"""Cases of staff in the ledger's database: one open for each person, used, idle, closed."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from tests.banking.support import MovableClock
from ultracore.banking import Bank
from ultracore.banking.access import CaseReason, EndedCase
from ultracore.banking.store.tables import staff_cases

MINUTES = 60


def how(ended: EndedCase | None) -> str | None:
    return None if ended is None else ended.how


async def test_a_case_is_used_until_it_is_idle_for_thirty_minutes(bank: Bank, clock: MovableClock) -> None:
    cases = bank.security.staff_cases
    await cases.open("tenant_1", "teller1", "cust_1", CaseReason.REQUEST, None)
    for _ in range(3):
        clock.advance(29 * MINUTES)
        assert await cases.use("tenant_1", "teller1", "cust_1") is not None
    clock.advance(30 * MINUTES)
    assert await cases.use("tenant_1", "teller1", "cust_1") is None
    assert await cases.of("tenant_1", "teller1") is None
    assert how(await cases.close("tenant_1", "teller1", if_idle=True)) == "idle"
    assert await cases.close("tenant_1", "teller1") is None


@pytest.mark.parametrize(
    "who",
    [("tenant_1", "teller1", "cust_2"), ("tenant_1", "lender1", "cust_1"), ("tenant_2", "teller1", "cust_1")],
)
async def test_a_case_is_of_one_person_customer_and_tenant(bank: Bank, who: tuple[str, str, str]) -> None:
    await bank.security.staff_cases.open("tenant_1", "teller1", "cust_1", CaseReason.FRAUD, "T-1")
    assert await bank.security.staff_cases.use(*who) is None


async def test_of_cases_that_are_opened_at_once_one_is_left_open(bank: Bank) -> None:
    cases = bank.security.staff_cases
    opened = await asyncio.gather(
        *(cases.open("tenant_1", "teller1", f"cust_{number}", CaseReason.CHECK, None) for number in (1, 2, 3))
    )
    assert sorted(str(how(before)) for _, before in opened) == ["None", "replaced", "replaced"]
    async with bank.database.read() as connection:
        left = select(func.count()).select_from(staff_cases).where(staff_cases.c.ended_at.is_(None))
        assert (await connection.execute(left)).scalar_one() == 1
    assert how(await cases.close("tenant_1", "teller1")) == "closed"
