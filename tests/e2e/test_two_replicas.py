"""One conversation on pages of two replicas: the same on both, whichever is asked, also when one is killed."""

from __future__ import annotations

import asyncio

from tests.e2e.replicas import House, signed_in, thread_of
from tests.support.scripted_model import call, say
from ultracore.ai.sentences import CUT_SHORT

QUESTION = "What's my balance?"
WORDS = [f"word{number}\n\n" for number in range(400)]
PAYMENT = {
    "transaction_type": "transfer",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
    "amount": "12.00",
}


async def test_pages_of_two_replicas_mirror_each_other_and_either_takes_a_press(house: House) -> None:
    house.model.expect(say("", pieces=["Here ", "it is. ", "All of it."], delay=0.2))
    house.model.expect(call("execute_transaction", PAYMENT))
    async with signed_in(house) as (first, second), first.page() as page:
        await page.say(QUESTION)
        async with second.page(threadId=await thread_of(page)) as other:
            for one in (page, other):
                await one.shows("Here it is. All of it.")
            await other.say("pay City Power 12 dollars")
            button = await page.offers("approve")
            # The press of a page that the first replica draws gets to the second.
            answer = await second.press(page, button)
            assert answer.status_code == 200
            for one in (page, other):
                await one.shows("Receipt R-")
                assert not one.buttons()
            # The page on which it was written has drawn it by itself.
            assert page.texts().count("pay City Power 12 dollars") == 1


async def test_stop_on_a_page_of_another_replica_stops_the_turn(house: House) -> None:
    house.model.expect(say("", pieces=WORDS, delay=0.05))
    async with signed_in(house) as (first, second), first.page() as page:
        await page.say(QUESTION)
        await page.shows("word5")
        async with second.page(threadId=await thread_of(page)) as other:
            await other.shows("word8")
            assert other.running
            await other.socket.emit("stop")
            for one in (page, other):
                await one.until(lambda _, one=one: not one.running, "the end")  # type: ignore[misc]
            assert page.texts()[-1] == other.texts()[-1]
            assert [text for text in page.texts() if "word5" in text] == [
                text for text in other.texts() if "word5" in text
            ]


async def test_after_a_kill_in_an_answer_open_pages_keep_its_words_and_take_the_next_message(house: House) -> None:
    house.model.expect(say("", pieces=WORDS, delay=0.05))
    house.model.expect(say("I am here again."))
    async with signed_in(house) as (first, second), first.page() as page:
        await page.say(QUESTION)
        async with second.page(threadId=await thread_of(page)) as other:
            await other.shows("word9")
            await asyncio.to_thread(house.apps[0].process.kill)
            async with asyncio.timeout(10):
                await other.shows(CUT_SHORT)
                await other.until(lambda _: not other.running, "the end")
            assert any("word9" in text for text in other.texts())
            assert sum("word3" in text for text in other.texts()) == 1
            await other.say("are you there?")
            await other.shows("I am here again.")
