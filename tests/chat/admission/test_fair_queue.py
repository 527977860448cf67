"""Places are given out one key after the other, and none is ever lost."""

from __future__ import annotations

import asyncio

import pytest

from ultracore.chat.admission import FairQueue, QueueFull


async def work(queue: FairQueue, key: str, done: list[str]) -> None:
    async with queue.place(key):
        await asyncio.sleep(0)
        done.append(key)


async def test_a_key_with_many_waiters_delays_another_by_one_body() -> None:
    queue, done = FairQueue(1, waiting=100, waiting_a_key=100), list[str]()
    crowd = [asyncio.create_task(work(queue, "crowd", done)) for _ in range(50)]
    await asyncio.sleep(0)
    await work(queue, "one", done)
    assert done.index("one") <= 3
    await asyncio.gather(*crowd)
    assert len(done) == 51


async def test_no_more_run_at_once_than_there_are_places() -> None:
    queue, running, most = FairQueue(3, waiting=100, waiting_a_key=100), 0, 0

    async def body(number: int) -> None:
        nonlocal running, most
        async with queue.place(str(number % 4)):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(body(number) for number in range(40)))
    assert most == 3


async def test_who_comes_when_too_many_wait_is_told_at_once() -> None:
    queue = FairQueue(1, waiting=2, waiting_a_key=1)
    async with queue.place("a"):
        waiting = [asyncio.create_task(work(queue, key, [])) for key in ("a", "b")]
        await asyncio.sleep(0)
        for key in ("a", "c"):
            with pytest.raises(QueueFull):
                async with queue.place(key):
                    pass
    await asyncio.gather(*waiting)


async def test_a_waiter_that_is_cancelled_takes_no_place_with_it() -> None:
    queue, done = FairQueue(1, waiting=10, waiting_a_key=10), list[str]()
    async with queue.place("a"):
        gone = [asyncio.create_task(work(queue, key, done)) for key in ("a", "b")]
        await asyncio.sleep(0)
        gone[0].cancel()
        await asyncio.sleep(0)
    gone[1].cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    async with asyncio.timeout(5):
        await work(queue, "c", done)
    assert done[-1] == "c"
