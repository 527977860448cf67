"""Owned tasks go on when what waits for them is cancelled, and end by their own end or by `cancel` alone."""

from __future__ import annotations

import asyncio

import pytest

from ultracore.tasks import OwnedTasks


async def test_the_work_goes_on_when_the_waiting_is_cancelled() -> None:
    tasks, begun, may_end, ended = OwnedTasks(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await may_end.wait()
        ended.set()

    waiting = asyncio.create_task(tasks.run(work()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not ended.is_set()
    may_end.set()
    assert await tasks.drain(1.0) == 0
    assert ended.is_set()


async def test_what_is_unfinished_is_counted_and_cancelling_gives_it_time_to_put_things_right() -> None:
    tasks, begun, put_right = OwnedTasks(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            put_right.set()

    tasks.start(work())
    await begun.wait()
    assert await tasks.drain(0.0) == 1
    assert await tasks.cancel(1.0) == 0
    assert put_right.is_set()
