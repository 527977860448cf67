"""`/desk` leads people to the first page of theirs."""

from __future__ import annotations

import pytest

from tests.workbench.conftest import WorkbenchWorld


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("lender1", "/desk/loans"),
        ("security1", "/desk/incidents"),
        ("teller1", "/desk/requests"),
        ("finance1", "/desk/finance"),
    ],
)
async def test_the_desk_leads_each_to_their_first_page(bench: WorkbenchWorld, who: str, page: str) -> None:
    bench.table.add_start("/desk")
    answer = await bench.get(who, "/desk")
    assert (answer.status_code, answer.headers["location"]) == (303, page)


async def test_the_desk_leads_a_customer_nowhere(bench: WorkbenchWorld) -> None:
    bench.table.add_start("/desk")
    assert (await bench.get("customer1", "/desk")).status_code == 403
    assert bench.denied == ["customer1 /desk"]
