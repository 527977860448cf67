"""The list of a person's conversations, and going on with one of them, over a real server with doubles."""

from __future__ import annotations

import asyncio
import html
import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as SocketRefused  # type: ignore[import-untyped]

from tests.cache.waiting import eventually
from tests.chat.client import Browser, Page, Server, browser_of
from tests.chat.doubles import NOTICE
from tests.support.deadlines import PATIENCE
from ultracore.audit.masking import mask
from ultracore.chat.http.threads import UNKNOWN
from ultracore.markdown import BANK_MARK

TITLE = re.compile(r"(Accounts|Payments|Anya), \d{1,2} [A-Z][a-z]{2,3}, \d{1,2}:\d\d [ap]m")
CARD_NUMBER = "4111 1111 1111 1111"


@pytest.fixture
async def desk_clerk(chat_server: Server) -> AsyncIterator[Browser]:
    """`customer2`, who has no conversation of anybody else's."""
    async with browser_of(chat_server, "customer2") as browser:
        yield browser


async def listed(browser: Browser, **filters: Any) -> list[dict[str, Any]]:
    """The first page of the list."""
    pagination = {"first": filters.pop("first", 50), "cursor": filters.pop("cursor", None)}
    answer = await browser.http.post("/project/threads", json={"pagination": pagination, "filter": filters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def conversation(browser: Browser, *texts: str) -> str:
    """Have a conversation, close its page, and return its id once it has been kept."""
    async with browser.page() as page:
        for text in texts:
            await page.say(text)
            await page.until(lambda drawn, text=text: _answered(drawn), text)  # type: ignore[misc]
            page.drawn.append(("read", None))
        return await kept(browser, page, texts[-1])


async def kept(browser: Browser, page: Page, said: str) -> str:
    """The page's thread, once an answer to `said` can be found in it."""
    thread_id: str = next(data["thread_id"] for name, data in page.drawn if name == "first_interaction")
    async with asyncio.timeout(PATIENCE):
        while True:
            outputs = [step["output"] for step in await steps(browser, thread_id)]
            if mask(said) in outputs and len(outputs) > outputs.index(mask(said)) + 2:
                return thread_id
            await asyncio.sleep(0.05)


async def steps(browser: Browser, thread_id: str) -> list[dict[str, Any]]:
    answer = await browser.http.get(f"/project/thread/{thread_id}")
    found: list[dict[str, Any]] = answer.json()["steps"]
    return found


async def _says(browser: Browser, thread_id: str, beginning: str) -> bool:
    return any(step["output"].startswith(beginning) for step in await steps(browser, thread_id))


def _answered(drawn: list[tuple[str, Any]]) -> bool:
    since = [name for name, _ in drawn]
    since = since[len(since) - since[::-1].index("read") :] if "read" in since else since
    return "task_end" in since[since.index("task_start") :] if "task_start" in since else False


async def test_a_title_is_the_agent_with_the_date_then_the_card_and_never_what_was_said(customer: Browser) -> None:
    thread_id = await conversation(customer, "hello, my secret wish")
    assert TITLE.fullmatch((await listed(customer))[0]["name"])
    async with customer.page(threadId=thread_id) as page:
        await page.say("pay")
        await page.until(lambda drawn: "Pay City Power" in _titles(drawn), "the card's title")
    assert (await listed(customer))[0]["name"] == "Pay City Power"
    assert "secret" not in json.dumps(await listed(customer))


def _titles(drawn: list[tuple[str, Any]]) -> list[str]:
    return [data["interaction"] for name, data in drawn if name == "first_interaction"]


async def test_a_greeting_alone_is_no_conversation(desk_clerk: Browser) -> None:
    before = await listed(desk_clerk)
    async with desk_clerk.page() as page:
        await page.shows(NOTICE)
    assert await listed(desk_clerk) == before


async def test_another_page_goes_on_where_the_first_one_ended(customer: Browser) -> None:
    thread_id = await conversation(customer, "what's my balance?")
    async with customer.page(threadId=thread_id) as page:
        _, thread = await page.until(lambda drawn: next((one for one in drawn if one[0] == "resume_thread"), None))
        assert thread["id"] == thread_id
        texts = [step["output"] for step in thread["steps"] if step["output"]]
        assert NOTICE in texts[0] and texts[1] == "what's my balance?"
        assert any("| Everyday ··4821 | AUD 2,500.00 |" in text for text in texts)
        assert texts[-1].startswith("Your everyday account")
        parents = {step["id"] for step in thread["steps"]}
        assert all(step["parentId"] in parents for step in thread["steps"] if step["parentId"])
        await page.say("and now?")
        await page.shows("I read: and now?")
        assert await kept(customer, page, "and now?") == thread_id


async def test_an_open_card_is_shown_again_once_with_the_buttons_of_its_login(customer: Browser) -> None:
    async with customer.page() as first:
        await first.say("pay")
        old = await first.offers("approve")
        thread_id = await kept(customer, first, "pay")
    async with customer.page(threadId=thread_id) as page:
        button = await page.offers("approve")
        assert button["payload"] == old["payload"]
        await customer.press(page, button)
        await page.shows("Receipt R-1001.")
        assert [name for name, _ in page.drawn].count("action") == 2


async def test_a_card_is_kept_open_and_then_as_it_was_decided(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("decline")
        thread_id = await kept(customer, page, "pay")
        (card,) = [step for step in await steps(customer, thread_id) if step["metadata"].get("kind") == "card"]
        assert card["id"] == button["forId"]
        await customer.press(page, button)
        await page.shows("Nothing was paid.")
        await eventually(lambda: _says(customer, thread_id, f"{BANK_MARK} **Declined**"), PATIENCE)
    after = await steps(customer, thread_id)
    assert not [step for step in after if step["metadata"].get("kind") == "card"]


async def test_what_is_kept_is_masked_and_on_the_white_list(customer: Browser) -> None:
    thread_id = await conversation(customer, f"my card is {CARD_NUMBER}")
    # The double answers with what it was sent, as no real desk does.
    answer = await customer.http.get(f"/project/thread/{thread_id}")
    assert "4111" not in answer.text and "my card is" in answer.text
    thread = answer.json()
    assert (thread["metadata"], thread["userIdentifier"]) == ({}, "customer1")
    for step in thread["steps"]:
        assert set(step["metadata"]) <= {"avatarName", "icon", "kind", "figures", "figures_words"}
        assert step["input"] == ""


async def test_a_conversation_can_be_renamed_and_keeps_that_name(customer: Browser) -> None:
    thread_id = await conversation(customer, "hello")
    name = f"  Holiday \n {CARD_NUMBER} "
    answer = await customer.http.put("/project/thread", json={"threadId": thread_id, "name": name})
    assert answer.json() == {"success": True}
    async with customer.page(threadId=thread_id) as page:
        await page.say("pay")
        await page.offers("approve")
    found = next(one for one in await listed(customer) if one["id"] == thread_id)
    assert found["name"].startswith("Holiday ") and "4111" not in found["name"]
    assert thread_id in [one["id"] for one in await listed(customer, search="hOLiday")]
    for bad in ("", "   ", "x" * 81, None, 7):
        refused = await customer.http.put("/project/thread", json={"threadId": thread_id, "name": bad})
        assert (refused.status_code, refused.json()["detail"]) == (
            400,
            "Please choose a name of 1 to 80 characters.",
        )


async def test_a_search_finds_what_one_wrote_in_conversations_of_ones_own_list(
    customer: Browser, desk_clerk: Browser
) -> None:
    thread_id = await conversation(customer, "hello")
    (found,) = await listed(customer, search=f"in {thread_id}")
    assert found["id"] == thread_id and found["name"].endswith(" · “as I said”")
    # Even if the search named it to somebody else, or it was taken off the list.
    assert await listed(desk_clerk, search=f"in {thread_id}") == []
    await customer.http.request("DELETE", "/project/thread", json={"threadId": thread_id})
    assert await listed(customer, search=f"in {thread_id}") == []


async def test_a_deleted_conversation_is_gone_and_its_page_cannot_bring_it_back(
    customer: Browser, chat_server: Server
) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        thread_id = await kept(customer, page, "hello")
        answer = await customer.http.request("DELETE", "/project/thread", json={"threadId": thread_id})
        assert answer.json() == {"success": True}
        await page.say("still there?")
        await page.shows("I read: still there?")
    assert thread_id not in [one["id"] for one in await listed(customer)]
    assert (await customer.http.get(f"/project/thread/{thread_id}")).status_code == 404
    with pytest.raises(SocketRefused):
        async with customer.page(threadId=thread_id):
            pass
    assert "data_deleted tenant_1 customer1" in chat_server.events()


async def test_what_cannot_be_put_on_the_record_is_not_changed(customer: Browser, chat_server: Server) -> None:
    thread_id = await conversation(customer, "hello")
    (before,) = [one["name"] for one in await listed(customer) if one["id"] == thread_id]
    record, aside = chat_server.data / "events.txt", chat_server.data / "events.aside"
    record.rename(aside)
    record.mkdir()
    try:
        renamed = await customer.http.put("/project/thread", json={"threadId": thread_id, "name": "Holiday"})
        removed = await customer.http.request("DELETE", "/project/thread", json={"threadId": thread_id})
    finally:
        record.rmdir()
        aside.rename(record)
    assert (renamed.status_code, removed.status_code) == (503, 503)
    assert [one["name"] for one in await listed(customer) if one["id"] == thread_id] == [before]


async def test_somebody_elses_conversation_is_answered_like_one_that_is_not(
    customer: Browser, other: Browser, chat_server: Server
) -> None:
    theirs = await conversation(customer, "hello")
    before = chat_server.events().count("permission_denied tenant_1 customer2")
    for thread_id in (theirs, str(uuid.uuid4())):
        answers = [
            await other.http.get(f"/project/thread/{thread_id}"),
            await other.http.put("/project/thread", json={"threadId": thread_id, "name": "Mine now"}),
            await other.http.request("DELETE", "/project/thread", json={"threadId": thread_id}),
        ]
        assert [(one.status_code, one.json()) for one in answers] == [(404, {"detail": UNKNOWN})] * 3
        with pytest.raises(SocketRefused):
            async with other.page(threadId=thread_id):
                pass
    assert theirs not in [one["id"] for one in await listed(other)]
    assert chat_server.events().count("permission_denied tenant_1 customer2") == before + 8
    assert any(one["id"] == theirs and TITLE.fullmatch(one["name"]) for one in await listed(customer))


async def test_the_list_comes_in_pages_that_fit_together(customer: Browser) -> None:
    for number in range(3):
        await conversation(customer, f"hello {number}")
    every = [one["id"] for one in await listed(customer)]
    pages: list[str] = []
    cursor: str | None = None
    while True:
        body = {"pagination": {"first": 2, "cursor": cursor}, "filter": {}}
        answer = (await customer.http.post("/project/threads", json=body)).json()
        pages += [one["id"] for one in answer["data"]]
        cursor = answer["pageInfo"]["endCursor"]
        if not answer["pageInfo"]["hasNextPage"]:
            break
    assert pages == every and len(every) >= 3
    assert await listed(customer, cursor="not in the list") == []
    assert len(await listed(customer, first=-5)) == 1
    assert await listed(customer, search="zzz" * 100) == []


@pytest.mark.parametrize("body", [b"{}", b'{"pagination": 7, "filter": []}', b'{"pagination": {"first": "x"}}'])
async def test_a_strange_request_gets_the_first_page(customer: Browser, body: bytes) -> None:
    assert (await customer.http.post("/project/threads", content=body)).status_code == 200


async def test_without_a_login_there_is_no_list(chat_server: Server) -> None:
    thread = {"threadId": str(uuid.uuid4()), "name": "x"}
    async with browser_of(chat_server, None) as nobody:
        answers = [
            await nobody.http.post("/project/threads", json={}),
            await nobody.http.get(f"/project/thread/{uuid.uuid4()}"),
            await nobody.http.put("/project/thread", json=thread),
            await nobody.http.request("DELETE", "/project/thread", json=thread),
        ]
        assert [one.status_code for one in answers] == [401] * 4


@pytest.mark.parametrize(
    ("accepted", "language", "placeholder", "title"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es", "Escribe a Anya", "Consultó el saldo"),
        ("zh-CN,zh;q=0.9", "zh", "给 Anya 写消息", "查询了余额"),
        ("fr-FR,es;q=0.5", "en", "Write to Anya", "Looked up the balance"),
        ("../es, <script>", "en", "Write to Anya", "Looked up the balance"),
    ],
)
async def test_labels_and_names_of_steps_follow_the_language_of_the_browser(
    customer: Browser, accepted: str, language: str, placeholder: str, title: str
) -> None:
    headers = {"Accept-Language": accepted}
    words = await customer.http.get("/project/translations?language=en-AU", headers=headers)
    page = await customer.http.get("/", headers=headers)
    assert words.json()["translation"]["chat"]["input"]["placeholder"] == placeholder
    assert f'<html lang="{language}">' in page.text
    names = re.search('name="anya-steps" content="([^"]*)"', page.text)
    assert names is not None
    assert json.loads(html.unescape(names[1]))["get_account_balance"][0] == title
    assert [one.headers["vary"] for one in (words, page)] == ["Accept-Language"] * 2


async def test_a_phone_number_keeps_its_order_among_arabic_letters(customer: Browser) -> None:
    answer = await customer.http.get("/project/translations", headers={"Accept-Language": "ar"})
    assert re.search("\u2066[\\d ]+\u2069", answer.json()["translation"]["chat"]["watermark"])


async def test_the_page_is_told_that_conversations_can_be_resumed(customer: Browser) -> None:
    settings = (await customer.http.get("/project/settings")).json()
    assert (settings["dataPersistence"], settings["threadResumable"], settings["threadSharing"]) == (
        True,
        True,
        False,
    )
    shell = await customer.http.get(f"/thread/{uuid.uuid4()}")
    assert shell.status_code == 200 and '<div id="root">' in shell.text
