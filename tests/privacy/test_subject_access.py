"""A customer asks who looked at their data, and for a copy of it: answered from record and ledger alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.ai.screen import BROWSER, Desk, principal, staff
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.audit import AuditEventType
from ultracore.banking.store.tables import core as schema
from ultracore.banking.subject.data import IN_TRANSACTIONS, NOT_ABOUT_CUSTOMERS, SECTIONS, WITHHELD, given_columns
from ultracore.errors import InvalidInput, RateLimited
from ultracore.principal import Role
from ultracore.settings import Settings


@pytest.fixture
async def offline(settings: Settings) -> AsyncIterator[Desk]:
    """`customer1` at a desk where the offline model answers."""
    async with Desk.open(settings, ScriptedModel()) as found:
        yield found


async def read_by_teller(offline: Desk) -> Desk:
    """`teller1` names the customer and reads their balances."""
    teller = await Desk.sign_in(offline.app, offline.model, staff("teller1", Role.TELLER))
    await teller.say("I am working for cust_1")
    await teller.say("what is the balance?")
    return teller


async def viewed_by_supervisor(offline: Desk, conversation_id: str, reason: str) -> None:
    """`supervisor1` opens a conversation with a reason."""
    supervisor = await Desk.sign_in(offline.app, offline.model, staff("supervisor1", Role.SUPERVISOR))
    await supervisor.say(f"/replay {conversation_id}")
    await supervisor.say(reason)


async def viewings_of(desk: Desk) -> list[dict[str, Any]]:
    """What the tool answers to this customer."""
    executed = [event for event in await desk.record() if event.event_type is AuditEventType.TOOL_EXECUTED]
    found: list[dict[str, Any]] = (executed[-1].metadata or {})["result"]["viewings"]
    return found


async def test_nobody_has_looked_on_the_first_day(offline: Desk) -> None:
    screen = await offline.say("who looked at my data?")
    assert "No member of staff has looked at your data" in screen.shown
    assert screen.ended("list_data_access") == ["done"]


async def test_what_staff_read_and_opened_is_listed_with_the_reason(offline: Desk) -> None:
    await offline.say("What's my balance?")
    await read_by_teller(offline)
    await viewed_by_supervisor(offline, offline.conversation_id, "complaint 4711")
    screen = await offline.say("who has looked at my data?")
    assert "supervisor1 (staff)" in screen.shown and "complaint 4711" in screen.shown
    looks = [(one["who"], one["reason"]) for one in await viewings_of(offline)]
    assert looks[0] == ("supervisor1 (staff)", "complaint 4711"), "newest first"
    assert ("teller1 (staff)", None) in looks


async def test_a_staff_conversation_about_the_customer_counts(offline: Desk) -> None:
    teller = await read_by_teller(offline)
    await viewed_by_supervisor(offline, teller.conversation_id, "quality check")
    await offline.say("who has looked at my data?")
    assert "quality check" in [one["reason"] for one in await viewings_of(offline)]


async def test_looks_at_somebody_else_are_not_listed(offline: Desk) -> None:
    other = await Desk.sign_in(offline.app, offline.model, principal("customer2", "cust_2"))
    await other.say("What's my balance?")
    await viewed_by_supervisor(offline, other.conversation_id, "about customer2")
    await offline.say("who has looked at my data?")
    assert await viewings_of(offline) == []
    await other.say("who has looked at my data?")
    assert [one["reason"] for one in await viewings_of(other)] == ["about customer2"]


async def test_a_model_cannot_ask_for_somebody_elses_viewings(desk: Desk) -> None:
    desk.model.expect(call("list_data_access", {"customer_id": "cust_2"}), say("No."))
    await desk.say("who has looked at my data?")
    assert await desk.denials() == ["customer.mismatch"]


async def test_the_days_can_be_bounded(desk: Desk) -> None:
    desk.model.expect(call("list_data_access", {"since": "2020-01-01", "until": "2020-12-31"}), say("Nobody."))
    await desk.say("who looked at my data in 2020?")
    assert await viewings_of(desk) == []


async def test_the_copy_is_offered_by_links_of_ours(offline: Desk) -> None:
    screen = await offline.say("I want to download my data")
    assert screen.ended("get_data_download") == ["done"]
    links = [step.links for step in screen.steps if step.links]
    assert [path for _, path in links[-1]] == ["/my-data", "/my-data.json"]


async def test_the_copy_holds_the_bank_the_conversations_and_the_viewings(offline: Desk) -> None:
    await offline.say("What's my balance?")
    await offline.say("transfer 50 dollars to City Power")
    await offline.press(approve=True)
    await viewed_by_supervisor(offline, offline.conversation_id, "complaint 4711")
    copy = await offline.app.subject_access.copy_for(offline.who, BROWSER, form="json")
    assert json.loads(json.dumps(copy)) == copy
    assert {row["account_id"] for row in copy["bank"]["accounts"]} >= {"acc_1", "acc_2"}
    assert "-50.00" in [row["amount"] for row in copy["bank"]["transactions"]]
    (conversation,) = copy["conversations"]
    assert "What's my balance?" in [item["text"] for item in conversation["shown"]]
    assert [one["reason"] for one in copy["viewings"]] == ["complaint 4711"]


async def test_the_copy_holds_nothing_of_anybody_else_and_no_secret(offline: Desk) -> None:
    other = await Desk.sign_in(offline.app, offline.model, principal("customer2", "cust_2"))
    await other.say("my secret is a lighthouse")
    await offline.say("transfer 20 dollars to my flatmate")
    text = json.dumps(await offline.app.subject_access.copy_for(offline.who, BROWSER, form="json"))
    for foreign in ("cust_2", "customer2", "acc_3", "lighthouse", "cust_9", "$argon2"):
        assert foreign not in text


async def test_the_copy_leaves_out_what_a_teller_did_for_several_customers(offline: Desk) -> None:
    await offline.say("What's my balance?")
    teller = await read_by_teller(offline)
    await teller.say("I am working for cust_2")
    await teller.say("what is the balance?")
    copy = await offline.app.subject_access.copy_for(offline.who, BROWSER, form="json")
    assert [one["conversation_id"] for one in copy["conversations"]] == [offline.conversation_id]
    assert "Sam Taylor" not in json.dumps(copy) and "cust_2" not in json.dumps(copy)
    assert [one["who"] for one in copy["viewings"]][-1] == "teller1 (staff)", "that they looked is told"


async def test_a_download_is_on_the_record_and_is_not_a_look_of_staff(offline: Desk) -> None:
    await offline.app.subject_access.copy_for(offline.who, BROWSER, form="html")
    recent = await offline.app.trail.get_recent_events("tenant_1", limit=5)
    (exported,) = [event for event in recent if event.event_type is AuditEventType.DATA_EXPORTED]
    assert (exported.user_id, exported.resource_id, exported.action) == ("customer1", "cust_1", "download")
    await offline.say("who has looked at my data?")
    assert await viewings_of(offline) == []


async def test_staff_have_no_copy(offline: Desk) -> None:
    with pytest.raises(InvalidInput):
        await offline.app.subject_access.copy_for(staff("teller1", Role.TELLER), BROWSER, form="json")


async def test_an_eleventh_download_in_an_hour_is_refused(offline: Desk) -> None:
    for _ in range(10):
        await offline.app.subject_access.copy_for(offline.who, BROWSER, form="json")
    with pytest.raises(RateLimited) as refused:
        await offline.app.subject_access.copy_for(offline.who, BROWSER, form="json")
    assert refused.value.code == "my_data.too_many"


def test_every_table_and_column_is_in_the_copy_or_withheld_for_a_reason() -> None:
    named = {table.name for table, _ in SECTIONS.values()} | set(NOT_ABOUT_CUSTOMERS) | set(IN_TRANSACTIONS)
    assert named == set(schema.metadata.tables)
    withheld = {name.rpartition(".")[2] for name in WITHHELD}
    columns = {column.name for table in schema.metadata.tables.values() for column in table.columns}
    assert withheld <= columns, "a withheld column that does not exist hides a misspelling"
    for table, _ in SECTIONS.values():
        assert given_columns(table), table.name
