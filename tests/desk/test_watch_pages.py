"""A supervisor reads a conversation while it goes on: with a reason, and only as long as they may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.desk.conftest import PEOPLE, Browser, DeskWorld, person
from tests.desk.test_conversation_pages import REASON, talk, told
from ultracore.audit import AuditEventType
from ultracore.audit.vocabulary import AssistantMessage, UserMessage
from ultracore.principal import Role

PLACE = "/desk/conversations/conv-one/watch"


async def watched(browser: Browser) -> str:
    """Begin to watch; the address of the page."""
    answer = await browser.send(PLACE, {"reason": REASON})
    assert answer.status_code == 200
    return str(answer.url)


async def test_what_is_said_meanwhile_is_on_the_page_and_the_rest_of_the_record_is_not(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        page = await watched(browser)
        await desk.conversation("conv-one").write(UserMessage("and where is my walrus payment?"))
        await desk.conversation("conv-one").write(AssistantMessage("It is on its way.", agent="Payments"))
        text = (await browser.get(page)).text
    assert "walrus payment" in text and "It is on its way." in text
    assert "access.other_customer" not in text and "<script>alert" not in text


async def test_watching_is_on_the_record_with_its_reason_and_needs_one(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        assert "Please say why" in (await browser.send(PLACE, {"reason": "x"})).text
        assert await told(desk, AuditEventType.CONVERSATION_VIEWED) == []
        await watched(browser)
    (event,) = await told(desk, AuditEventType.CONVERSATION_VIEWED)
    assert (event.metadata or {})["stated_reason"] == f"watched live: {REASON}"


async def test_without_the_mark_of_a_reason_the_reason_is_asked(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        page = await watched(browser)
    async with desk.browser("supervisor3") as other:
        # The mark of somebody else opens nothing.
        assert (await other.get(page)).headers["location"].endswith("/desk/conversations/conv-one")


async def test_watching_ends_when_the_right_is_taken_away(
    desk: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        page = await watched(browser)
        monkeypatch.setitem(PEOPLE, "supervisor1", person("supervisor1", Role.TELLER))
        answer = await browser.get(page)
    assert answer.status_code == 403
    assert "zebra" not in answer.text


async def test_an_auditor_replays_and_does_not_watch(desk: DeskWorld) -> None:
    await talk(desk)
    opened = "/desk/conversations/conv-one"
    async with desk.browser() as browser:
        assert "Watch it live" in (await browser.send(opened, {"reason": REASON})).text
    async with desk.browser("auditor1") as browser:
        replayed = await browser.send(opened, {"reason": REASON})
        assert "Watch it live" not in replayed.text
        assert (await browser.send(PLACE, {"reason": REASON})).status_code == 403


async def test_if_the_customer_must_be_told_and_cannot_be_nothing_is_watched(desk: DeskWorld) -> None:
    await talk(desk)
    desk.parts = replace(desk.parts, rules=replace(desk.rules, tell_of_watching=True))
    async with desk.browser() as browser:
        # These pages are without the Redis by which customers are reached.
        answer = await browser.send(PLACE, {"reason": REASON})
    assert answer.status_code == 503
    assert "zebra" not in answer.text
