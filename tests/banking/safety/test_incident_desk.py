"""Changes of incidents, on each kind of database."""

from __future__ import annotations

import asyncio

from ultracore.banking import Bank
from ultracore.banking.safety import IncidentChange, IncidentChanged, IncidentLink


async def test_of_many_who_change_a_report_at_once_one_does(bank: Bank) -> None:
    desk = bank.security.incident_desk
    report = await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "somebody rang me")
    file = await desk.get("tenant_1", report.reference)
    assert file is not None
    link = IncidentLink("conversation", "conv-1")
    changes = (desk.change(file, IncidentChange(assigned_to=f"security{one}", link=link)) for one in range(5))
    answers = await asyncio.gather(*changes, return_exceptions=True)
    assert [isinstance(answer, IncidentChanged) for answer in answers].count(False) == 1
    (now,) = await desk.files("tenant_1", is_open=True, limit=5)
    assert (now.version, now.links) == (1, (link,))
    assert await desk.get("tenant_2", report.reference) is None


async def test_a_report_that_was_taken_back_meanwhile_is_not_closed(bank: Bank) -> None:
    desk, incidents = bank.security.incident_desk, bank.security.incidents
    report = await incidents.report("tenant_1", "cust_1", "customer1", "somebody rang me")
    (file,) = await desk.files("tenant_1", is_open=True, limit=5)
    await incidents.withdraw("tenant_1", "cust_1", report.reference)
    change = desk.change(file, IncidentChange(assigned_to=None, outcome="false_alarm"))
    (answer,) = await asyncio.gather(change, return_exceptions=True)
    assert isinstance(answer, IncidentChanged)
    (ended,) = await desk.files("tenant_1", is_open=False, limit=5)
    assert (ended.status, ended.outcome) == ("withdrawn", None)
