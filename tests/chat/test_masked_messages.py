"""The page shows a message as it is kept: what should not have been sent is redrawn masked."""

from __future__ import annotations

from tests.chat.client import Browser, Server, browser_of
from tests.chat.doubles import MEMORY_CODE


async def test_the_page_redraws_a_message_that_was_masked(customer: Browser) -> None:
    async with customer.page() as page:
        number = await page.say("my password is hunter2 and my card 4111 1111 1111 1111")
        await page.shows("I read: my password is [password] and my card [card ending 1111]")
        # The page puts a message in the place of the one with its id, new or not.
        drawn = [data for _, data in page.drawn if isinstance(data, dict) and data.get("id") == number]
        assert [one["output"] for one in drawn] == ["my password is [password] and my card [card ending 1111]"]
        assert "hunter2" not in str(page.drawn) and "4111" not in str(page.drawn)


async def test_the_page_redraws_the_pieces_of_a_card_number(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("my card is 4111 1111")
        await page.shows("I read: my card is [beginning of a card number]")
        await page.say("1111 1111 please")
        await page.shows("I read: [card ending 1111] please")
        assert "1111 1111" not in str(page.drawn)


async def test_a_message_that_holds_nothing_is_left_as_the_page_drew_it(customer: Browser) -> None:
    async with customer.page() as page:
        number = await page.say("2,500.00 went to acc_2")
        await page.shows("I read: 2,500.00 went to acc_2")
        await page.until(lambda drawn: any(name == "task_end" for name, _ in drawn))
        # It is acknowledged, and nothing is put in its place.
        told = [(name, data) for name, data in page.drawn if isinstance(data, dict) and data.get("id") == number]
        assert told == [("message_received", {"id": number})]


async def test_six_digits_of_a_person_with_a_second_factor_reach_nothing_behind_the_page(
    chat_server: Server,
) -> None:
    async with browser_of(chat_server, None) as browser:
        await browser.sign_in("customer4", code=MEMORY_CODE)
        async with browser.page() as page:
            await page.say("271828")
            await page.shows("I read: [code]")
            await page.say("150,000")
            await page.shows("I read: 150,000")
            assert "271828" not in str(page.drawn)


async def test_six_digits_of_a_person_without_one_are_an_amount(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("150000")
        await page.shows("I read: 150000")
