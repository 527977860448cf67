"""Conversations are opened under the case of the person who opens them: it is the reason, and is told or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.desk.conftest import DeskWorld
from tests.desk.test_conversation_pages import REASON, talk, told
from ultracore.audit import AuditEventType
from ultracore.audit.reports import Viewings
from ultracore.banking.access import CaseReason, StaffCase

PLACE = "/desk/conversations/conv-one"


async def opened(desk: DeskWorld, reason: CaseReason, customer: str = "cust_1") -> StaffCase:
    cases = desk.core.bank.security.staff_cases
    case, _ = await cases.open("tenant_1", "supervisor1", customer, reason, "T-1042")
    return case


def require(desk: DeskWorld) -> None:
    access = desk.core.bank.access
    access.cases = replace(access.cases, required=True)


async def reasons(desk: DeskWorld) -> list[str | None]:
    return [one.reason for one in await Viewings(desk.core.store).of_customer("tenant_1", "cust_1")]


@pytest.mark.parametrize("reason", [CaseReason.PAYMENT, CaseReason.FRAUD])
async def test_an_open_case_is_the_reason_and_is_told_as_the_closed_list_says(
    desk: DeskWorld, reason: CaseReason
) -> None:
    await talk(desk)
    case = await opened(desk, reason)
    async with desk.browser() as browser:
        assert "is the reason" in (await browser.get(PLACE)).text
        page = await browser.send(PLACE, {})
        assert "zebra" in page.text
        assert "zebra" in (await browser.send(f"{PLACE}/watch", {})).text
    for event in await told(desk, AuditEventType.CONVERSATION_VIEWED):
        assert (event.metadata or {})["case"] == case.case_id
    watched = f"watched live: {reason.told}" if reason.told else None
    assert await reasons(desk) == [watched, reason.told]


async def test_a_case_of_another_customer_or_person_is_no_reason(desk: DeskWorld) -> None:
    await talk(desk)
    await opened(desk, CaseReason.PAYMENT, "cust_2")
    async with desk.browser() as browser:
        assert "Please say why" in (await browser.send(PLACE, {})).text
    await opened(desk, CaseReason.PAYMENT)
    async with desk.browser("supervisor3") as other:
        assert "Please say why" in (await other.send(PLACE, {})).text
    assert await told(desk, AuditEventType.CONVERSATION_VIEWED) == []


async def test_the_page_that_asks_opens_a_case_with_the_conversation(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        assert "Please choose a reason" in (await browser.send(PLACE, {"case": "curiosity"})).text
        assert "zebra" in (await browser.send(PLACE, {"case": "complaint", "ticket": "T-7"})).text
    case = await desk.core.bank.security.staff_cases.of("tenant_1", "supervisor1")
    assert case is not None
    assert (case.customer_id, case.reason, case.ticket) == ("cust_1", CaseReason.COMPLAINT, "T-7")
    assert await reasons(desk) == ["to look into a complaint"]


async def test_if_the_policy_wants_a_case_words_of_a_customer_are_shown_under_one_only(desk: DeskWorld) -> None:
    await talk(desk)
    require(desk)
    search = "/desk/conversations?words=zebra&reason=Complaint"
    async with desk.browser() as browser:
        for path in (PLACE, f"{PLACE}/watch"):
            assert "You have no open case" in (await browser.send(path, {"reason": REASON})).text
        page = (await browser.get(search)).text
        assert "under an open case" in page and "payment?" not in page
        assert await told(desk, AuditEventType.CONVERSATION_VIEWED) == []
        await opened(desk, CaseReason.REQUEST)
        assert "payment?" in (await browser.get(search)).text
    assert await reasons(desk) == ["to answer a question or request of yours"]
