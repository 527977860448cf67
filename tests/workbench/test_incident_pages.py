"""Reported incidents at the security desk, and a teller's own requests."""

from __future__ import annotations

import pytest

from tests.banking.renaming import CHECKER, Counter
from tests.workbench.conftest import Fields, WorkbenchWorld
from ultracore.audit import ConversationRecord
from ultracore.audit.vocabulary import UserMessage
from ultracore.banking.safety import IncidentFile, IncidentLink
from ultracore.principal import Principal, Role


async def reported(bench: WorkbenchWorld, words: str = "somebody <b>rang</b> me", customer: str = "cust_1") -> str:
    found = await bench.bank.security.incidents.report("tenant_1", customer, "customer1", words)
    return found.reference


async def file_of(bench: WorkbenchWorld, reference: str) -> IncidentFile:
    file = await bench.bank.security.incident_desk.get("tenant_1", reference)
    assert file is not None
    return file


async def act(bench: WorkbenchWorld, reference: str, **fields: str) -> str:
    sent: Fields = {"version": str((await file_of(bench, reference)).version), **fields}
    return (await bench.send("security1", f"/desk/incidents/{reference}", **sent)).text


async def test_the_list_has_no_words_and_opening_a_report_is_a_look(bench: WorkbenchWorld) -> None:
    reference = await reported(bench)
    page = (await bench.get("security1", "/desk/incidents")).text
    assert reference in page
    assert "rang" not in page
    assert "cust_1" not in page
    assert "somebody &lt;b&gt;rang" in (await bench.get("security1", f"/desk/incidents/{reference}")).text
    (look,) = await bench.events("incident")
    assert (look.user_id, look.resource_type, look.resource_id) == ("security1", "customer", "cust_1")


async def test_a_report_is_taken_given_on_linked_and_closed_on_the_record(bench: WorkbenchWorld) -> None:
    reference, other = await reported(bench), await reported(bench, "again the same man")
    said = ConversationRecord(bench.core.trail, customer(), "conv-1").turn("turn-1", "7F3A-0001")
    await said.write(UserMessage("somebody rang me"))
    for fields in (
        {"act": "take"},
        {"act": "release"},
        {"act": "assign", "colleague": "security1"},
        {"act": "link", "target": other.lower()},
        {"act": "link", "target": "conv-1"},
        {"act": "close", "outcome": "customer_protected"},
    ):
        page = await act(bench, reference, **fields)
    assert "closed" in page
    assert "The customer is protected" in page
    file = await file_of(bench, reference)
    assert (file.status, file.assigned_to, file.version) == ("closed", "security1", 6)
    assert file.links == (IncidentLink("conversation", "conv-1"), IncidentLink("incident", other))
    told = [
        (event.metadata or {})["kind"]
        for event in await bench.events("incident.work")
        if event.result == "success"
    ]
    assert told == ["assigned", "released", "assigned", "linked", "linked", "closed"]
    assert reference in (await bench.get("security1", "/desk/incidents?show=ended")).text


def customer() -> Principal:
    roles = frozenset({Role.CUSTOMER})
    return Principal(tenant_id="tenant_1", user_id="customer1", login_id="l", roles=roles, customer_id="cust_1")


async def test_who_comes_second_reads_what_happened(bench: WorkbenchWorld) -> None:
    reference = await reported(bench)
    await act(bench, reference, act="take")
    late = await bench.send(
        "security1", f"/desk/incidents/{reference}", version="0", act="close", outcome="duplicate"
    )
    assert late.status_code == 409
    assert "Somebody else has changed this incident" in late.text
    assert (await file_of(bench, reference)).status == "open"


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "assign", "colleague": "teller1"},
        {"act": "assign", "colleague": "supervisor2"},
        {"act": "link", "target": "I-NONE-OTHER"},
        {"act": "link", "target": "system:tenant_1:2026-11-30"},
        {"act": "close", "outcome": "whatever"},
        {"act": "explode"},
    ],
)
async def test_what_no_form_of_ours_sends_changes_nothing(bench: WorkbenchWorld, fields: dict[str, str]) -> None:
    reference = await reported(bench)
    before = await file_of(bench, reference)
    await act(bench, reference, **fields)
    assert await file_of(bench, reference) == before
    assert await bench.events("incident.work") == []


async def test_a_teller_sees_their_own_requests_and_what_became_of_them(bench: WorkbenchWorld) -> None:
    counter = Counter(bench.bank)
    number = await counter.request("50")
    page = (await bench.get("teller1", "/desk/requests")).text
    assert "AUD 50.00 to " in page
    assert "waits for a supervisor" in page
    button = await bench.bank.two_persons.issue(number, CHECKER, "conv-supervisor")
    await bench.bank.two_persons.decline(button, CHECKER, "conv-supervisor")
    page = (await bench.get("teller1", "/desk/requests")).text
    assert "declined" in page
    assert "supervisor1" in page
    assert "You have asked for nothing yet" in (await bench.get("security1", "/desk/requests")).text
