"""A replica that is stopped: its pages go to another one, its answers end or are marked, and it exits in time."""

from __future__ import annotations

import asyncio
import signal
import time

from tests.e2e.replicas import House, signed_in, thread_of
from tests.support.scripted_model import say
from ultracore.ai.sentences import CUT_SHORT, INTERRUPTED

STOP_SECONDS = 20.0


async def stopped(house: House) -> float:
    """SIGTERM to the first replica; how long it took."""
    process, before = house.apps[0].process, time.monotonic()
    process.signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait) == 0
    return time.monotonic() - before


async def test_an_answer_ends_while_its_replica_stops_and_pages_go_on_elsewhere(house: House) -> None:
    house.model.expect(say("", pieces=[f"word{number}\n\n" for number in range(40)], delay=0.1))
    house.model.expect(say("I am here."))
    async with signed_in(house) as (first, second), first.page() as page:
        reasons: list[str] = []
        page.socket.on("disconnect", reasons.append)
        await page.say("What's my balance?")
        await page.shows("word3")
        stopping = asyncio.create_task(stopped(house))
        await page.closed()
        async with second.page(page.session_id, threadId=await thread_of(page)) as other:
            await other.shows("word39")
            assert await stopping < STOP_SECONDS
            # After a disconnect by the server a browser's page would not come back by itself.
            assert reasons and "server disconnect" not in reasons
            assert not any(CUT_SHORT in text for text in other.texts())
            await other.say("are you there?")
            await other.shows("I am here.")


async def test_an_answer_that_takes_too_long_is_marked_before_the_replica_exits(house: House) -> None:
    house.model.expect(say("", pieces=[f"word{number}\n\n" for number in range(600)], delay=0.1))
    async with signed_in(house) as (first, second), first.page() as page:
        await page.say("What's my balance?")
        await page.shows("word3")
        stopping = asyncio.create_task(stopped(house))
        await page.closed()
        async with second.page(page.session_id, threadId=await thread_of(page)) as other:
            assert await stopping < STOP_SECONDS
            await other.until(lambda _: not other.running, "the end")
            assert INTERRUPTED in other.texts()[-1]
            assert any("word30" in text for text in other.texts())
