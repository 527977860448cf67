"""Conversations found by fields, taken away as CSV, and opened with a reason that is on the record first."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.desk.conftest import DeskWorld, person
from ultracore.audit import AuditEvent, AuditEventType
from ultracore.audit.vocabulary import (
    AssistantMessage,
    FeedbackGiven,
    GuardrailTriggered,
    PersonJoined,
    ToolDecided,
    UserMessage,
)
from ultracore.desk.searching import read_search
from ultracore.principal import Role

KIM = person("customer2", Role.CUSTOMER, customer="cust_2")
REASON = "Complaint of the customer"
HOSTILE = "<script>alert(1)</script> :::note{x} **b** [l](javascript:1)"


async def talk(desk: DeskWorld) -> None:
    """Two conversations of two customers."""
    first, second = desk.conversation("conv-one"), desk.conversation("conv-two", KIM)
    await first.write(UserMessage(f"where is my zebra payment? {HOSTILE}"))
    await first.write(ToolDecided("execute_transaction", {}, result="denied", reason="access.other_customer"))
    await first.write(AssistantMessage("It was refused.", agent="Payments"))
    await first.write(FeedbackGiven(rating="bad", rated="e-1", agent="Payments", comment="rather unclear"))
    await second.write(UserMessage("hello"))
    await second.write(GuardrailTriggered(reason="care", care="hardship"))
    await desk.conversation("conv-two", person("supervisor2", Role.SUPERVISOR)).write(
        PersonJoined(name="Sam", claim=1)
    )
    await desk.indexed()


async def shown(desk: DeskWorld, query: str, who: str = "supervisor1") -> str:
    async with desk.browser(who) as browser:
        return (await browser.get(f"/desk/conversations{query}")).text


async def told(desk: DeskWorld, kind: AuditEventType) -> list[AuditEvent]:
    recent = await desk.core.trail.get_recent_events("tenant_1", limit=50)
    return [event for event in recent if event.event_type is kind]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["conv-two", "conv-one"]),
        ("?sort=old", ["conv-one", "conv-two"]),
        ("?customer=cust_1", ["conv-one"]),
        ("?user=customer2", ["conv-two"]),
        ("?tool=execute_transaction&decision=denied", ["conv-one"]),
        ("?agent=payments", ["conv-one"]),
        ("?severity=warning&customer=cust_2", ["conv-two"]),
        ("?rating=bad&tool=execute_transaction", ["conv-one"]),
        ("?rating=good", []),
        ("?words=zebra&reason=Complaint", ["conv-one"]),
        ("?words=zebr&reason=Complaint", []),
        ("?guardrail=care", ["conv-two"]),
        ("?guardrail=care&customer=cust_2", ["conv-two"]),
        ("?guardrail=access.other_customer", []),
        ("?handled=supervisor2", ["conv-two"]),
        ("?handled=supervisor2&tool=execute_transaction", []),
        ("?handled=customer1", []),
        ("?from=2000-01-01&from_time=14:30&to=2090-01-01&to_time=00:00", ["conv-two", "conv-one"]),
        ("?to=2000-01-01&to_time=23:59", []),
        ("?from=2090-01-01", []),
        ("?customer=cust_1&to=2000-01-01", []),
    ],
)
async def test_conversations_are_found_by_fields_with_their_number(
    desk: DeskWorld, query: str, found: list[str]
) -> None:
    await talk(desk)
    page = await shown(desk, query)
    assert re.findall(r'href="/desk/conversations/(conv-\w+)"', page) == found
    assert f"{len(found)} conversation" in page


async def test_words_are_not_searched_without_a_reason(desk: DeskWorld) -> None:
    await talk(desk)
    page = await shown(desk, "?words=zebra")
    assert "Please say why" in page
    assert "conv-one" not in page
    assert await told(desk, AuditEventType.DATA_ACCESSED) == []


async def test_a_search_is_on_the_record_with_its_reason(desk: DeskWorld) -> None:
    await talk(desk)
    await shown(desk, "?words=zebra&customer=cust_1&reason=Complaint")
    (event,) = await told(desk, AuditEventType.DATA_ACCESSED)
    assert (event.user_id, event.resource_id) == ("supervisor1", "cust_1")
    assert (event.metadata or {})["search"] == {"customer": "cust_1", "words": "zebra", "reason": "Complaint"}


@pytest.mark.parametrize(
    "query", ["?colour=red", "?from=yesterday", "?decision=maybe", "?rating=x", "?sort=x", "?from=9999-12-31"]
)
async def test_an_unknown_filter_is_an_error_and_never_a_word(desk: DeskWorld, query: str) -> None:
    page = await shown(desk, query)
    assert "This filter cannot be used" in page or "0 conversations" in page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?from_time=09:00", "from_time"),
        ("?to=2026-07-01&to_time=25:00", "to_time"),
        ("?from=2026-07-01&from_time=morning", "from_time"),
        ("?guardrail=a%20b", "guardrail"),
        ("?guardrail=care&event=failed", "guardrail"),
    ],
)
async def test_a_filter_that_cannot_be_used_is_named(desk: DeskWorld, query: str, field: str) -> None:
    assert f"This filter cannot be used: {field}." in await shown(desk, query)


def test_a_time_is_the_banks_and_its_last_minute_counts() -> None:
    minute = {"from": "2026-07-01", "from_time": "09:30", "to": "2026-07-01", "to_time": "09:30"}
    query = read_search(minute, "tenant_1").query
    assert query.since == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert query.until == datetime(2026, 6, 30, 23, 31, tzinfo=UTC)


async def test_a_list_is_taken_away_as_csv_without_formulas(desk: DeskWorld) -> None:
    await desk.conversation("=cmd()", person("+1234", Role.TELLER)).write(UserMessage("hello"))
    await talk(desk)
    async with desk.browser() as browser:
        answer = await browser.get("/desk/conversations.csv?customer=cust_1")
        everything = (await browser.get("/desk/conversations.csv")).text
    assert answer.headers["content-type"].startswith("text/csv")
    rows = answer.text.splitlines()
    assert rows[0] == "conversation,user,customer,first,last,events,agents,denials,alerts"
    assert rows[1].startswith("conv-one,customer1,cust_1,")
    assert len(rows) == 2
    assert not re.search(r"(?m)(^|,)[=+@-]", everything)
    assert len(await told(desk, AuditEventType.DATA_EXPORTED)) == 2


async def test_a_conversation_is_opened_with_a_reason_and_shown_as_it_was_seen(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        asked = (await browser.get("/desk/conversations/conv-one")).text
        assert "Why do you open it?" in asked
        assert "zebra" not in asked
        assert "Please say why" in (await browser.send("/desk/conversations/conv-one", {"reason": "x . "})).text
        page = (await browser.send("/desk/conversations/conv-one", {"reason": REASON})).text
    assert "where is my zebra payment? &lt;script&gt;alert(1)&lt;/script&gt; :::note{x}" in page
    assert "<script>alert" not in page
    assert "It was refused." in page
    assert "access.other_customer" in page
    (event,) = await told(desk, AuditEventType.CONVERSATION_VIEWED)
    assert (event.user_id, event.resource_id) == ("supervisor1", "conv-one")
    assert (event.metadata or {})["stated_reason"] == REASON


async def test_a_viewing_is_good_for_the_login_that_gave_the_reason(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        answer = await browser.send("/desk/conversations/conv-one", {"reason": REASON})
    mark = str(answer.url).rpartition("?")[2]
    assert "zebra" in await shown(desk, f"/conv-one?{mark}")
    assert "zebra" not in await shown(desk, f"/conv-one?{mark}", "supervisor3")
    assert "hello" not in await shown(desk, f"/conv-two?{mark}")
    assert "zebra" not in await shown(desk, f"/conv-one?{mark}", "supervisor2")


@pytest.mark.parametrize("asked", ["conv-none", "system:tenant_1:2026-11-23", "%00", "\u2603"])
async def test_what_is_no_conversation_is_not_found(desk: DeskWorld, asked: str) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        assert (await browser.get(f"/desk/conversations/{asked}")).status_code == 404
