"""Reports on a page: figures that an independent count confirms, on the record, and the same as files."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.desk.conftest import CUSTOMER, DeskWorld, person
from tests.desk.test_conversation_pages import KIM, told
from tests.documents.conftest import text_of
from ultracore.audit import AuditEventType, ConversationRecord
from ultracore.audit.vocabulary import (
    AssistantMessage,
    ConversationEvent,
    ConversationRouted,
    FeedbackGiven,
    HandoffRequested,
    Spent,
    ToolDecided,
    ToolExecuted,
    TurnFailed,
    UserMessage,
    Written,
)
from ultracore.principal import Principal, Role
from ultracore.zone import day_of

HOSTILE = person("=cmd|x", Role.CUSTOMER, customer="cust_1")


def spent(tokens: int) -> Spent:
    return Spent(language="en", model="model-a", prompt_version="p1", tokens=tokens, cost=Decimal("0.000250"))


def answer(text: str, tokens: int, agent: str = "Accounts") -> AssistantMessage:
    return AssistantMessage(text, agent=agent, written=Written(1, datetime.now(UTC)), spent=spent(tokens))


async def wrote(desk: DeskWorld, name: str, who: Principal, *events: ConversationEvent) -> None:
    """A conversation with a message in front of each answer."""
    record = ConversationRecord(desk.core.trail, who, name)
    for number, event in enumerate(events):
        await record.turn(f"{name}-{number // 2}", "7F3A-0001").write(event)


async def busy_day(desk: DeskWorld) -> None:
    """Five conversations: contained, asked for a person, failed, and one whose subject came back."""
    routed = ConversationRouted(label="accounts", agent="Accounts", score=0.9)
    hello, wish = UserMessage("hello"), HandoffRequested(source="Anya", target="person", reason="p", score=None)
    moved = HandoffRequested(source="Accounts", target="Payments", reason="subject.changed", score=0.8)
    rated = FeedbackGiven(rating="bad", rated="e-1", agent="Accounts")
    denied = ToolDecided("execute_transaction", {}, result="denied", reason="access.other_customer")
    done = ToolExecuted("get_account_balance", {}, outcome="success", result=None, intent="e-9")
    await wrote(desk, "conv-1", CUSTOMER, hello, answer("one", 10), hello, answer("two", 20), routed)
    await wrote(desk, "conv-2", CUSTOMER, hello, wish, hello, denied, routed)
    await wrote(desk, "conv-3", KIM, hello, TurnFailed(reason="model.unreachable"), moved)
    changed = FeedbackGiven(rating="good", rated="e-1", agent="Accounts")
    await wrote(desk, "conv-4", KIM, hello, answer("three", 5, "Payments"), done, rated, changed)
    await wrote(desk, "conv-5", HOSTILE, hello)
    await desk.conversation("conv-9", person("customer9", Role.CUSTOMER, "tenant_2", "cust_9")).write(hello)


def period(days: int = 1) -> str:
    """From yesterday to tomorrow: no midnight during the test is outside."""
    today = day_of(datetime.now(UTC))
    return f"from={today - timedelta(days=days)}&to={today + timedelta(days=1)}"


async def asked(desk: DeskWorld, form: str, kind: str = "conversations", who: str = "supervisor1") -> str:
    async with desk.browser(who) as browser:
        answer = await browser.get(f"/desk/reports{form}?report={kind}&{period()}")
        assert answer.status_code == 200, answer.text
        return answer.text


async def events_of(desk: DeskWorld) -> list[dict[str, Any]]:
    rows = await desk.core.store.read(lambda reader: [json.loads(row.body) for row in reader.stored()])
    mine = [row for row in rows if row["tenant_id"] == "tenant_1" and not row["stream_id"].startswith("system")]
    return [row | {"metadata": row["metadata"] or {}} for row in mine]


async def test_figures_of_conversations_equal_an_independent_count(desk: DeskWorld) -> None:
    await busy_day(desk)
    made = json.loads(await asked(desk, ".json"))
    events = await events_of(desk)
    of = Counter(event["event_type"] for event in events)
    answers = [one for one in events if one["event_type"] == "assistant_message"]
    assert made["conversations"] == len({one["stream_id"] for one in events}) == 5
    assert made["messages"] == of["user_message"]
    assert sum(made["by_day"].values()) == 5
    assert sum(one["answers"] for one in made["answers"]) == len(answers)
    assert sum(one["tokens"] for one in made["answers"]) == sum(one["metadata"]["tokens"] for one in answers)
    cost = sum(Decimal(one["metadata"]["cost"]) for one in answers)
    assert sum(Decimal(one["cost"]) for one in made["answers"]) == cost
    assert sum(one["denied"] for one in made["tools"]) == sum(one["result"] == "denied" for one in events)
    assert made["languages"] == {"en": len(answers)}
    assert (made["with_failure"], sum(made["hand_overs"].values())) == (of["turn_failed"], 1)


async def test_contained_are_those_that_asked_failed_and_came_back_no_more(desk: DeskWorld) -> None:
    await busy_day(desk)
    made = json.loads(await asked(desk, ".json"))
    # conv-1 came back as conv-2, which asked for a person; conv-3 failed.
    assert (made["asked_for_person"], made["with_failure"], made["came_back"]) == (1, 1, 1)
    assert made["contained"] == 2
    assert made["ratings"] == [{"agent": "Accounts", "good": 1, "bad": 0}]
    kinds = {(one["kind"], one["what"], one["reason"]) for one in made["unmet"]}
    assert ("refused", "execute_transaction", "access.other_customer") in kinds
    assert ("failed", "", "model.unreachable") in kinds
    assert made["before"]["conversations"] == 0


async def test_a_figure_leads_to_as_many_conversations(desk: DeskWorld) -> None:
    await busy_day(desk)
    await desk.indexed()
    async with desk.browser() as browser:
        links = await browser.links(f"/desk/reports?{period()}", r"/desk/conversations\?[^\"]+")
        pages = {link: (await browser.get(link.replace("&amp;", "&"))).text for link in links}
    fields = [parse_qs(urlsplit(link.replace("&amp;", "&")).query) for link in links]
    assert {"person"} in [set(one.get("event", ())) for one in fields]
    for link, page in pages.items():
        wanted = "5 conversations" if link.count("=") == 2 else "1 conversation."  # the period alone
        assert wanted in page, link


async def test_every_report_is_shown_and_on_the_record(desk: DeskWorld) -> None:
    await busy_day(desk)
    kinds = ["conversations", "access", "transactions", "security", "compliance"]
    for kind in kinds:
        assert "What is counted" in await asked(desk, "", kind, "auditor1")
    shown = await told(desk, AuditEventType.DATA_ACCESSED)
    assert [event.resource_id for event in reversed(shown)] == kinds
    assert {(event.user_id, event.resource_type) for event in shown} == {("auditor1", "report")}


async def test_a_report_is_taken_away_as_a_sheet_without_formulas(desk: DeskWorld) -> None:
    await busy_day(desk)
    await desk.core.trail.log_data_access("tenant_1", "=cmd|calc", "customer", "cust_1", "read", True)
    rows = list(csv.reader(io.StringIO(await asked(desk, ".csv", "access"))))
    cells = [cell for row in rows for cell in row if cell]
    assert not [cell for cell in cells if cell[0] in "=@\t\r"]
    assert "customer:cust_1" in cells
    (event,) = await told(desk, AuditEventType.DATA_EXPORTED)
    assert event.resource_id == "access"


async def test_a_report_is_taken_away_as_a_pdf_with_the_same_figures(desk: DeskWorld) -> None:
    await busy_day(desk)
    async with desk.browser() as browser:
        made = await browser.get(f"/desk/reports.pdf?report=conversations&{period()}")
    assert made.headers["content-type"] == "application/pdf"
    text = text_of(made.content)
    assert "Report: Conversations" in text
    assert "Conversations 5 0 +5" in " ".join(text.split())
    assert "execute_transaction" in text
    (event,) = await told(desk, AuditEventType.DATA_EXPORTED)
    assert event.resource_id == "conversations"


async def test_a_page_to_print_holds_all_that_it_needs_and_nothing_hostile(desk: DeskWorld) -> None:
    await desk.core.trail.log_data_access("tenant_1", "u", "x", "<script>alert(1)</script>", "read", True)
    page = await asked(desk, ".html", "access")
    assert "<style>" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "href=" not in page


async def test_what_cannot_be_reported_is_said_and_not_recorded(desk: DeskWorld) -> None:
    asked_for = ["report=x", "from=yesterday", "colour=red", "from=2026-02-30", "to=9999-1-1"]
    async with desk.browser() as browser:
        for query in [*asked_for, "from=2026-11-02&to=2026-11-01"]:
            assert (await browser.get(f"/desk/reports?{query}")).status_code == 400, query
    assert await told(desk, AuditEventType.DATA_ACCESSED) == []
