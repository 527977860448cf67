"""A whole conversation over a real server with a scripted desk."""

from __future__ import annotations

import asyncio

from tests.chat.client import Browser, Server, browser_of
from tests.chat.doubles import GREETING, NOTICE, STARTERS
from ultracore.chat.page import NOT_AGAIN


async def test_a_new_page_is_greeted_with_suggestions(customer: Browser) -> None:
    async with customer.page() as page:
        await page.shows(NOTICE)
        assert page.texts() == [f"{GREETING}\n\n{NOTICE}"]
        await page.until(lambda _: len(page.buttons()) == len(STARTERS))
        assert [button["label"] for button in page.buttons()] == list(STARTERS)


async def test_an_answer_is_streamed_under_the_agents_name(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        begun = next(data for name, data in page.drawn if name == "stream_start")
        assert begun["name"] == "Accounts"
        await page.until(lambda drawn: drawn[-1][0] == "task_end")
        assert not page.buttons()


async def test_a_tool_call_is_a_step_with_its_summary_and_no_input(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("balance?")
        await page.shows("AUD 10,000.00**.")
        step = [data for _, data in page.drawn if isinstance(data, dict) and data.get("type") == "tool"][-1]
        assert (step["name"], step["input"], step["isError"]) == ("get_account_balance", "", False)
        assert (
            "Two accounts were read." in step["output"] and "| Everyday ··4821 | AUD 2,500.00 |" in step["output"]
        )


async def test_a_suggestion_is_the_same_as_typing_it(customer: Browser) -> None:
    async with customer.page() as page:
        await page.until(lambda _: len(page.buttons()) == len(STARTERS))
        button = page.buttons()[-1]
        assert button["payload"] == {"starter": len(STARTERS) - 1}
        assert (await customer.press(page, button)).status_code == 200
        await page.offers("approve")
        said = [data for _, data in page.drawn if isinstance(data, dict) and data.get("type") == "user_message"]
        assert [one["output"] for one in said] == [STARTERS[-1]]


async def test_a_question_is_answered_by_its_button_once(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("which")
        await page.until(lambda _: [one["label"] for one in page.buttons()] == ["Accounts", "Payments"])
        button = page.buttons()[-1]
        forged = {**button, "payload": {"key": "lending"}}
        for pressed in (forged, button, button):
            assert (await customer.press(page, pressed)).status_code == 200
        await page.shows("You chose payments.")
        await page.say("afterwards")
        await page.shows("I read: afterwards")
        assert [text for text in page.texts() if text.startswith("You chose")] == ["You chose payments."]


async def test_a_question_whose_turn_failed_is_asked_again_once_by_its_button(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("out of luck")
        button = await page.offers("choose")
        assert button["label"] == "Try again"
        presses = await asyncio.gather(*(customer.press(page, button) for _ in range(3)))
        assert [answer.status_code for answer in presses] == [200] * 3
        await page.until(lambda _: page.texts().count("out of luck") == 1 and page.texts().count(NOT_AGAIN) == 2)
        await page.until(lambda _: not page.running and page.buttons())
        assert page.texts().count("I could not finish that answer.") == 2


async def test_a_failed_question_is_not_asked_again_once_the_conversation_has_gone_on(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("out of luck")
        button = await page.offers("choose")
        await page.say("something else")
        await page.shows("I read: something else")
        await customer.press(page, button)
        await page.shows(NOT_AGAIN)
        assert "out of luck" not in page.texts()


async def test_another_login_has_no_button_to_ask_a_failed_question_again(
    customer: Browser, chat_server: Server
) -> None:
    async with customer.page() as page, browser_of(chat_server) as phone:
        await page.say("out of luck")
        button = await page.offers("choose")
        begun = next(data for name, data in page.drawn if name == "first_interaction")
        async with phone.page(threadId=begun["thread_id"]) as other:
            await other.shows("I could not finish that answer.")
            assert not other.buttons()
            await phone.press(other, button)
            await other.shows(NOT_AGAIN)
        assert "out of luck" not in page.texts()


async def test_an_approval_card_carries_only_its_one_time_id_and_closes_once(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        assert set(button["payload"]) == {"approval_id"}
        await page.shows("| Account | ··4821 |")
        assert (await customer.press(page, button)).status_code == 200
        await page.shows("Receipt R-1001.")
        assert not page.buttons()
        assert (await customer.press(page, button)).status_code == 200
        await page.shows("can no longer be approved")
        assert sum("Receipt" in text for text in page.texts()) == 1


async def test_declining_closes_the_card(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        await customer.press(page, await page.offers("decline"))
        await page.shows("Nothing was paid.")


async def test_stop_ends_the_answer_in_our_words_alone(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("wait")
        await page.shows("Waiting")
        await page.socket.emit("stop")
        await page.shows("You stopped this answer.")
        assert not any("manually stopped" in text for text in page.texts())


async def test_a_page_that_comes_back_sees_what_it_missed(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        await page.offers("approve")
    async with customer.page(page.session_id) as back:
        await back.shows("AUD 50.00")
        button = await back.offers("approve")
        assert len([one for one in back.buttons() if one["name"] == "approve"]) == 1
        await customer.press(back, button)
        await back.shows("Receipt R-1001.")
