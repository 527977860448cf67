"""Loan applications as lenders and a second person see them, and what the record and the customer see of that."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.workbench.conftest import Fields, WorkbenchWorld, apply
from ultracore.banking.lending import ApplicationFile
from ultracore.banking.store.tables import users

LETTER = "We are glad to lend you this. A colleague sends the contract."
YES: Fields = {"act": "decide", "outcome": "approved", "reasons": ["good_conduct"], "letter": LETTER}
NO: Fields = {
    "act": "decide",
    "outcome": "declined",
    "reasons": ["income_too_low"],
    "letter": "We cannot lend you this now.",
}
LARGE = 80_000


async def file_of(bench: WorkbenchWorld, reference: str) -> ApplicationFile:
    file = await bench.bank.loan_decisions.get("tenant_1", reference)
    assert file is not None
    return file


async def status(bench: WorkbenchWorld, reference: str) -> str:
    return (await file_of(bench, reference)).application.status.value


async def seen(bench: WorkbenchWorld, reference: str) -> str:
    decision = (await file_of(bench, reference)).decision
    assert decision is not None
    return decision.decision_id


async def test_the_list_tells_nothing_of_the_customer_and_goes_on_page_by_page(bench: WorkbenchWorld) -> None:
    for number in range(3):
        await apply(bench.bank, number)
    for number in range(3, 5):
        await apply(bench.bank, number, customer="cust_2")
    page = (await bench.get("lender1", "/desk/loans")).text
    assert re.findall(r"L-TESTS-\d+(?=</a>)", page) == [f"L-TESTS-{number:05}" for number in range(5)]
    assert "Alex Morgan" not in page
    assert "cust_1" not in page
    assert "L-TESTS" not in (await bench.get("lender1", "/desk/loans?page=2")).text
    assert len(await bench.bank.loan_decisions.files("tenant_1", "open", limit=2, offset=4)) == 1
    assert await bench.events("loan_application") == []


async def test_opening_a_file_is_a_look_at_the_customers_data(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1)
    page = (await bench.get("lender1", f"/desk/loans/{reference}")).text
    for words in ("Alex Morgan (cust_1)", "Income a month", "Eligibility today", "Credit score", "&lt;b&gt;red"):
        assert words in page
    (look,) = await bench.events("loan_application")
    assert (look.user_id, look.resource_type, look.resource_id) == ("lender1", "customer", "cust_1")


async def test_a_lender_decides_and_the_record_has_intent_and_outcome(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1)
    page = (await bench.send("lender1", f"/desk/loans/{reference}", **YES)).text
    assert LETTER in page
    assert "You have paid your loans with us on time." in page
    assert await status(bench, reference) == "approved"
    intent, outcome = await bench.events("loan.decide")
    assert (intent.result, outcome.result, outcome.resource_id) == ("pending", "success", reference)
    assert (outcome.metadata or {})["intent"] == intent.event_id
    assert (intent.new_value or {})["letter"] == LETTER
    assert reference in (await bench.get("lender1", "/desk/loans?show=decided")).text


async def test_of_two_lenders_one_decides_and_the_other_reads_what_happened(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1)
    path = f"/desk/loans/{reference}"
    answers = await asyncio.gather(bench.send("lender1", path, **YES), bench.send("lender3", path, **NO))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.text for answer in answers if answer.status_code == 409]
    assert "Somebody else has decided here meanwhile" in late
    decision = (await file_of(bench, reference)).decision
    assert decision is not None
    assert decision.letter in late
    results = [event.result for event in await bench.events("loan.decide")]
    assert sorted(str(result) for result in results if result != "pending") == ["failure", "success"]


async def test_above_the_amount_of_the_policy_it_takes_another_person(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1, amount=LARGE)
    path = f"/desk/loans/{reference}"
    assert "This amount takes two persons" in (await bench.get("lender1", path)).text
    await bench.send("lender1", path, **YES)
    assert await status(bench, reference) == "submitted"
    own = await bench.send("lender1", path, act="agree", seen=await seen(bench, reference))
    assert "You have made this decision yourself" in own.text
    assert reference in (await bench.get("supervisor1", "/desk/loans")).text
    await bench.send("supervisor1", path, act="agree", seen=await seen(bench, reference))
    decision = (await file_of(bench, reference)).decision
    assert decision is not None
    assert (await status(bench, reference), decision.made_by, decision.decided_by) == (
        "approved",
        "lender1",
        "supervisor1",
    )


async def test_what_a_second_person_gives_back_can_be_decided_anew_and_was_told_to_nobody(
    bench: WorkbenchWorld,
) -> None:
    reference = await apply(bench.bank, 1, amount=LARGE)
    path = f"/desk/loans/{reference}"
    await bench.send("lender1", path, **YES)
    first = await seen(bench, reference)
    await bench.send("lender3", path, act="give_back", seen=first)
    (asked, *_) = await bench.bank.lending.applications("tenant_1", "cust_1")
    assert (asked.status.value, asked.letter) == ("submitted", "")
    await bench.send("lender3", path, **NO)
    late = await bench.send("supervisor1", path, act="agree", seen=first)
    assert late.status_code == 409
    assert await status(bench, reference) == "submitted"


@pytest.mark.parametrize(
    "fields",
    [
        {**YES, "reasons": ["income_too_low"]},
        {**YES, "reasons": []},
        {**YES, "reasons": ["good_conduct", "good_conduct"]},
        {**YES, "letter": "Too short."},
        {**YES, "letter": "x" * 2_001},
        {**YES, "outcome": "withdrawn"},
        {"act": "explode"},
        {"act": "agree", "seen": "dec_1"},
    ],
)
async def test_what_no_form_of_ours_sends_decides_nothing(bench: WorkbenchWorld, fields: Fields) -> None:
    reference = await apply(bench.bank, 1)
    await bench.send("lender1", f"/desk/loans/{reference}", **fields)
    assert await status(bench, reference) == "submitted"
    assert await bench.events("loan.decide") == []


@pytest.mark.parametrize(
    ("who", "name", "by"),
    [
        ("lender1", "Lender1", "lender1"),
        ("lender1", "Alex Morgan", "customer1"),
        ("lender1", "Robin  MORGAN (lender)", "customer1"),
    ],
)
async def test_nobody_decides_for_themselves_or_a_relative(
    bench: WorkbenchWorld, who: str, name: str, by: str
) -> None:
    reference = await apply(bench.bank, 1, by=by)
    await rename(bench, who, name)
    for answer in (
        await bench.get(who, f"/desk/loans/{reference}"),
        await bench.send(who, f"/desk/loans/{reference}", **YES),
    ):
        assert answer.status_code == 403
        assert "Alex Morgan" not in answer.text
    assert await status(bench, reference) == "submitted"
    refusals = await bench.events("loan_application")
    assert {(event.result, event.event_type.value) for event in refusals} == {("denied", "permission_denied")}


async def rename(bench: WorkbenchWorld, user_id: str, name: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(update(users).where(users.c.user_id == user_id).values(display_name=name))

    await bench.bank.database.write(work)


async def test_who_says_that_they_are_a_relative_decides_nothing_there_any_more(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1)
    path = f"/desk/loans/{reference}"
    for _ in range(2):
        await bench.send("lender1", path, act="tie")
    assert (await bench.send("lender1", path, **YES)).status_code == 403
    assert len(await bench.events("tie.declare")) == 1
    assert (await bench.get("lender3", path)).status_code == 200


async def test_an_auditor_decides_nothing_also_as_a_lender(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1)
    assert (await bench.send("lender4", f"/desk/loans/{reference}", **YES)).status_code == 404
    assert await status(bench, reference) == "submitted"


async def test_nothing_is_decided_that_cannot_be_recorded(bench: WorkbenchWorld) -> None:
    reference = await apply(bench.bank, 1)
    await bench.core.store.close()
    answer = await bench.send("lender1", f"/desk/loans/{reference}", **YES)
    assert answer.status_code >= 500
    assert await status(bench, reference) == "submitted"
