"""A conversation is the same on every page that shows it, whoever changed it, over a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.chat.client import Browser, Page, Server, browser_of


@asynccontextmanager
async def twin(browser: Browser, page: Page) -> AsyncIterator[Page]:
    """Another page of the conversation that `page` shows, once that has begun."""
    async with browser.page(threadId=await thread_of(page)) as other:
        yield other


async def thread_of(page: Page) -> str:
    """The id that the page was told."""
    begun = "first_interaction"
    told = await page.until(lambda drawn: [data["thread_id"] for name, data in drawn if name == begun])
    return str(told[-1])


def answers(page: Page) -> list[str]:
    """What was answered, in order: a page draws by itself what is written on it."""
    return [text for text in page.texts() if text.startswith("I read")]


async def rested(page: Page) -> None:
    """Return once nothing runs."""
    await page.until(lambda _: not page.running)


@pytest.fixture
async def phone(chat_server: Server) -> AsyncIterator[Browser]:
    """`customer1` again, by another login."""
    async with browser_of(chat_server) as browser:
        yield browser


async def test_messages_and_answers_reach_every_page(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        async with twin(customer, page) as other:
            await other.shows("I read: hello")
            await other.say("and from here")
            for one in (page, other):
                await one.shows("I read: and from here")
                await rested(one)
            assert answers(page) == answers(other) == ["I read: hello", "I read: and from here"]
            assert "and from here" in page.texts() and "hello" in other.texts()


async def test_a_card_decided_on_one_page_is_decided_on_all(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        async with twin(customer, page) as other:
            assert (await other.offers("approve"))["payload"] == button["payload"]
            await customer.press(page, button)
            await other.shows("Receipt R-1001.")
            await other.shows("**Paid**")
            assert not other.buttons() and not any("Time left" in text for text in other.texts())


async def test_a_page_that_comes_in_the_middle_of_an_answer_gets_it_whole(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("wait")
        await page.shows("Waiting")
    async with twin(customer, page) as other:
        await other.shows("Waiting")
        await other.until(lambda _: other.running)
        await other.socket.emit("stop")
        await other.shows("You stopped this answer.")
        await rested(other)
        assert other.texts().count("Waiting") == 1


async def test_each_login_gets_buttons_of_its_own(customer: Browser, phone: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        async with twin(phone, page) as other:
            own = await other.offers("approve")
            assert own["payload"] != button["payload"]
            await other.offers("decline")
            assert len(other.buttons()) == len(page.buttons()) == 2
            await phone.press(other, own)
            for one in (page, other):
                await one.shows("Receipt R-1001.")
            assert not page.buttons() and not other.buttons()


async def test_a_card_is_born_with_buttons_on_the_pages_of_every_login(customer: Browser, phone: Browser) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        async with twin(phone, page) as other:
            await other.shows("I read: hello")
            await page.say("pay")
            theirs, own = await page.offers("approve"), await other.offers("approve")
            assert theirs["payload"] != own["payload"] and theirs["forId"] == own["forId"]


async def test_suggestions_go_on_every_page_with_the_first_message(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("which")
        await page.offers("choose")
        async with twin(customer, page) as other:
            await other.offers("choose")
            await page.say("hello")
            await other.shows("I read: hello")
            assert not other.buttons()


async def test_a_page_that_left_is_told_no_more_and_brought_up_to_date_when_it_is_back(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        async with twin(customer, page) as other:
            await other.shows("I read: hello")
        await page.say("meanwhile")
        await page.shows("I read: meanwhile")
        async with customer.page(other.session_id, threadId=await thread_of(page)) as back:
            await back.shows("I read: meanwhile")
            assert answers(back) == answers(page) == ["I read: hello", "I read: meanwhile"]
