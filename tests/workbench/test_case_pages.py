"""The page of one's own case, and the files that are read under it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.workbench.conftest import WorkbenchWorld, apply
from tests.workbench.test_incident_pages import reported
from ultracore.audit.reports import Viewings

PAGE = "/desk/case"


async def open_case(bench: WorkbenchWorld, who: str = "security1", **fields: str) -> str:
    wanted = {"customer": "cust_1", "reason": "request", "ticket": "T-1042"} | fields
    return (await bench.send(who, PAGE, act="open", **wanted)).text


async def test_a_case_is_opened_shown_and_ended_on_the_page_and_on_the_record(bench: WorkbenchWorld) -> None:
    assert "to answer a question or request of yours" in await open_case(bench)
    assert "T-1042" in (await bench.get("security1", PAGE)).text
    assert "T-1042" not in (await bench.get("lender1", PAGE)).text
    assert "Open now" not in (await bench.send("security1", PAGE, act="close")).text
    assert len(await bench.events("case.opened")) == len(await bench.events("case.ended")) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"customer": "1"}, "begins with"),
        ({"reason": "curiosity"}, "choose a reason"),
        ({"customer": "cust_9"}, "find that customer"),
        ({"ticket": "<script>"}, "letters, digits"),
    ],
)
async def test_what_is_no_case_is_refused(bench: WorkbenchWorld, fields: dict[str, str], said: str) -> None:
    assert said in await open_case(bench, **fields)
    assert await bench.bank.security.staff_cases.of("tenant_1", "security1") is None


async def test_a_file_that_is_read_under_a_case_carries_it_and_its_customer_is_told_why(
    bench: WorkbenchWorld,
) -> None:
    reference = await reported(bench)
    await open_case(bench)
    await bench.get("security1", f"/desk/incidents/{reference}")
    await open_case(bench, "lender1", reason="aml")
    await bench.get("lender1", f"/desk/loans/{await apply(bench.bank, 1)}")
    looks = [*await bench.events("incident"), *await bench.events("loan_application")]
    assert [str((look.metadata or {})["case"])[:5] for look in looks] == ["case_", "case_"]
    told = await Viewings(bench.core.store).of_customer("tenant_1", "cust_1")
    assert [one.reason for one in told] == [None, "to answer a question or request of yours"]


async def test_if_the_policy_wants_a_case_a_file_is_opened_under_one_only(bench: WorkbenchWorld) -> None:
    access = bench.bank.access
    access.cases = replace(access.cases, required=True)
    reference = await reported(bench)
    page = (await bench.get("security1", f"/desk/incidents/{reference}")).text
    assert "You have no open case" in page and "rang" not in page
    assert await bench.events("incident") == []
    await open_case(bench)
    assert "rang" in (await bench.get("security1", f"/desk/incidents/{reference}")).text
